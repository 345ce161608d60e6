package hosts

import (
	"context"
	"fmt"
	"slices"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// lockEditable reads what people say about a host that nobody else changes until
// tx ends.
func lockEditable(ctx context.Context, tx db.Tx, scope Scope, id ids.ID) (e editable, err error) {
	err = tx.QueryRow(ctx, `select h.name, h.fqdn, h.address, h.port, h.note, h.enrolled_at is not null from host h
		where h.id = $1 and h.removed_at is null and `+scope.SQL("h.id")+" for no key update", id).
		Scan(&e.Name, &e.FQDN, &e.Address, &e.Port, &e.Note, &e.Enrolled)
	if db.IsNoRows(err) {
		return e, apierr.NotFound("host")
	}
	if err != nil {
		return e, fmt.Errorf("lock host: %w", err)
	}
	e.Labels, err = hostLabels(ctx, tx, id)
	return e, err
}

// setEditable leaves a name that nobody has changed to the agent, see host.name_given.
func setEditable(ctx context.Context, tx db.Tx, id ids.ID, before, after editable, by string, now time.Time) error {
	_, err := tx.Exec(ctx, `update host set name = $2, name_given = name_given or $3, fqdn = $4, address = $5, port = $6, note = $7,
			note_by = case when $8 then $9 else note_by end, note_at = case when $8 then $10 else note_at end
		where id = $1`, id, after.Name, after.Name != before.Name, after.FQDN, after.Address, after.Port, after.Note,
		after.Note != before.Note, by, now)
	if err != nil {
		return fmt.Errorf("change host: %w", err)
	}
	return nil
}

// replaceLabels writes the difference only.
func replaceLabels(ctx context.Context, tx db.Tx, id ids.ID, before, after []Label) error {
	var gone []string
	for _, l := range before {
		if !slices.ContainsFunc(after, func(o Label) bool { return o.Key == l.Key }) {
			gone = append(gone, l.Key)
		}
	}
	if _, err := dropLabels(ctx, tx, []ids.ID{id}, gone, nil); err != nil {
		return err
	}
	_, _, err := mergeLabels(ctx, tx, []ids.ID{id}, after)
	return err
}

package hosts

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// BulkResult says what an act on many hosts has done. Every host is counted once.
type BulkResult struct {
	Requested int           `json:"requested"`
	Done      int           `json:"done"`
	Unchanged int           `json:"unchanged" doc:"Hosts that were already as they were to be."`
	Refused   []BulkRefusal `json:"refused" nullable:"false"`
}

// BulkRefusal is one reason for which an act was not done, and to which hosts.
type BulkRefusal struct {
	Code   string       `json:"code"`
	Reason string       `json:"reason"`
	Count  int          `json:"count"`
	Hosts  []BulkedHost `json:"hosts" nullable:"false" doc:"The first hundred."`
}

// BulkedHost names a host of a result.
type BulkedHost struct {
	ID   ids.ID `json:"id"`
	Name string `json:"name"`
}

// bulk is an act on many hosts: how it is written down, and the act itself. do
// gets hosts that exist for the actor, by id, and returns those that it has
// changed; it may refuse others.
type bulk struct {
	action  string // of the audit entry
	line    string // of each host's timeline; empty: the action
	detail  string // of each host's timeline
	details map[string]any
	do      func(tx db.Tx, c chosenHosts, r *BulkResult) ([]ids.ID, error)
}

// runBulk does an act in one transaction with one audit entry: all of it is
// done, or nothing is.
func (s *Service) runBulk(ctx context.Context, actor auth.Actor, t Target, b bulk) (BulkResult, error) {
	r := BulkResult{Refused: []BulkRefusal{}}
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		c, err := s.resolve(ctx, tx, ScopeOf(actor), t)
		if err != nil {
			return err
		}
		changed, err := b.do(tx, c, &r)
		if err != nil {
			return err
		}
		r.Requested, r.Done = len(c.ids), len(changed)
		r.Unchanged = r.Requested - r.Done - r.refused()
		if len(changed) == 0 {
			return nil
		}
		return s.noteBulk(ctx, tx, actor, t, b, changed, c)
	})
	return r, err
}

func (s *Service) noteBulk(ctx context.Context, tx db.Tx, actor auth.Actor, t Target, b bulk, changed []ids.ID, c chosenHosts) error {
	if err := insertActs(ctx, tx, act{Action: cmp.Or(b.line, b.action), Detail: b.detail, Actor: actor.Name, At: s.now()}, changed); err != nil {
		return err
	}
	if err := NotifyChanged(ctx, tx, changed...); err != nil {
		return err
	}
	details := map[string]any{"host_count": len(changed), "hosts": someNames(changed, c.names)}
	for k, v := range b.details {
		details[k] = v
	}
	return audit.Append(ctx, tx, actor.Entry(b.action, audit.Target{Kind: "hosts", Name: fmt.Sprintf("%d hosts", len(changed))}, t.note(details)))
}

func (r *BulkResult) refused() (n int) {
	for _, f := range r.Refused {
		n += f.Count
	}
	return n
}

// refuse takes hosts out of a list and says why.
func (r *BulkResult) refuse(code, reason string, refused []ids.ID, c chosenHosts) []ids.ID {
	if len(refused) == 0 {
		return c.ids
	}
	f := BulkRefusal{Code: code, Reason: reason, Count: len(refused), Hosts: []BulkedHost{}}
	for _, id := range firstOf(refused, maxDetails) {
		f.Hosts = append(f.Hosts, BulkedHost{id, c.names[id]})
	}
	r.Refused = append(r.Refused, f)
	out := make(map[ids.ID]bool, len(refused))
	for _, id := range refused {
		out[id] = true
	}
	return slices.DeleteFunc(slices.Clone(c.ids), func(id ids.ID) bool { return out[id] })
}

// RefreshMany asks many hosts for fresh facts. The pollers take them in their
// turn, so many at once as ever.
func (s *Service) RefreshMany(ctx context.Context, actor auth.Actor, t Target) (BulkResult, error) {
	if err := actor.Require(auth.OperateFleet); err != nil {
		return BulkResult{}, err
	}
	return s.runBulk(ctx, actor, t, bulk{action: "hosts.refresh", line: "host.refresh", do: func(tx db.Tx, c chosenHosts, r *BulkResult) ([]ids.ID, error) {
		waiting, err := awaitedAmong(ctx, tx, ScopeOf(actor), c.ids)
		if err != nil {
			return nil, err
		}
		list := r.refuse("host_not_enrolled", "The agent has not enrolled yet: run the enrollment command there first.", waiting, c)
		if len(list) == 0 {
			return nil, nil
		}
		if err := makeAllDue(ctx, tx, list, s.now()); err != nil {
			return nil, err
		}
		return list, db.Notify(ctx, tx, db.ChannelPolls, "")
	}})
}

// NoteMany writes one note on many hosts, in place of what was there.
func (s *Service) NoteMany(ctx context.Context, actor auth.Actor, t Target, note string) (BulkResult, error) {
	if err := actor.Require(auth.OperateFleet); err != nil {
		return BulkResult{}, err
	}
	if why := badNote(note); why != "" {
		return BulkResult{}, apierr.Invalid(apierr.Detail{Field: "note", Message: why})
	}
	return s.runBulk(ctx, actor, t, bulk{action: "hosts.note", line: "host.update", detail: "note: " + note, details: map[string]any{"note": note},
		do: func(tx db.Tx, c chosenHosts, _ *BulkResult) ([]ids.ID, error) {
			return setNotes(ctx, tx, c.ids, note, actor.Name, s.now())
		}})
}

// RemoveMany ends many hosts, see Remove. Those at whose agents an order is under
// way stay. It cannot be taken back, so it needs a second factor shown just now.
func (s *Service) RemoveMany(ctx context.Context, actor auth.Actor, t Target) (BulkResult, error) {
	if err := actor.RequireFresh(auth.ManageHosts, s.now()); err != nil {
		return BulkResult{}, err
	}
	return s.runBulk(ctx, actor, t, bulk{action: "hosts.remove", line: "host.remove", do: func(tx db.Tx, c chosenHosts, r *BulkResult) ([]ids.ID, error) {
		if err := lockAllPolls(ctx, tx, c.ids); err != nil {
			return nil, err
		}
		busy, err := heldAmong(ctx, tx, ScopeOf(actor), c.ids)
		if err != nil {
			return nil, err
		}
		gone, err := removeHosts(ctx, tx, r.refuse("host_busy", "A job is under way there. Wait for it or cancel it, then remove the host.", busy, c), s.now())
		if err != nil {
			return nil, err
		}
		if err := s.deps.Certificates.RevokeAll(ctx, tx, gone, "the host was removed"); err != nil {
			return nil, fmt.Errorf("remove hosts: %w", err)
		}
		return gone, nil
	}})
}

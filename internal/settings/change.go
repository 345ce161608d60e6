package settings

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
)

func errChanged() error {
	return apierr.Conflict("settings_changed", "Somebody else has changed these settings meanwhile. Load them again and repeat your change.")
}

// errNothing ends a transaction that has nothing to write.
var errNothing = errors.New("nothing to write")

// replace sets a section to a checked value of a person who has seen the stored
// version. decide has the last word.
func replace[T any](ctx context.Context, s *Service, actor auth.Actor, sec section[T], version int64, value T, decide func(tx db.Tx, old kept[T]) (kept[T], error)) (kept[T], error) {
	if err := actor.RequireFresh(auth.ManageSettings, s.now()); err != nil {
		return kept[T]{}, err
	}
	if bad := sec.check(value); len(bad) > 0 {
		return kept[T]{}, apierr.Invalid(bad...)
	}
	return edit(ctx, s, actor, sec, "change", func(tx db.Tx, old kept[T]) (kept[T], error) {
		if old.version != version {
			return old, errChanged()
		}
		if old.revertAt == nil && reflect.DeepEqual(old.value, value) {
			return old, errNothing
		}
		return decide(tx, old)
	})
}

// edit changes a section in one transaction with its audit row, and tells all
// processes. fn decides from what is stored; with errNothing it leaves that as
// it is. So does a value that is the stored one.
func edit[T any](ctx context.Context, s *Service, actor auth.Actor, sec section[T], verb string, fn func(tx db.Tx, old kept[T]) (kept[T], error)) (result kept[T], err error) {
	at := s.now()
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		old, err := locked(ctx, tx, sec)
		if err != nil {
			return err
		}
		if result, err = fn(tx, old); err != nil {
			result = old
			return err
		}
		result.version = old.version + 1
		return write(ctx, tx, actor, sec, verb, old, result, at)
	})
	if errors.Is(err, errNothing) {
		return result, nil
	}
	if err != nil {
		return kept[T]{}, err
	}
	if err := s.Load(ctx); err != nil { // the change stands; the loop reads it soon
		slog.WarnContext(ctx, "changed settings could not be read back yet", "section", sec.name, "error", err)
	}
	return result, nil
}

func locked[T any](ctx context.Context, tx db.Tx, sec section[T]) (kept[T], error) {
	r, found, err := lockSection(ctx, tx, sec.name)
	if err != nil || !found {
		return kept[T]{value: sec.defaults}, err
	}
	return sec.of(r)
}

func write[T any](ctx context.Context, tx db.Tx, actor auth.Actor, sec section[T], verb string, old, next kept[T], at time.Time) error {
	r := row{Name: sec.name, Version: next.version, RevertAt: next.revertAt}
	var err error
	if r.Value, err = json.Marshal(next.value); err != nil {
		return fmt.Errorf("encode settings %q: %w", sec.name, err)
	}
	if next.previous != nil {
		if r.Previous, err = json.Marshal(next.previous); err != nil {
			return fmt.Errorf("encode settings %q: %w", sec.name, err)
		}
	}
	put, err := putSection(ctx, tx, r, actor.Name, at)
	if err != nil {
		return err
	}
	if !put { // two first changes at once
		return errChanged()
	}
	details, err := changes(old, next)
	if err != nil {
		return err
	}
	if err := db.Notify(ctx, tx, db.ChannelSettings, sec.name); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor.Entry("settings."+sec.name+"_"+verb, sec.target(), details))
}

// changes is what the audit row says: every field that is different, before and
// after.
func changes[T any](old, next kept[T]) (map[string]any, error) {
	before, err := fieldsOf(old.value)
	if err != nil {
		return nil, err
	}
	after, err := fieldsOf(next.value)
	if err != nil {
		return nil, err
	}
	fields := map[string]any{}
	for name := range after {
		if !bytes.Equal(before[name], after[name]) {
			fields[name] = map[string]any{"before": before[name], "after": after[name]}
		}
	}
	details := map[string]any{"version": next.version, "changed": fields}
	if next.revertAt != nil {
		details["revert_at"] = next.revertAt.Format(time.RFC3339)
	}
	return details, nil
}

func fieldsOf(v any) (map[string]json.RawMessage, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("compare settings: %w", err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, fmt.Errorf("compare settings: %w", err)
	}
	return fields, nil
}

package settings

import (
	"encoding/json"
	"fmt"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
)

// section describes one row: its name, what is in force until somebody sets it,
// and what may stand in it.
type section[T any] struct {
	name     string
	defaults T
	check    func(T) []apierr.Detail
}

// kept is a section as it is stored.
type kept[T any] struct {
	version  int64
	value    T
	revertAt *time.Time // on trial until then
	previous *T         // what comes back; exactly with revertAt
}

// isOver reports whether a trial has ended, so that the previous value holds.
func (k kept[T]) isOver(now time.Time) bool { return k.revertAt != nil && !now.Before(*k.revertAt) }

// inForce is the value that holds now.
func (k kept[T]) inForce(now time.Time) T {
	if k.isOver(now) {
		return *k.previous
	}
	return k.value
}

// reader is a section without its type.
type reader interface {
	title() string
	read(row) (any, error)
}

// sections is every section that there is.
var sections = []reader{security, access, trail}

func (s section[T]) title() string { return s.name }

// read makes a kept[T] of a row.
func (s section[T]) read(r row) (any, error) { return s.of(r) }

func (s section[T]) of(r row) (kept[T], error) {
	k := kept[T]{version: r.Version, revertAt: r.RevertAt}
	var err error
	if k.value, err = s.decode(r.Value); err != nil || r.Previous == nil {
		return k, err
	}
	previous, err := s.decode(r.Previous)
	k.previous = &previous
	return k, err
}

// decode lays what is stored over the defaults.
func (s section[T]) decode(text []byte) (T, error) {
	v := s.defaults
	if err := json.Unmarshal(text, &v); err != nil {
		return v, fmt.Errorf("decode settings %q: %w", s.name, err)
	}
	return v, nil
}

func (s section[T]) target() audit.Target {
	return audit.Target{Kind: "settings", ID: s.name, Name: s.name}
}

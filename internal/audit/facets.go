package audit

import (
	"context"

	"patchmanager/internal/db"
)

// ActionCount is one action and how often it is in the trail.
type ActionCount struct {
	Value string
	Count int
}

// ActorCount is one actor, by its newest name, and how often it acted.
type ActorCount struct {
	ID    string
	Name  string
	Kind  ActorKind
	Count int
}

// maxFacets bounds the actors that a list can be filtered by: agents that ask
// to enroll are actors as well.
const maxFacets = 200

// Facets returns what the trail can be filtered by, the most frequent first.
func Facets(ctx context.Context, q db.Querier) ([]ActionCount, []ActorCount, error) {
	actions, err := countActions(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	actors, err := countActors(ctx, q, maxFacets)
	return actions, actors, err
}

// ListCheckpoints returns checkpoints, newest first, and how many there are.
func ListCheckpoints(ctx context.Context, q db.Querier, limit, offset int) ([]Checkpoint, int, error) {
	total, err := countCheckpoints(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	list, err := newestCheckpoints(ctx, q, limit, offset)
	return list, total, err
}

// Broken returns the break that the newest verification found; nil when it
// found none. The trail of a fresh installation is not broken.
func Broken(ctx context.Context, q db.Querier) (*Break, error) {
	v, _, err := newestFinding(ctx, q)
	return v.Break, err
}

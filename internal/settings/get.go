package settings

import (
	"context"

	"patchmanager/internal/auth"
)

// Get reads all sections from the database, so that whoever is about to change
// one sees the version that is stored, also when another process has just
// written it.
func (s *Service) Get(ctx context.Context, actor auth.Actor) (All, error) {
	if err := actor.Require(auth.SeeSettings); err != nil {
		return All{}, err
	}
	all, err := s.stored(ctx)
	if err != nil {
		return All{}, err
	}
	return All{Security: securityOf(pick(all, security)), Access: accessOf(pick(all, access)), Audit: auditOf(pick(all, trail))}, nil
}

func pick[T any](all map[string]any, sec section[T]) kept[T] {
	if k, found := all[sec.name].(kept[T]); found {
		return k
	}
	return kept[T]{value: sec.defaults}
}

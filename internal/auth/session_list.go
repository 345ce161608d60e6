package auth

import (
	"context"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// SessionInfo is a session as its user recognises it.
type SessionInfo struct {
	ID         ids.ID    `json:"id"`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at" doc:"When it was last refreshed, which a browser in use does every quarter of an hour."`
	ExpiresAt  time.Time `json:"expires_at" doc:"When it ends in any case."`
	Address    string    `json:"address"`
	UserAgent  string    `json:"user_agent"`
	Device     string    `json:"device" doc:"What the user agent says, in words."`
	Methods    []string  `json:"methods" nullable:"false" doc:"How it was begun: password, totp, passkey, recovery_code, sso."`
	Current    bool      `json:"current" doc:"It is the one that asks."`
}

// SessionList is all sessions of a user that can still be used.
type SessionList struct {
	Items []SessionInfo `json:"items" nullable:"false"`
	Total int           `json:"total"`
}

// Sessions lists the actor's own sessions, the last used first.
func (s *Service) Sessions(ctx context.Context, actor Actor) (SessionList, error) {
	if err := actor.Require(OwnAccount); err != nil {
		return SessionList{}, err
	}
	return s.sessionsOf(ctx, actor, actor.UserID)
}

// UserSessions lists the sessions of any user.
func (s *Service) UserSessions(ctx context.Context, actor Actor, user ids.ID) (SessionList, error) {
	if err := actor.Require(SeeUsers); err != nil {
		return SessionList{}, err
	}
	if err := userExists(ctx, s.db, user); err != nil {
		return SessionList{}, err
	}
	return s.sessionsOf(ctx, actor, user)
}

func (s *Service) sessionsOf(ctx context.Context, actor Actor, user ids.ID) (SessionList, error) {
	items, err := listSessions(ctx, s.db, user, s.clock.Now())
	if err != nil {
		return SessionList{}, err
	}
	for i := range items {
		items[i].Device = deviceWords(items[i].UserAgent)
		items[i].Current = items[i].ID == actor.SessionID
	}
	return SessionList{Items: items, Total: len(items)}, nil
}

// userExists refuses with 404 what is no user.
func userExists(ctx context.Context, q db.Querier, user ids.ID) error {
	_, found, err := accountByID(ctx, q, user)
	if err == nil && !found {
		err = apierr.NotFound("user")
	}
	return err
}

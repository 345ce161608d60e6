package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
)

// presented is a refresh token that somebody sent, with what it belongs to.
type presented struct {
	session   session
	account   account
	expiresAt time.Time
	usedAt    *time.Time
}

// isGood reports whether the token may be exchanged for the next one.
func (p presented) isGood(now time.Time) bool {
	return p.usedAt == nil && now.Before(p.expiresAt) && p.session.isActive(now) && p.account.disabledAt == nil
}

// refresh exchanges a refresh token for the next one and a new access token. A
// token that was used before ends the session.
func (s *Service) refresh(ctx context.Context, t refreshToken, c Caller) (grant, error) {
	if t == "" {
		return grant{}, errSessionEnded()
	}
	strangers, err := s.refuseFlood(ctx, c)
	if err != nil {
		return grant{}, err
	}
	var g grant
	var good, known bool
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		p, found, err := lockRefreshToken(ctx, tx, t.hash())
		if known = found; err != nil || !found {
			return err
		}
		if p.usedAt != nil {
			return s.punishReuse(ctx, tx, p, c)
		}
		if good = p.isGood(s.clock.Now()); !good {
			return nil
		}
		g, err = s.rotate(ctx, tx, t, p)
		return err
	})
	if err != nil {
		return grant{}, fmt.Errorf("refresh session: %w", err)
	}
	if !known {
		return grant{}, s.countStranger(ctx, strangers)
	}
	if !good {
		return grant{}, errSessionEnded()
	}
	return s.sign(ctx, g)
}

// refuseFlood refuses an address that has sent many tokens which never were ours.
// A known device is let through whoever else sits behind its address.
func (s *Service) refuseFlood(ctx context.Context, c Caller) (attempt, error) {
	if !c.Address.IsValid() {
		return attempt{}, errNoAddress
	}
	a := attempt{subjects: []subject{{key: addressKey("refresh", c.Address), limit: refreshLimit, shared: true}}}
	now := s.clock.Now()
	err := s.refuseLocked(ctx, a.subjects, now)
	var locked *lockedError
	if !errors.As(err, &locked) {
		return a, err
	}
	owner, err := s.ownerOf(ctx, c.Device, now)
	if err == nil && owner == "" {
		err = apierr.TooMany(locked.wait)
	}
	return a, err
}

// countStranger counts a token that is none of ours. A token that only was one
// is not counted: every browser that comes back after a night has one.
func (s *Service) countStranger(ctx context.Context, a attempt) error {
	if err := s.countAttempt(ctx, &a, s.clock.Now()); err != nil {
		return err
	}
	return errSessionEnded()
}

// rotate uses the token up and makes the next.
func (s *Service) rotate(ctx context.Context, tx db.Tx, t refreshToken, p presented) (grant, error) {
	if err := useRefreshToken(ctx, tx, t.hash(), p.session.id, s.clock.Now()); err != nil {
		return grant{}, err
	}
	return s.nextToken(ctx, tx, p.account.User, p.session)
}

// punishReuse ends the session, once; later uses of its tokens find it ended
// and are not recorded again, so that nobody fills the trail with one token.
func (s *Service) punishReuse(ctx context.Context, tx db.Tx, p presented, c Caller) error {
	if !p.session.isActive(s.clock.Now()) {
		return nil
	}
	if err := endSession(ctx, tx, p.session.id, endRefreshReused, s.clock.Now()); err != nil {
		return err
	}
	anonymous := Actor{Address: c.Address, RequestID: c.RequestID}
	e := anonymous.Entry("session.refresh_reused", sessionTarget(p.session.id, p.account.User),
		map[string]any{"user_id": p.account.ID.String(), "user_agent": normalUserAgent(c.UserAgent)})
	return audit.Append(ctx, tx, e)
}

// logout ends the session that the refresh token belongs to. An unknown token
// and an ended session are fine: what was asked for is so.
func (s *Service) logout(ctx context.Context, t refreshToken, c Caller) error {
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		p, found, err := lockRefreshToken(ctx, tx, t.hash())
		if err != nil || !found || !p.session.isActive(s.clock.Now()) {
			return err
		}
		return s.leave(ctx, tx, c.as(p.account.User, p.session.id))
	})
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// logoutActor ends the session of whoever is signed in.
func (s *Service) logoutActor(ctx context.Context, a Actor) error {
	err := s.db.InTx(ctx, func(tx db.Tx) error { return s.leave(ctx, tx, a) })
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

func (s *Service) leave(ctx context.Context, tx db.Tx, a Actor) error {
	if err := endSession(ctx, tx, a.SessionID, endLogout, s.clock.Now()); err != nil {
		return err
	}
	target := audit.Target{Kind: "session", ID: a.SessionID.String(), Name: a.Name}
	return audit.Append(ctx, tx, a.Entry("session.logout", target, nil))
}

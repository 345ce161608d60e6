package live

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// ticketLife is how long a ticket can be used. It travels in the address of the
// connection, which ends up in logs: it must be worthless by then.
const ticketLife = time.Minute

// Ticket opens one connection.
type Ticket struct {
	Ticket    string    `json:"ticket"`
	ExpiresAt time.Time `json:"expires_at"`
}

// CreateTicket makes a ticket for the session of the actor.
func (s *Service) CreateTicket(ctx context.Context, actor auth.Actor) (Ticket, error) {
	if actor.SessionID.IsZero() {
		return Ticket{}, apierr.Forbidden("person_required", "Only a signed-in session can follow what happens.")
	}
	var secret [32]byte
	rand.Read(secret[:]) // never fails, see crypto/rand
	now := s.clock.Now()
	t := Ticket{Ticket: base64.RawURLEncoding.EncodeToString(secret[:]), ExpiresAt: now.Add(ticketLife)}
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		if err := deleteTickets(ctx, tx, now); err != nil {
			return err
		}
		return insertTicket(ctx, tx, hashOf(t.Ticket), actor.SessionID, t.ExpiresAt)
	})
	return t, err
}

func hashOf(ticket string) []byte {
	h := sha256.Sum256([]byte(ticket))
	return h[:]
}

// redeem uses a ticket up and returns its session.
func (s *Service) redeem(ctx context.Context, ticket string) (ids.ID, error) {
	session, err := takeTicket(ctx, s.db, hashOf(ticket), s.clock.Now())
	if db.IsNoRows(err) {
		return ids.ID{}, apierr.Unauthorized("ticket_invalid", "The ticket is unknown, used or older than a minute. Ask for a new one.")
	}
	return session, err
}

func insertTicket(ctx context.Context, tx db.Tx, hash []byte, session ids.ID, expires time.Time) error {
	_, err := tx.Exec(ctx, "insert into live_ticket (token_hash, session_id, expires_at) values ($1, $2, $3)", hash, session, expires)
	if err != nil {
		return fmt.Errorf("insert ticket: %w", err)
	}
	return nil
}

func takeTicket(ctx context.Context, q db.Querier, hash []byte, now time.Time) (session ids.ID, err error) {
	err = q.QueryRow(ctx, "delete from live_ticket where token_hash = $1 and expires_at > $2 returning session_id", hash, now).Scan(&session)
	if err != nil {
		return session, fmt.Errorf("take ticket: %w", err)
	}
	return session, nil
}

func deleteTickets(ctx context.Context, tx db.Tx, now time.Time) error {
	if _, err := tx.Exec(ctx, "delete from live_ticket where expires_at <= $1", now); err != nil {
		return fmt.Errorf("delete old tickets: %w", err)
	}
	return nil
}

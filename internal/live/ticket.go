package live

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
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

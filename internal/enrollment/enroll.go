package enrollment

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Enroll takes a request of an agent and returns what it asks with afterwards.
// The same key gets its old request, as long as that one can still end well, or
// was denied a short time ago.
func (s *Service) Enroll(ctx context.Context, actor auth.Actor, from netip.Addr, r agentapi.EnrollRequest) (string, error) {
	if err := s.limits.allow(from); err != nil {
		return "", err
	}
	c, err := readClaim(r, from)
	if err != nil {
		return "", err
	}
	if c.addressSeen == "" && c.addressClaimed == "" {
		return "", apierr.Invalid(apierr.Detail{Field: "ip_address", Message: "Must name where the agent listens."})
	}
	polling := newSecret("")
	err = s.inTx(ctx, func(tx db.Tx) error { return s.enroll(ctx, tx, actor, c, polling) })
	return polling, err
}

func (s *Service) enroll(ctx context.Context, tx db.Tx, actor auth.Actor, c claim, polling string) error {
	now := s.now()
	old, found, err := findByKey(ctx, tx, c.key, now)
	if err != nil {
		return err
	}
	if found {
		if err := setPolling(ctx, tx, old.id, hashOf(polling)); err != nil {
			return err
		}
		if old.status != "pending" || c.token == "" {
			return nil
		}
		return s.useToken(ctx, tx, actor, old.id, c, now)
	}
	id := ids.New()
	if c.token == "" {
		if err := refuseFullQueue(ctx, tx, c.addressSeen); err != nil {
			return err
		}
	}
	if err := insertRequest(ctx, tx, id, c, hashOf(polling), now); err != nil {
		return err
	}
	if c.token != "" {
		return s.useToken(ctx, tx, actor, id, c, now)
	}
	return audit.Append(ctx, tx, requestEntry(actor, "enrollment.request", id, c, nil))
}

// useToken takes one use of the token and approves, or leaves the request to a
// person when it collides; the use is then not taken.
func (s *Service) useToken(ctx context.Context, tx db.Tx, actor auth.Actor, id ids.ID, c claim, now time.Time) error {
	t, err := findToken(ctx, tx, hashOf(c.token))
	if err != nil {
		return err
	}
	if err := t.usable(now); err != nil {
		return err
	}
	f, err := compare(ctx, tx, id, c)
	if err != nil {
		return err
	}
	if f.wait {
		return audit.Append(ctx, tx, requestEntry(actor, "enrollment.request", id, c, map[string]any{"via": t.ID.String(), "collisions": f.collisions}))
	}
	if err := takeUse(ctx, tx, t.ID); err != nil {
		return err
	}
	a, err := s.admit(ctx, tx, id, c, f, decision{by: "token " + t.ID.String(), token: &t.ID, at: now})
	if err != nil {
		return err
	}
	return audit.Append(ctx, tx, requestEntry(actor, "enrollment.approve", id, c, map[string]any{"via": t.ID.String(), "host": a.host.String(), "serial": a.serial}))
}

// requestEntry is an act of the agent that asks.
func requestEntry(actor auth.Actor, action string, id ids.ID, c claim, details map[string]any) audit.Entry {
	if details == nil {
		details = map[string]any{}
	}
	details["hostname"], details["key"], details["machine_id"] = c.hostname, c.key, c.machineID
	e := actor.Entry(action, audit.Target{Kind: "enrollment", ID: id.String(), Name: c.hostname}, details)
	e.Actor = audit.Actor{Kind: audit.KindAgent, ID: c.key, Name: c.hostname}
	if e.Address == "" {
		e.Address = c.addressSeen
	}
	return e
}

func refuseFullQueue(ctx context.Context, tx db.Tx, from string) error {
	total, mine, err := countPending(ctx, tx, from)
	if err != nil {
		return err
	}
	if total >= maxPending || mine >= maxPendingFrom {
		e := apierr.New(http.StatusTooManyRequests, "enrollment_queue_full",
			"Too many enrollment requests wait for approval (%d, %d of them from %s). Decide on them first, or enroll with a token.", total, mine, from)
		e.RetryAfter = time.Minute
		return e
	}
	return nil
}

// Status answers an agent that asks how its request stands.
func (s *Service) Status(ctx context.Context, polling string) (agentapi.EnrollBundle, error) {
	r, err := findByPolling(ctx, s.db, hashOf(polling), s.now())
	if db.IsNoRows(err) {
		return agentapi.EnrollBundle{Status: agentapi.EnrollNotFound}, nil
	}
	if err != nil {
		return agentapi.EnrollBundle{}, fmt.Errorf("enrollment status: %w", err)
	}
	switch r.status {
	case "pending":
		return agentapi.EnrollBundle{Status: agentapi.EnrollPending}, nil
	case "denied":
		return agentapi.EnrollBundle{Status: agentapi.EnrollDenied, Reason: r.reason}, nil
	case "approved":
		root := string(s.ca.RootPEM())
		return agentapi.EnrollBundle{Status: agentapi.EnrollApproved, HostID: r.hostID.String(), CACrt: root, CAChain: root, ServerCrt: r.certificate}, nil
	}
	return agentapi.EnrollBundle{Status: agentapi.EnrollNotFound}, nil
}

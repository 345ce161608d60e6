package enrollment

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// decision is who let a host in.
type decision struct {
	by    string
	token *ids.ID
	at    time.Time
}

// Approve lets a host in.
func (s *Service) Approve(ctx context.Context, actor auth.Actor, id ids.ID) (Enrollment, error) {
	return s.decide(ctx, actor, id, func(tx db.Tx, c claim) error {
		f, err := compare(ctx, tx, id, c)
		if err != nil {
			return err
		}
		a, err := s.admit(ctx, tx, id, c, f, decision{by: actor.Name, at: s.now()})
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry("enrollment.approve", target(id, c),
			map[string]any{"host": a.host.String(), "serial": a.serial, "key": c.key, "known": f.known != nil, "collisions": f.collisions}))
	})
}

// Deny refuses a host; the reason is shown to whoever enrolls it.
func (s *Service) Deny(ctx context.Context, actor auth.Actor, id ids.ID, reason string) (Enrollment, error) {
	return s.decide(ctx, actor, id, func(tx db.Tx, c claim) error {
		if err := setDenied(ctx, tx, id, actor.Name, reason, s.now()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry("enrollment.deny", target(id, c), map[string]any{"key": c.key, "reason": reason}))
	})
}

// mayEnroll: a request belongs to no group yet, and may bring back a host of any.
func mayEnroll(actor auth.Actor) error {
	if err := actor.Require(auth.ManageHosts); err != nil {
		return err
	}
	return actor.Require(auth.SeeEnrollments)
}

func (s *Service) decide(ctx context.Context, actor auth.Actor, id ids.ID, fn func(db.Tx, claim) error) (Enrollment, error) {
	if err := mayEnroll(actor); err != nil {
		return Enrollment{}, err
	}
	err := s.inTx(ctx, func(tx db.Tx) error {
		c, status, err := lockRequest(ctx, tx, id)
		if db.IsNoRows(err) {
			return apierr.NotFound("enrollment request")
		}
		if err != nil {
			return err
		}
		if status != "pending" {
			return apierr.Conflict("enrollment_decided", "The request of %s is %s already.", c.hostname, status)
		}
		return fn(tx, c)
	})
	if err != nil {
		return Enrollment{}, err
	}
	return s.get(ctx, id)
}

// admitted is the host that came in, and the serial number of its certificate.
type admitted struct {
	host   ids.ID
	serial string
}

// admit makes the host and its certificate. A host that gets a new key loses
// its old certificates: there is one agent that may speak for it.
func (s *Service) admit(ctx context.Context, tx db.Tx, id ids.ID, c claim, f finding, d decision) (admitted, error) {
	if f.known != nil {
		if err := s.ca.Revoke(ctx, tx, *f.known, "the host was enrolled again"); err != nil {
			return admitted{}, err
		}
	}
	host, err := hosts.Attach(ctx, tx, f.known, hosts.Enrolled{Name: c.hostname, FQDN: c.fqdn, MachineID: c.machineID,
		Address: c.address(), Port: c.port, OS: c.os}, d.at)
	if err != nil {
		return admitted{}, err
	}
	cert, err := s.ca.IssueHost(ctx, tx, c.csr, host)
	if err != nil {
		return admitted{}, err
	}
	return admitted{host, fmt.Sprintf("%x", cert.Serial)}, setApproved(ctx, tx, id, host, cert.PEM, d)
}

// Acknowledge notes that the agent has its certificate. It is about to listen,
// so it is asked at once.
func (s *Service) Acknowledge(ctx context.Context, polling string) error {
	asked := auth.ActorFrom(ctx).Entry("", audit.Target{}, nil) // for address and request id
	return s.inTx(ctx, func(tx db.Tx) error {
		host, first, err := setAcked(ctx, tx, hashOf(polling), s.now())
		if db.IsNoRows(err) {
			return apierr.NotFound("approved enrollment for this token")
		}
		if err != nil || !first {
			return err
		}
		if err := hosts.RequestRefresh(ctx, tx, host, s.now()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{Actor: audit.Actor{Kind: audit.KindAgent, ID: host.String()}, Action: "enrollment.complete",
			Target: audit.Target{Kind: "host", ID: host.String()}, Address: asked.Address, RequestID: asked.RequestID})
	})
}

// expire ends requests that nobody has decided.
func (s *Service) expire(ctx context.Context) (bool, error) {
	err := s.inTx(ctx, func(tx db.Tx) error {
		gone, err := setExpired(ctx, tx, s.now())
		if err != nil {
			return err
		}
		for _, r := range gone {
			err := audit.Append(ctx, tx, auth.System("enrollment").Entry("enrollment.expire",
				audit.Target{Kind: "enrollment", ID: r.ID.String(), Name: r.Hostname}, nil))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("expire enrollment requests: %w", err)
	}
	return false, nil
}

func target(id ids.ID, c claim) audit.Target {
	return audit.Target{Kind: "enrollment", ID: id.String(), Name: c.hostname}
}

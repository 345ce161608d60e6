package settings

import (
	"context"
	"net/netip"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
)

// trialTime is how long a change that shuts its author out is in force unless it
// is confirmed: time to go to another network and sign in there.
const trialTime = 5 * time.Minute

// AccessChange is what a person sends.
type AccessChange struct {
	Version        int64    `json:"version" doc:"The version that was changed; 409 settings_changed when another one is stored."`
	UI             []string `json:"ui" nullable:"false" doc:"Addresses and ranges in CIDR form; empty lets everybody in."`
	Enrollment     []string `json:"enrollment" nullable:"false"`
	Metrics        []string `json:"metrics" nullable:"false"`
	TrustedProxies []string `json:"trusted_proxies" nullable:"false" doc:"Whose X-Forwarded-For is believed."`
	ShutMeOut      bool     `json:"shut_me_out,omitempty" doc:"Put it in force for 5 minutes although it shuts the caller out."`
}

// From is the address that the caller would have if these proxies were trusted.
type From func(trusted func(netip.Addr) bool) netip.Addr

// SetAccess replaces the section. A change after which its author could not come
// in from where they are is refused, unless they want it so: then it is on
// trial. A trial that is changed into another one still comes back to what was
// in force before the first.
func (s *Service) SetAccess(ctx context.Context, actor auth.Actor, from From, in AccessChange) (AccessSetting, error) {
	v, bad := parseAccess(in.UI, in.Enrollment, in.Metrics, in.TrustedProxies)
	if err := actor.RequireFresh(auth.ManageSettings, s.now()); err != nil {
		return AccessSetting{}, err
	}
	if len(bad) > 0 {
		return AccessSetting{}, apierr.Invalid(bad...)
	}
	address := from(v.Trusts)
	out := !v.AdmitsUI(address)
	if out && !in.ShutMeOut {
		return AccessSetting{}, errShutOut(address)
	}
	k, err := replace(ctx, s, actor, access, in.Version, v, func(_ db.Tx, old kept[Access]) (kept[Access], error) {
		switch at := s.now(); {
		case old.isOver(at): // the loop is about to write it back
			return old, errChanged()
		case out:
			return onTrial(old, v, at.Add(trialTime)), nil
		}
		return kept[Access]{value: v}, nil
	})
	return accessOf(k), err
}

func onTrial(old kept[Access], v Access, until time.Time) kept[Access] {
	back := old.value
	if old.previous != nil {
		back = *old.previous
	}
	return kept[Access]{value: v, revertAt: &until, previous: &back}
}

func errShutOut(address netip.Addr) error {
	e := apierr.Conflict("would_shut_you_out", "From your address %s you could not come in any more.", address)
	e.Details = []apierr.Detail{{Field: "ui", Value: address.String(),
		Message: "Add your address, or send shut_me_out: then it is in force for 5 minutes, and stays when it is confirmed from an allowed address."}}
	return e
}

// ConfirmAccess ends the trial: the value stays. Only who can come in with it
// may say so, which a process that has not heard of the change yet cannot know
// by itself.
func (s *Service) ConfirmAccess(ctx context.Context, actor auth.Actor, from From) (AccessSetting, error) {
	if err := actor.RequireFresh(auth.ManageSettings, s.now()); err != nil {
		return AccessSetting{}, err
	}
	k, err := edit(ctx, s, actor, access, "confirm", func(_ db.Tx, old kept[Access]) (kept[Access], error) {
		if old.revertAt == nil || old.isOver(s.now()) {
			return old, apierr.Conflict("nothing_to_confirm", "No change of the access lists waits for a confirmation.")
		}
		if address := from(old.value.Trusts); !old.value.AdmitsUI(address) {
			return old, errShutOut(address)
		}
		return kept[Access]{value: old.value}, nil
	})
	return accessOf(k), err
}

// ResetAccess lets everybody in again, for whoever has the console. Trusted
// proxies stay: without them all users would share the proxy's address, and
// with it the limits on sign-ins.
func (s *Service) ResetAccess(ctx context.Context, actor auth.Actor) error {
	if err := actor.RequireFresh(auth.ManageSettings, s.now()); err != nil {
		return err
	}
	_, err := edit(ctx, s, actor, access, "reset", func(_ db.Tx, old kept[Access]) (kept[Access], error) {
		v := old.inForce(s.now())
		v.UI, v.Enrollment, v.Metrics = Ranges{}, Ranges{}, Ranges{}
		return kept[Access]{value: v}, nil
	})
	return err
}

package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth/oidcflow"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

func joined(words []string) string { return strings.Join(words, ",") }

// loginSSO signs in whoever is linked with the identity, or makes an account if
// the provider may. Role and groups are what the claims say now. Without an
// accepted second factor of the provider the own one follows, or its set-up.
func (s *Service) loginSSO(ctx context.Context, p provider, f ssoFlow, who oidcflow.Identity, c Caller) (ssoArrival, error) {
	rights, ok := p.rights(who)
	if !ok {
		return ssoArrival{}, refuseSSO(ssoNoRole, "no mapping matches the claims of subject %s", who.Subject)
	}
	var out ssoArrival
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		acc, entries, err := s.accountOf(ctx, tx, p, who, rights)
		if err != nil {
			return err
		}
		if out, err = s.enterSSO(ctx, tx, p, f, acc, who, c); err != nil {
			return err
		}
		for _, e := range entries {
			if err := audit.Append(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || out.grant == nil {
		return out, wrapUnlessRefused("sign in through provider", err)
	}
	g, err := s.sign(ctx, *out.grant)
	out.grant = &g
	return out, err
}

func wrapUnlessRefused(doing string, err error) error {
	var refused *ssoRefusal
	if err == nil || errors.As(err, &refused) {
		return err
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// enterSSO begins the session, or asks for the second factor first.
func (s *Service) enterSSO(ctx context.Context, tx db.Tx, p provider, f ssoFlow, acc account, who oidcflow.Identity, c Caller) (ssoArrival, error) {
	proof := proof{methods: []Method{MethodSSO}, mfaAt: s.acceptedMFA(p, who)}
	if proof.mfaAt == nil {
		has, err := readFactors(ctx, tx, acc.ID)
		if err != nil {
			return ssoArrival{}, err
		}
		if has.any() {
			challenge, err := s.askFactor(ctx, tx, acc.User, has, proof.methods, c)
			return ssoArrival{location: challengeLocation(challenge, f.returnTo)}, err
		}
	}
	g, err := s.completeSignIn(ctx, tx, acc, proof, c)
	return ssoArrival{location: f.returnTo, grant: &g}, err
}

// acceptedMFA is when the provider saw a second factor; nil: it did not, or is
// not trusted with it. A provider that does not say when signs in, but its old
// sign-in does not count as fresh for dangerous acts.
func (s *Service) acceptedMFA(p provider, who oidcflow.Identity) *time.Time {
	if !p.AcceptMFA || !who.Has(p.MFAValues) {
		return nil
	}
	now := s.clock.Now()
	at := now.Add(-s.rules().FreshFor)
	if !who.AuthTime.IsZero() {
		at = who.AuthTime
	}
	if at.After(now) {
		at = now
	}
	return &at
}

// accountOf is the account that the identity signs in as, with the rights that it
// has now, and the audit entries of what was changed for that. It is found by
// provider, issuer and subject alone: an e-mail address or a name proves nothing.
func (s *Service) accountOf(ctx context.Context, tx db.Tx, p provider, who oidcflow.Identity, r ssoRights) (account, []audit.Entry, error) {
	acc, found, err := linkedAccount(ctx, tx, p.ID, who)
	if err != nil {
		return account{}, nil, err
	}
	if !found {
		return s.createSSOAccount(ctx, tx, p, who, r)
	}
	entries, err := s.applyRights(ctx, tx, p, &acc, r)
	if err != nil {
		return account{}, nil, err
	}
	return acc, entries, useLink(ctx, tx, p.ID, who, s.clock.Now())
}

// applyRights gives the account what the claims say now. Users are locked first:
// whether an admin remains is a question about all of them.
func (s *Service) applyRights(ctx context.Context, tx db.Tx, p provider, acc *account, r ssoRights) ([]audit.Entry, error) {
	if err := s.lockUsers(ctx, tx, ssoActor()); err != nil {
		return nil, err
	}
	still, err := lockUser(ctx, tx, acc.ID)
	if err != nil {
		return nil, err
	}
	if !still {
		return nil, refuseSSO(ssoAccountDisabled, "%s is disabled", acc.Username)
	}
	current, _, err := accountByID(ctx, tx, acc.ID) // as it is under the lock
	if err != nil {
		return nil, err
	}
	*acc = current
	var entries []audit.Entry
	for _, apply := range []func(context.Context, db.Tx, *account, ssoRights) (*act, error){s.applyClaimedRole, s.applyClaimedGroups} {
		a, err := apply(ctx, tx, acc, r)
		if err != nil {
			return nil, err
		}
		if a != nil {
			a.details["provider"] = p.Name
			entries = append(entries, ssoActor().Entry(a.action, acc.target(), a.details))
		}
	}
	return entries, nil
}

// applyClaimedRole refuses to take the role of the last admin who can sign in
// without a provider.
func (s *Service) applyClaimedRole(ctx context.Context, tx db.Tx, acc *account, r ssoRights) (*act, error) {
	if r.role == "" {
		return nil, nil
	}
	before := acc.Role
	change, err := s.applyRole(ctx, tx, *acc, UserChange{Role: &r.role})
	if err != nil || change == nil {
		return nil, err
	}
	acc.Role = r.role
	if before != RoleAdmin || !acc.Local {
		return change, nil
	}
	err = s.requireAdmin(ctx, tx)
	if e, ok := apierr.As(err); ok {
		err = refuseSSO(ssoLastAdmin, "the mapping would make %s %s: %s", acc.Username, r.role, e.Message)
	}
	return change, err
}

func (s *Service) applyClaimedGroups(ctx context.Context, tx db.Tx, acc *account, r ssoRights) (*act, error) {
	if !r.setGroups {
		return nil, nil
	}
	groups := orEmpty(r.groups)
	return s.applyGroups(ctx, tx, *acc, UserChange{GroupIDs: &groups})
}

// ssoActor is who changes accounts when somebody signs in through a provider.
func ssoActor() Actor { return System("single sign-on") }

// createSSOAccount makes an account without a password for a subject that is not
// known, if the provider may.
func (s *Service) createSSOAccount(ctx context.Context, tx db.Tx, p provider, who oidcflow.Identity, r ssoRights) (account, []audit.Entry, error) {
	if r.role == "" {
		r.role = p.DefaultRole
	}
	switch {
	case !p.CreateUsers:
		return account{}, nil, refuseSSO(ssoUnknownUser, "subject %s is linked with no account", who.Subject)
	case r.role == "":
		return account{}, nil, refuseSSO(ssoNoRole, "nothing gives the new subject %s a role", who.Subject)
	}
	if err := s.lockUsers(ctx, tx, ssoActor()); err != nil {
		return account{}, nil, err
	}
	acc, found, err := linkedAccount(ctx, tx, p.ID, who) // somebody may have been first
	if err != nil {
		return account{}, nil, err
	}
	if found {
		entries, err := s.applyRights(ctx, tx, p, &acc, r)
		return acc, entries, err
	}
	if acc, err = s.insertSSOAccount(ctx, tx, who, r.role); err != nil {
		return account{}, nil, err
	}
	added, _, err := setGroups(ctx, tx, acc.ID, r.groups)
	if err != nil {
		return account{}, nil, err
	}
	if _, err := insertLink(ctx, tx, p.ID, who, acc.ID, s.clock.Now()); err != nil {
		return account{}, nil, err
	}
	details := map[string]any{"role": string(r.role), "provider": p.Name, "subject": who.Subject}
	if len(added) > 0 {
		details["groups"] = added
	}
	return acc, []audit.Entry{ssoActor().Entry("user.create", acc.target(), details)}, nil
}

func (s *Service) insertSSOAccount(ctx context.Context, tx db.Tx, who oidcflow.Identity, role Role) (account, error) {
	now := s.clock.Now()
	id, err := ids.NewAt(now)
	if err != nil {
		return account{}, err
	}
	u := User{ID: id, Role: role}
	u.DisplayName, u.Email = ssoProfile(who)
	name := ssoUsername(who)
	for i := 0; ; i++ {
		u.Username = numbered(name, i)
		inserted, err := insertUserWithoutPassword(ctx, tx, u, now)
		if err != nil {
			return account{}, err
		}
		if inserted {
			break
		}
		if i > nameTries {
			return account{}, fmt.Errorf("find a free user name for %s", name)
		}
	}
	acc, _, err := accountByID(ctx, tx, id)
	return acc, err
}

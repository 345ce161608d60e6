package auth

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// maxPasskeys bounds the list that each sign-in reads.
const maxPasskeys = 20

func (s *Service) beginPasskeyRegister(ctx context.Context, actor Actor, origin string) (Ceremony, error) {
	if _, err := s.requireFactorChange(ctx, s.db, actor); err != nil {
		return Ceremony{}, err
	}
	rp, err := s.relying.at(origin)
	if err != nil {
		return Ceremony{}, err
	}
	h, err := s.actorHolder(ctx, actor)
	if err != nil {
		return Ceremony{}, err
	}
	if len(h.keys) >= maxPasskeys {
		return Ceremony{}, apierr.Conflict("too_many_passkeys", "You have %d passkeys. Remove one that you no longer use first.", len(h.keys))
	}
	options, session, err := rp.BeginRegistration(h, webauthn.WithExclusions(descriptors(h)))
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin passkey: %w", err)
	}
	return s.storeCeremony(ctx, challengePasskeyRegister, actor, ceremonyData{Origin: origin, Session: *session}, options.Response)
}

// descriptors name the passkeys that a device shall not make again.
func descriptors(h holder) []protocol.CredentialDescriptor {
	list := make([]protocol.CredentialDescriptor, len(h.keys))
	for i, k := range h.keys {
		list[i] = k.credential.Descriptor()
	}
	return list
}

// storeCeremony keeps a ceremony of somebody who is signed in.
func (s *Service) storeCeremony(ctx context.Context, kind challengeKind, actor Actor, d ceremonyData, options any) (c Ceremony, err error) {
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		c, err = s.keepCeremony(ctx, tx, kind, actor.UserID, actor.SessionID, d, options)
		return err
	})
	return c, err
}

func (s *Service) actorHolder(ctx context.Context, actor Actor) (holder, error) {
	acc, found, err := accountByID(ctx, s.db, actor.UserID)
	if err != nil || !found {
		return holder{}, orEnded(err)
	}
	return holderOf(ctx, s.db, acc.User)
}

// registerPasskey keeps the passkey that the browser made. The first second
// factor of a user comes with recovery codes.
func (s *Service) registerPasskey(ctx context.Context, actor Actor, origin string, in NewPasskey, c Caller) (madePasskey, error) {
	if _, err := s.requireFactorChange(ctx, s.db, actor); err != nil {
		return madePasskey{}, err
	}
	name, err := passkeyName(in.Name)
	if err != nil {
		return madePasskey{}, err
	}
	ch, d, rp, err := s.takeCeremony(ctx, challengePasskeyRegister, in.Ceremony, origin)
	if err != nil {
		return madePasskey{}, err
	}
	if ch.user != actor.UserID || ch.session != actor.SessionID {
		return madePasskey{}, errCeremony()
	}
	h, err := s.actorHolder(ctx, actor)
	if err != nil {
		return madePasskey{}, err
	}
	credential, err := newCredential(rp, h, d.Session, in.Credential)
	if err != nil {
		return madePasskey{}, err
	}
	out, err := s.keepPasskey(ctx, actor, storedPasskey{Passkey: Passkey{Name: name}, credential: *credential}, c)
	if err == nil && out.grant != nil {
		*out.grant, err = s.sign(ctx, *out.grant)
	}
	return out, err
}

// madePasskey is a new passkey with what came with it.
type madePasskey struct {
	passkey Passkey
	confirmed
}

func newCredential(rp *webauthn.WebAuthn, h holder, session webauthn.SessionData, sent map[string]any) (*webauthn.Credential, error) {
	text, err := asText(sent)
	if err != nil {
		return nil, fmt.Errorf("encode credential: %w", err)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(text)
	if err != nil {
		return nil, refusedCredential(err)
	}
	credential, err := rp.CreateCredential(h, session, parsed)
	if err != nil {
		return nil, refusedCredential(err)
	}
	return credential, nil
}

func refusedCredential(err error) error {
	return apierr.Invalid(apierr.Detail{Field: "credential", Message: "The browser's answer is not a passkey for this manager (" + err.Error() + "). Begin again."})
}

func passkeyName(name string) (string, error) {
	name = cut(printable(strings.TrimSpace(name)), 100)
	if name == "" {
		return "", apierr.Invalid(apierr.Detail{Field: "name", Value: name, Message: "Give the passkey a name, such as the device that holds it."})
	}
	return name, nil
}

func (s *Service) keepPasskey(ctx context.Context, actor Actor, k storedPasskey, c Caller) (madePasskey, error) {
	now := s.clock.Now()
	var err error
	if k.ID, err = ids.NewAt(now); err != nil {
		return madePasskey{}, err
	}
	k.CreatedAt, k.BackedUp = now, k.credential.Flags.BackupState
	out := madePasskey{passkey: k.Passkey}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		f, err := s.changeFactors(ctx, tx, actor)
		if err != nil {
			return err
		}
		if err := insertPasskey(ctx, tx, actor.UserID, k); err != nil {
			return err
		}
		out.confirmed, err = s.finishPasskey(ctx, tx, actor, k, !f.any(), c)
		return err
	})
	if db.IsUnique(err, "auth_passkey_credential_unique") {
		return madePasskey{}, apierr.Conflict("passkey_known", "This passkey is registered already.")
	}
	if err != nil {
		return madePasskey{}, fmt.Errorf("add passkey: %w", err)
	}
	return out, nil
}

// finishPasskey does what follows a new factor: recovery codes for who has none,
// and a full session in place of the one that was begun with a password alone.
func (s *Service) finishPasskey(ctx context.Context, tx db.Tx, actor Actor, k storedPasskey, first bool, c Caller) (out confirmed, err error) {
	if out.codes, err = s.firstFactorCodes(ctx, tx, actor.UserID); err != nil {
		return out, err
	}
	if first {
		if out.grant, err = s.leaveRestriction(ctx, tx, actor, MethodPasskey, c); err != nil {
			return out, err
		}
	}
	details := map[string]any{"passkey": k.ID.String(), "name": k.Name, "backed_up": k.BackedUp,
		"first_factor": first, "recovery_codes_made": len(out.codes)}
	return out, audit.Append(ctx, tx, actor.Entry("user.passkey_add", actor.self(), details))
}

func (s *Service) renamePasskey(ctx context.Context, actor Actor, id ids.ID, name string) (Passkey, error) {
	if err := actor.Require(OwnAccount); err != nil {
		return Passkey{}, err
	}
	name, err := passkeyName(name)
	if err != nil {
		return Passkey{}, err
	}
	var k storedPasskey
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		var found bool
		if k, found, err = renamePasskey(ctx, tx, actor.UserID, id, name); err != nil {
			return err
		}
		if !found {
			return apierr.NotFound("passkey")
		}
		return audit.Append(ctx, tx, actor.Entry("user.passkey_rename", actor.self(), map[string]any{"passkey": id.String(), "name": name}))
	})
	return k.Passkey, err
}

// removePasskey never takes the last second factor away: the account would be
// open to whoever knows the password.
func (s *Service) removePasskey(ctx context.Context, actor Actor, id ids.ID) error {
	if err := actor.RequireFresh(OwnAccount, s.clock.Now()); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx db.Tx) error {
		// the user's row is held: two removals at once must not take the last two
		f, err := s.changeFactors(ctx, tx, actor)
		if err != nil {
			return err
		}
		k, found, err := deletePasskey(ctx, tx, actor.UserID, id)
		if err != nil {
			return err
		}
		if !found {
			return apierr.NotFound("passkey")
		}
		if f.count() == 1 {
			return errLastFactor()
		}
		return audit.Append(ctx, tx, actor.Entry("user.passkey_remove", actor.self(), map[string]any{"passkey": id.String(), "name": k.Name}))
	})
}

package auth

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/ids"
)

// Ceremony is the first half of anything that is done with a passkey. The
// browser answers options with a credential, and sends it with the ceremony.
type Ceremony struct {
	Ceremony string         `json:"ceremony"`
	Options  map[string]any `json:"options" doc:"As @simplewebauthn/browser and parseRequestOptionsFromJSON take it."`
}

// PasskeySignInBegin begins a sign-in with a passkey.
type PasskeySignInBegin struct {
	Challenge string `json:"challenge,omitempty" maxLength:"100" doc:"Of a sign-in that waits for its second factor. Without it the passkey alone signs in."`
}

// PasskeyAnswer is the second half.
type PasskeyAnswer struct {
	Ceremony   string         `json:"ceremony" maxLength:"100"`
	Credential map[string]any `json:"credential"`
}

// NewPasskey is the second half of making one.
type NewPasskey struct {
	Ceremony   string         `json:"ceremony" maxLength:"100"`
	Name       string         `json:"name" minLength:"1" maxLength:"100" doc:"How the user tells it from the others."`
	Credential map[string]any `json:"credential"`
}

// PasskeyName renames one.
type PasskeyName struct {
	Name string `json:"name" minLength:"1" maxLength:"100"`
}

// RegisteredPasskey is the answer to a new one.
type RegisteredPasskey struct {
	Passkey       Passkey  `json:"passkey"`
	RecoveryCodes []string `json:"recovery_codes" nullable:"true" doc:"Shown this once, with the first second factor; null otherwise."`
	Session       *Session `json:"session" doc:"Replaces the session in which the first factor was set up; null otherwise."`
}

// passkeyBeginInput names the page that asks: a passkey belongs to its name.
type passkeyBeginInput struct {
	Origin string `header:"Origin" hidden:"true"`
}

type passkeySignInBeginInput struct {
	Origin string `header:"Origin" hidden:"true"`
	Body   PasskeySignInBegin
}

type passkeySignInInput struct {
	Origin    string `header:"Origin" hidden:"true"`
	UserAgent string `header:"User-Agent" hidden:"true"`
	Device    string `cookie:"__Host-pm_device" hidden:"true"`
	Body      PasskeyAnswer
}

type passkeyStepUpInput struct {
	Origin string `header:"Origin" hidden:"true"`
	Body   PasskeyAnswer
}

type passkeyRegisterInput struct {
	Origin    string `header:"Origin" hidden:"true"`
	UserAgent string `header:"User-Agent" hidden:"true"`
	Device    string `cookie:"__Host-pm_device" hidden:"true"`
	Body      NewPasskey
}

type registeredPasskeyOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      RegisteredPasskey
}

type passkeyRenameInput struct {
	ID   ids.ID `path:"id"`
	Body PasskeyName
}

type passkeyInput struct {
	ID ids.ID `path:"id"`
}

type ceremonyOutput struct{ Body Ceremony }

type passkeyOutput struct{ Body Passkey }

func (s *Service) passkeyRoutes(api huma.API, op func(id, method, path, summary string) huma.Operation, public, signedIn func(huma.Operation) huma.Operation) {
	status := func(o huma.Operation, code int) huma.Operation {
		o.DefaultStatus = code
		return o
	}
	huma.Register(api, public(op("passkeySignInOptions", http.MethodPost, "/auth/login/passkey/options", "Begin to sign in with a passkey")), s.handlePasskeySignInOptions)
	huma.Register(api, public(op("passkeySignIn", http.MethodPost, "/auth/login/passkey", "Sign in with a passkey")), s.handlePasskeySignIn)
	huma.Register(api, signedIn(op("stepUpPasskeyOptions", http.MethodPost, "/auth/step-up/passkey/options", "Begin to confirm with a passkey")), s.handleStepUpPasskeyOptions)
	huma.Register(api, signedIn(op("stepUpPasskey", http.MethodPost, "/auth/step-up/passkey", "Confirm with a passkey")), s.handleStepUpPasskey)
	huma.Register(api, signedIn(op(opPasskeyOptions, http.MethodPost, "/auth/mfa/passkeys/options", "Begin to make a passkey")), s.handlePasskeyRegisterOptions)
	huma.Register(api, signedIn(status(op(opPasskeyRegister, http.MethodPost, "/auth/mfa/passkeys", "Make a passkey"), http.StatusCreated)), s.handleRegisterPasskey)
	huma.Register(api, signedIn(op("renamePasskey", http.MethodPatch, "/auth/mfa/passkeys/{id}", "Rename a passkey")), s.handleRenamePasskey)
	huma.Register(api, signedIn(status(op("removePasskey", http.MethodDelete, "/auth/mfa/passkeys/{id}", "Remove a passkey"), http.StatusNoContent)), s.handleRemovePasskey)
}

func (s *Service) handlePasskeySignInOptions(ctx context.Context, in *passkeySignInBeginInput) (*ceremonyOutput, error) {
	c, err := s.beginPasskeySignIn(ctx, in.Origin, in.Body.Challenge, callerOf(ctx, ""))
	return &ceremonyOutput{Body: c}, err
}

func (s *Service) handlePasskeySignIn(ctx context.Context, in *passkeySignInInput) (*sessionOutput, error) {
	c := callerOf(ctx, in.UserAgent).on(in.Device)
	g, err := s.passkeySignIn(ctx, in.Origin, in.Body, c)
	return answer(g, err)
}

func (s *Service) handleStepUpPasskeyOptions(ctx context.Context, in *passkeyBeginInput) (*ceremonyOutput, error) {
	c, err := s.beginPasskeyStepUp(ctx, ActorFrom(ctx), in.Origin)
	return &ceremonyOutput{Body: c}, err
}

func (s *Service) handleStepUpPasskey(ctx context.Context, in *passkeyStepUpInput) (*freshOutput, error) {
	until, err := s.passkeyStepUp(ctx, ActorFrom(ctx), in.Origin, in.Body)
	return freshAnswer(until, err)
}

func (s *Service) handlePasskeyRegisterOptions(ctx context.Context, in *passkeyBeginInput) (*ceremonyOutput, error) {
	c, err := s.beginPasskeyRegister(ctx, ActorFrom(ctx), in.Origin)
	return &ceremonyOutput{Body: c}, err
}

func (s *Service) handleRegisterPasskey(ctx context.Context, in *passkeyRegisterInput) (*registeredPasskeyOutput, error) {
	made, err := s.registerPasskey(ctx, ActorFrom(ctx), in.Origin, in.Body, callerOf(ctx, in.UserAgent).on(in.Device))
	if err != nil {
		return nil, err
	}
	out := &registeredPasskeyOutput{Body: RegisteredPasskey{Passkey: made.passkey, RecoveryCodes: made.codes}}
	if made.grant != nil {
		body := made.grant.answer()
		out.SetCookie, out.Body.Session = made.grant.cookies(), &body
	}
	return out, nil
}

func (s *Service) handleRenamePasskey(ctx context.Context, in *passkeyRenameInput) (*passkeyOutput, error) {
	k, err := s.renamePasskey(ctx, ActorFrom(ctx), in.ID, in.Body.Name)
	return &passkeyOutput{Body: k}, err
}

func (s *Service) handleRemovePasskey(ctx context.Context, in *passkeyInput) (*struct{}, error) {
	return nil, s.removePasskey(ctx, ActorFrom(ctx), in.ID)
}

// ceremonyLife is how long a browser may wait for a finger.
const ceremonyLife = 5 * time.Minute

// asText is what the library's parsers take.
func asText(credential map[string]any) ([]byte, error) { return json.Marshal(credential) }

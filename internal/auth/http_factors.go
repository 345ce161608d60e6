package auth

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// CodeAnswer answers a challenge.
type CodeAnswer struct {
	Challenge string `json:"challenge" maxLength:"100"`
	Code      string `json:"code" maxLength:"64" doc:"Spaces, and the dashes of a recovery code, do not matter."`
}

// Code is what an authenticator app shows.
type Code struct {
	Code string `json:"code" maxLength:"64" doc:"Six digits; each works once."`
}

// Fresh says until when a second factor that was just shown counts.
type Fresh struct {
	FreshUntil time.Time `json:"fresh_until"`
}

// TOTPSetup is an authenticator that waits for its first code.
type TOTPSetup struct {
	Secret string   `json:"secret" doc:"Base32, for typing."`
	URI    string   `json:"uri" doc:"otpauth://, what the QR code says."`
	QR     []string `json:"qr" nullable:"false" doc:"Rows of the QR code, 1 is dark. Draw 4 light modules around it."`
}

// TOTPConfirmed is the answer to the first code.
type TOTPConfirmed struct {
	RecoveryCodes []string `json:"recovery_codes" nullable:"true" doc:"Shown this once, with the first second factor; null otherwise."`
	Session       *Session `json:"session" doc:"Replaces the session in which the first factor was set up; null otherwise."`
}

// RecoveryCodes are shown once.
type RecoveryCodes struct {
	RecoveryCodes []string `json:"recovery_codes" nullable:"false"`
}

// TOTP is a confirmed authenticator.
type TOTP struct {
	ConfirmedAt time.Time `json:"confirmed_at"`
}

// MFA is what the user has set up.
type MFA struct {
	TOTP              *TOTP     `json:"totp"`
	Passkeys          []Passkey `json:"passkeys" nullable:"false"`
	RecoveryCodesLeft int       `json:"recovery_codes_left"`
}

type codeAnswerInput struct {
	UserAgent string `header:"User-Agent" hidden:"true"`
	Device    string `cookie:"__Host-pm_device" hidden:"true"`
	Body      CodeAnswer
}

type codeInput struct {
	UserAgent string `header:"User-Agent" hidden:"true"`
	Device    string `cookie:"__Host-pm_device" hidden:"true"`
	Body      Code
}

type (
	freshOutput         struct{ Body Fresh }
	totpSetupOutput     struct{ Body TOTPSetup }
	recoveryCodesOutput struct{ Body RecoveryCodes }
	mfaOutput           struct{ Body MFA }
)

type totpConfirmedOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      TOTPConfirmed
}

// factorRoutes are the second step of a sign-in, step-up, and the own factors.
func (s *Service) factorRoutes(api huma.API, op func(id, method, path, summary string) huma.Operation, public, signedIn func(huma.Operation) huma.Operation) {
	status := func(o huma.Operation, code int) huma.Operation {
		o.DefaultStatus = code
		return o
	}
	huma.Register(api, public(op("loginTotp", http.MethodPost, "/auth/login/totp", "Answer a challenge with a code of the authenticator")), s.handleLoginTOTP)
	huma.Register(api, public(op("loginRecoveryCode", http.MethodPost, "/auth/login/recovery-code", "Answer a challenge with a recovery code")), s.handleLoginRecoveryCode)
	huma.Register(api, signedIn(op("stepUpTotp", http.MethodPost, "/auth/step-up/totp", "Confirm with a code of the authenticator")), s.handleStepUpTOTP)
	huma.Register(api, signedIn(op(opMFA, http.MethodGet, "/auth/mfa", "The own second factors")), s.handleMFA)
	huma.Register(api, signedIn(status(op(opBeginTOTP, http.MethodPost, "/auth/mfa/totp", "Begin to set up an authenticator"), http.StatusCreated)), s.handleBeginTOTP)
	huma.Register(api, signedIn(op(opConfirmTOTP, http.MethodPost, "/auth/mfa/totp/confirm", "Confirm the authenticator with its first code")), s.handleConfirmTOTP)
	huma.Register(api, signedIn(status(op("removeTotp", http.MethodDelete, "/auth/mfa/totp", "Remove the authenticator"), http.StatusNoContent)), s.handleRemoveTOTP)
	huma.Register(api, signedIn(op("renewRecoveryCodes", http.MethodPost, "/auth/mfa/recovery-codes", "Make new recovery codes; the old ones end")), s.handleRenewRecoveryCodes)
}

func (s *Service) handleLoginTOTP(ctx context.Context, in *codeAnswerInput) (*sessionOutput, error) {
	g, err := s.answerChallenge(ctx, in.Body.Challenge, MethodTOTP, s.useTOTP(in.Body.Code), callerOf(ctx, in.UserAgent).on(in.Device))
	return answer(g, err)
}

func (s *Service) handleLoginRecoveryCode(ctx context.Context, in *codeAnswerInput) (*sessionOutput, error) {
	g, err := s.answerChallenge(ctx, in.Body.Challenge, MethodRecovery, s.useRecoveryCode(in.Body.Code), callerOf(ctx, in.UserAgent).on(in.Device))
	return answer(g, err)
}

func (s *Service) handleStepUpTOTP(ctx context.Context, in *codeInput) (*freshOutput, error) {
	until, err := s.stepUpTOTP(ctx, ActorFrom(ctx), in.Body.Code, callerOf(ctx, in.UserAgent).on(in.Device))
	return freshAnswer(until, err)
}

func freshAnswer(until time.Time, err error) (*freshOutput, error) {
	if err != nil {
		return nil, err
	}
	return &freshOutput{Body: Fresh{FreshUntil: until}}, nil
}

func (s *Service) handleMFA(ctx context.Context, _ *struct{}) (*mfaOutput, error) {
	m, err := s.factorsOf(ctx, ActorFrom(ctx))
	return &mfaOutput{Body: m}, err
}

func (s *Service) handleBeginTOTP(ctx context.Context, _ *struct{}) (*totpSetupOutput, error) {
	setup, err := s.beginTOTP(ctx, ActorFrom(ctx))
	return &totpSetupOutput{Body: setup}, err
}

func (s *Service) handleConfirmTOTP(ctx context.Context, in *codeInput) (*totpConfirmedOutput, error) {
	done, err := s.confirmTOTP(ctx, ActorFrom(ctx), in.Body.Code, callerOf(ctx, in.UserAgent).on(in.Device))
	if err != nil {
		return nil, err
	}
	out := &totpConfirmedOutput{Body: TOTPConfirmed{RecoveryCodes: done.codes}}
	if done.grant != nil {
		body := done.grant.answer()
		out.SetCookie, out.Body.Session = done.grant.cookies(), &body
	}
	return out, nil
}

func (s *Service) handleRemoveTOTP(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, s.removeTOTP(ctx, ActorFrom(ctx))
}

func (s *Service) handleRenewRecoveryCodes(ctx context.Context, _ *struct{}) (*recoveryCodesOutput, error) {
	codes, err := s.renewRecoveryCodes(ctx, ActorFrom(ctx))
	return &recoveryCodesOutput{Body: RecoveryCodes{RecoveryCodes: codes}}, err
}

// Package signin goes through whole sign-ins as a person does, over HTTP: the
// one-time password, a password of one's own, an authenticator, recovery codes.
// The way is the product's; only the transport is the test's.
package signin

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/httpx"
)

// Ask sends one request to the product, decodes the answer into out unless it is
// nil, and returns the status. bearer may be empty.
type Ask func(t testing.TB, method, path, bearer string, body, out any) (status int)

// Person is a user with an authenticator, who may sign in as often as a test
// needs: each code works once, so that codes of 30 s would not do.
type Person struct {
	Username string
	Password string
	Session  auth.Session // of the last sign-in

	ask      Ask
	clock    clock.Clock
	secret   string // of the authenticator
	lastStep int64
	codes    []string // recovery codes that are left
}

// First is the first sign-in: it changes the one-time password, sets up an
// authenticator and keeps the recovery codes.
func First(t testing.TB, ask Ask, c clock.Clock, username, oneTime, password string) *Person {
	t.Helper()
	p := &Person{Username: username, Password: oneTime, ask: ask, clock: c}
	first := p.Restricted(t)
	require.True(t, first.User.MustChangePassword)
	var changed auth.Session
	p.post(t, "/auth/password", first.AccessToken, auth.PasswordChange{CurrentPassword: oneTime, NewPassword: password}, http.StatusOK, &changed)
	p.Password = password
	p.setUp(t, changed.AccessToken)
	return p
}

// Restricted is the password step of a user who has no second factor yet.
func (p *Person) Restricted(t testing.TB) auth.Session {
	t.Helper()
	var in auth.SignIn
	p.post(t, "/auth/login", "", auth.LoginInput{Username: p.Username, Password: p.Password}, http.StatusOK, &in)
	require.NotNil(t, in.Session, "%s has a second factor", p.Username)
	return *in.Session
}

func (p *Person) setUp(t testing.TB, access string) {
	t.Helper()
	var setup auth.TOTPSetup
	p.post(t, "/auth/mfa/totp", access, nil, http.StatusCreated, &setup)
	p.secret = setup.Secret
	var done auth.TOTPConfirmed
	p.post(t, "/auth/mfa/totp/confirm", access, auth.Code{Code: p.code(t, p.step()-1)}, http.StatusOK, &done)
	require.NotNil(t, done.Session)
	p.Session, p.codes = *done.Session, done.RecoveryCodes
}

// SignIn signs in with both factors and returns the new session.
func (p *Person) SignIn(t testing.TB) auth.Session {
	t.Helper()
	var in auth.SignIn
	p.post(t, "/auth/login", "", auth.LoginInput{Username: p.Username, Password: p.Password}, http.StatusOK, &in)
	require.NotNil(t, in.Challenge)
	path, code := p.next(t)
	p.post(t, path, "", auth.CodeAnswer{Challenge: in.Challenge.Token, Code: code}, http.StatusOK, &p.Session)
	if len(p.codes) < 2 {
		var fresh auth.RecoveryCodes
		p.post(t, "/auth/mfa/recovery-codes", p.Session.AccessToken, nil, http.StatusOK, &fresh)
		p.codes = fresh.RecoveryCodes
	}
	return p.Session
}

// StepUp shows the authenticator again within the session. Its step must not be
// used up: call it at most once in half a minute.
func (p *Person) StepUp(t testing.TB) (until time.Time) {
	t.Helper()
	path, code := p.next(t)
	require.Equal(t, "/auth/login/totp", path, "no code of the authenticator is left in this half minute")
	var fresh auth.Fresh
	p.post(t, "/auth/step-up/totp", p.Session.AccessToken, auth.Code{Code: code}, http.StatusOK, &fresh)
	return fresh.FreshUntil
}

// next is a code that was not used yet: the authenticator's of this step or the
// next, which is accepted too, else a recovery code.
func (p *Person) next(t testing.TB) (path, code string) {
	for s := p.step(); s <= p.step()+1; s++ {
		if s > p.lastStep {
			return "/auth/login/totp", p.code(t, s)
		}
	}
	code = p.codes[0]
	p.codes = slices.Delete(p.codes, 0, 1)
	return "/auth/login/recovery-code", code
}

const period = 30 // s

func (p *Person) step() int64 { return p.clock.Now().Unix() / period }

// code is the authenticator's code of a step, which is used up by it.
func (p *Person) code(t testing.TB, step int64) string {
	t.Helper()
	code, err := totp.GenerateCode(p.secret, time.Unix(step*period, 0))
	require.NoError(t, err)
	p.lastStep = step
	return code
}

func (p *Person) post(t testing.TB, path, bearer string, body any, want int, out any) {
	t.Helper()
	require.Equal(t, want, p.ask(t, http.MethodPost, httpx.BasePath+path, bearer, body, out), path)
}

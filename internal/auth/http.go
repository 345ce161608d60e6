package auth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/apierr"
	"patchmanager/internal/httpx"
)

// Operations that the middleware knows by name.
const (
	opMe              = "me"
	opChangePassword  = "changePassword"
	opMFA             = "getMfa"
	opBeginTOTP       = "beginTotp"
	opConfirmTOTP     = "confirmTotp"
	opPasskeyOptions  = "passkeyRegisterOptions"
	opPasskeyRegister = "registerPasskey"
)

// refreshCookie is bound to this origin by its prefix: the browser takes it
// only with Secure, Path=/ and without Domain.
const refreshCookie = "__Host-pm_refresh"

// deviceCookie makes a browser a known one of its user: see Lockout.
const deviceCookie = "__Host-pm_device"

// Session is the answer to a sign-in and to a refresh. The refresh token
// travels in the cookie only, out of reach of scripts.
type Session struct {
	AccessToken string    `json:"access_token"`
	ExpiresAt   time.Time `json:"expires_at" doc:"When the access token ends; refresh before."`
	User        User      `json:"user"`
}

type sessionOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      Session
}

// SignIn is the answer to name and password. Exactly one of the two is there.
type SignIn struct {
	Session   *Session   `json:"session" doc:"Of a user without a second factor: it can only set one up."`
	Challenge *Challenge `json:"challenge" doc:"The second factor is asked for."`
}

type signInOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      SignIn
}

// LoginInput is a sign-in.
type LoginInput struct {
	Username string `json:"username" maxLength:"256"`
	Password string `json:"password" maxLength:"1024"`
}

// PasswordChange replaces the own password.
type PasswordChange struct {
	CurrentPassword string `json:"current_password" maxLength:"1024"`
	NewPassword     string `json:"new_password" maxLength:"1024" doc:"12 to 256 characters."`
}

type loginInput struct {
	UserAgent string `header:"User-Agent" hidden:"true"`
	Device    string `cookie:"__Host-pm_device" hidden:"true"`
	Body      LoginInput
}

type refreshInput struct {
	UserAgent string `header:"User-Agent" hidden:"true"`
	Device    string `cookie:"__Host-pm_device" hidden:"true"`
	Token     string `cookie:"__Host-pm_refresh" hidden:"true"`
}

type logoutInput struct {
	Token         string `cookie:"__Host-pm_refresh" hidden:"true"`
	Authorization string `header:"Authorization" hidden:"true"`
}

type logoutOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

type passwordInput struct {
	UserAgent string `header:"User-Agent" hidden:"true"`
	Device    string `cookie:"__Host-pm_device" hidden:"true"`
	Body      PasswordChange
}

type userOutput struct{ Body User }

// Routes registers the operations of this package.
func (s *Service) Routes(api huma.API) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: httpx.BasePath + path, Summary: summary, Tags: []string{"auth"}}
	}
	public := func(o huma.Operation) huma.Operation {
		o.Metadata = httpx.Public
		return o
	}
	signedIn := func(o huma.Operation) huma.Operation {
		o.Security = []map[string][]string{{"bearer": {}}}
		return o
	}
	logout := public(op("logout", http.MethodPost, "/auth/logout", "End the session of the cookie and of the access token"))
	logout.DefaultStatus = http.StatusNoContent
	huma.Register(api, public(op("login", http.MethodPost, "/auth/login", "Sign in")), s.handleLogin)
	huma.Register(api, public(op("refreshSession", http.MethodPost, "/auth/refresh", "Exchange the refresh cookie")), s.handleRefresh)
	huma.Register(api, logout, s.handleLogout)
	huma.Register(api, signedIn(op(opChangePassword, http.MethodPost, "/auth/password", "Change the own password")), s.handleChangePassword)
	s.factorRoutes(api, op, public, signedIn)
	s.passkeyRoutes(api, op, public, signedIn)
	s.ssoRoutes(api)
	huma.Register(api, signedIn(op(opMe, http.MethodGet, "/auth/me", "The signed-in user")), s.handleMe)
	s.sessionRoutes(api)
	s.tokenRoutes(api)
	s.userRoutes(api)
	s.memberRoutes(api)
}

func callerOf(ctx context.Context, userAgent string) Caller {
	return Caller{Address: httpx.ClientAddr(ctx), UserAgent: userAgent, RequestID: httpx.RequestID(ctx)}
}

// on is the caller with the cookie of its browser.
func (c Caller) on(device string) Caller {
	c.Device = deviceToken(device)
	return c
}

func (s *Service) handleLogin(ctx context.Context, in *loginInput) (*signInOutput, error) {
	e, err := s.login(ctx, in.Body.Username, in.Body.Password, callerOf(ctx, in.UserAgent).on(in.Device))
	if err != nil {
		return nil, err
	}
	if e.grant == nil {
		return &signInOutput{Body: SignIn{Challenge: e.challenge}}, nil
	}
	body := e.grant.answer()
	return &signInOutput{SetCookie: e.grant.cookies(), Body: SignIn{Session: &body}}, nil
}

func (s *Service) handleRefresh(ctx context.Context, in *refreshInput) (*sessionOutput, error) {
	g, err := s.refresh(ctx, refreshToken(in.Token), callerOf(ctx, in.UserAgent).on(in.Device))
	return answer(g, err)
}

func (s *Service) handleChangePassword(ctx context.Context, in *passwordInput) (*sessionOutput, error) {
	g, err := s.changePassword(ctx, ActorFrom(ctx), in.Body.CurrentPassword, in.Body.NewPassword, callerOf(ctx, in.UserAgent).on(in.Device))
	return answer(g, err)
}

// handleLogout needs no valid access token: whoever wants to leave after a long
// pause may have only the cookie left.
func (s *Service) handleLogout(ctx context.Context, in *logoutInput) (*logoutOutput, error) {
	c := callerOf(ctx, "")
	if err := s.logout(ctx, refreshToken(in.Token), c); err != nil {
		return nil, err
	}
	actor, _, err := s.identify(ctx, bearerOf(in.Authorization), c.Address)
	if err == nil && !actor.IsToken() { // an API token has no session to end
		err = s.logoutActor(ctx, actor)
	}
	var refused *apierr.Error
	if err != nil && !errors.As(err, &refused) { // refused: there is no such session, or no longer
		return nil, err
	}
	return &logoutOutput{SetCookie: cookie(refreshCookie, "", -1)}, nil
}

func (s *Service) handleMe(ctx context.Context, _ *struct{}) (*userOutput, error) {
	ses, acc, found, err := sessionAccount(ctx, s.db, ActorFrom(ctx).SessionID)
	if err != nil || !found {
		return nil, orEnded(err)
	}
	if err := s.show(ctx, &acc.User, ses.proof); err != nil {
		return nil, err
	}
	return &userOutput{Body: acc.User}, nil
}

func answer(g grant, err error) (*sessionOutput, error) {
	if err != nil {
		return nil, err
	}
	return &sessionOutput{SetCookie: g.cookies(), Body: g.answer()}, nil
}

func (g grant) answer() Session {
	return Session{AccessToken: g.access, ExpiresAt: g.accessExpires, User: g.user}
}

func (g grant) cookies() []http.Cookie {
	out := []http.Cookie{cookie(refreshCookie, string(g.refresh), int(g.refreshLeft.Seconds()))}
	if g.device != "" {
		out = append(out, cookie(deviceCookie, string(g.device), int(deviceLife.Seconds())))
	}
	return out
}

func cookie(name, value string, maxAge int) http.Cookie {
	return http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

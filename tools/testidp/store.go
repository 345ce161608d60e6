package main

import (
	"context"
	"crypto/rsa"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"crypto/rand"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const clientID = "patch-manager"

// store is everything that the provider knows; it implements op.Storage.
type store struct {
	mu        sync.Mutex
	switches  switches
	users     map[string]user
	requests  map[string]*request
	codes     map[string]string
	tokens    map[string]grant
	serial    int
	signing   signingKey
	published []signingKey
}

type grant struct {
	subject string
	scopes  []string
}

// user is a person at the provider.
type user struct {
	Username string   `json:"username"`
	Password string   `json:"password"`
	Subject  string   `json:"subject"`
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Verified bool     `json:"email_verified"`
	Groups   []string `json:"groups"`
	Roles    []string `json:"roles"`
	AMR      []string `json:"amr"`
	ACR      string   `json:"acr"`
}

func newStore(secret string, redirects []string) *store {
	s := &store{switches: switches{ClientSecret: secret, RedirectURIs: redirects}, users: map[string]user{},
		requests: map[string]*request{}, codes: map[string]string{}, tokens: map[string]grant{}}
	for _, u := range []user{
		{Username: "alice", Subject: "sub-alice", Name: "Alice Example", Groups: []string{"admins"}, Roles: []string{"pm-admin"}, AMR: []string{"pwd", "mfa"}},
		{Username: "bob", Subject: "sub-bob", Name: "Bob Example", Groups: []string{"operators"}, Roles: []string{"pm-operator"}, AMR: []string{"pwd", "mfa"}},
		{Username: "carol", Subject: "sub-carol", Name: "Carol Example", AMR: []string{"pwd"}},
		{Username: "dave", Subject: "sub-dave", Name: "Dave Example", Groups: []string{"auditors"}, Roles: []string{"pm-auditor"}, AMR: []string{"pwd"}},
	} {
		u.Password, u.Email = "password", u.Username+"@example.com"
		s.users[u.Username] = u
	}
	s.rotate()
	return s
}

func (s *store) nextID(kind string) string {
	s.serial++
	return kind + "-" + strconv.Itoa(s.serial)
}

func (s *store) userOf(subject string) (user, bool) {
	for _, u := range s.users {
		if u.Subject == subject {
			return u, true
		}
	}
	return user{}, false
}

type signingKey struct {
	id  string
	key *rsa.PrivateKey
}

func (k signingKey) ID() string                                  { return k.id }
func (k signingKey) Key() any                                    { return k.key }
func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }

type publishedKey struct{ signingKey }

func (k publishedKey) Key() any                           { return &k.key.PublicKey }
func (k publishedKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k publishedKey) Use() string                        { return "sig" }

func newKey(id string) signingKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return signingKey{id: id, key: k}
}

func (s *store) rotate() {
	s.signing = newKey(s.nextID("key"))
	s.published = []signingKey{s.signing}
}

func (s *store) SigningKey(context.Context) (op.SigningKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signing, nil
}

func (s *store) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

func (s *store) KeySet(context.Context) ([]op.Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []op.Key
	for _, k := range s.published {
		keys = append(keys, publishedKey{k})
	}
	return keys, nil
}

func (s *store) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id != clientID {
		return nil, errors.New("unknown client")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return client{s.switches}, nil
}

func (s *store) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id != clientID || secret != s.switches.ClientSecret {
		return errors.New("wrong client secret")
	}
	return nil
}

func (s *store) CreateAuthRequest(_ context.Context, r *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	req := &request{id: s.nextID("request"), asked: *r, skew: time.Duration(s.switches.ClockSkew)}
	s.requests[req.id] = req
	return req, nil
}

func (s *store) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.requests[id]; ok {
		return r, nil
	}
	return nil, errors.New("unknown request")
}

func (s *store) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	s.mu.Lock()
	id := s.codes[code]
	delete(s.codes, code)
	s.mu.Unlock()
	return s.AuthRequestByID(ctx, id)
}

func (s *store) SaveAuthCode(_ context.Context, id, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes[code] = id
	return nil
}

func (s *store) DeleteAuthRequest(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.requests, id)
	return nil
}

func (s *store) CreateAccessToken(_ context.Context, r op.TokenRequest) (string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.nextID("token")
	s.tokens[id] = grant{subject: r.GetSubject(), scopes: slices.Clone(r.GetScopes())}
	// the library takes the skew off again, see client.ClockSkew
	return id, time.Now().Add(5*time.Minute + time.Duration(s.switches.ClockSkew)), nil
}

// SetUserinfoFromRequest fills the ID token.
func (s *store) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, r op.IDTokenRequest, _ []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.describe(info, r.GetSubject(), r.GetScopes(), !s.switches.UserinfoOnly)
}

// SetUserinfoFromToken fills the answer of the user-info endpoint.
func (s *store) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, token, _, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.tokens[token]
	if !ok {
		return errors.New("unknown token")
	}
	return s.describe(info, g.subject, g.scopes, true)
}

func (s *store) describe(info *oidc.UserInfo, subject string, scopes []string, groups bool) error {
	u, ok := s.userOf(subject)
	if !ok {
		return errors.New("unknown user")
	}
	info.Subject = subject
	if slices.Contains(scopes, "profile") {
		info.PreferredUsername, info.Name = u.Username, u.Name
	}
	if slices.Contains(scopes, "email") {
		info.Email, info.EmailVerified = u.Email, oidc.Bool(u.Verified)
	}
	if groups {
		info.AppendClaims("groups", u.Groups)
		info.AppendClaims("roles", u.Roles)
	}
	return nil
}

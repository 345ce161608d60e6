package auth

import (
	"strings"
	"time"

	"patchmanager/internal/auth/oidcflow"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
)

// Sealer encrypts what is kept in the database. What was sealed for one purpose
// does not open for another.
type Sealer interface {
	Seal(purpose string, plain []byte) ([]byte, error)
	Open(purpose string, sealed []byte) ([]byte, error)
}

// Deps is what the package needs.
type Deps struct {
	DB     *db.DB
	Clock  clock.Clock
	Sealer Sealer
	Argon  Params // zero: DefaultParams
	// PasswordChanged is called after somebody has chosen a password of their
	// own; may be nil. The first start's password file is removed by it.
	PasswordChanged func(username string)
	Rules           func() Rules // nil: DefaultRules
	Origins         []string     // of the pages, such as https://patches.example.com; passkeys work at these
	PublicURL       string       // how browsers reach this product, for what providers send back
}

// Service holds the use cases.
type Service struct {
	db      *db.DB
	clock   clock.Clock
	hasher  *hasher
	keys    *keyring
	sealer  Sealer
	changed func(username string)
	rules   func() Rules
	relying relyingParties

	oidc      *oidcflow.Client
	publicURL string
}

// New makes the service. It does not touch the database.
func New(d Deps) *Service {
	if d.Argon == (Params{}) {
		d.Argon = DefaultParams
	}
	if d.PasswordChanged == nil {
		d.PasswordChanged = func(string) {}
	}
	if d.Rules == nil {
		d.Rules = DefaultRules
	}
	return &Service{
		db: d.DB, clock: d.Clock, sealer: d.Sealer, changed: d.PasswordChanged, rules: d.Rules,
		relying: newRelyingParties(d.Origins),
		hasher:  newHasher(d.Argon),
		keys:    newKeyring(d.DB, d.Clock, d.Sealer),
		// by its address, because services that only describe their routes have no clock
		oidc: oidcflow.New(func() time.Time { return d.Clock.Now() }), publicURL: strings.TrimSuffix(d.PublicURL, "/"),
	}
}

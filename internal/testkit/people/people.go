// Package people puts users, their sessions and their API tokens into the
// database of a test, as a sign-in or an admin would have left them.
//
// A session is begun by its refresh cookie: send it to the operation that
// exchanges it, and the product itself hands out the access token. So a test
// needs neither a password nor a second factor, and what it gets is real.
package people

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"

	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// RefreshCookie is the name of the cookie that carries a refresh token.
const RefreshCookie = "__Host-pm_refresh"

// Password of every user, hashed with little cost.
const Password = "plenty of quiet gravel"

// User is what differs from an enabled user with a password and a second factor.
type User struct {
	Name   string // empty: made from the id
	Role   auth.Role
	Groups []ids.ID
	NoMFA  bool // has not set up a second factor yet
}

// New stores a user and returns the id.
func New(tb testing.TB, d *db.DB, u User, now time.Time) ids.ID {
	tb.Helper()
	id := ids.New()
	if u.Name == "" {
		u.Name = "user-" + strings.ToLower(id.String())
	}
	exec(tb, d, `insert into auth_user (id, username, role, password_hash, created_at, password_changed_at) values ($1, $2, $3, $4, $5, $5)`,
		id, u.Name, u.Role, hashed(), now)
	for _, g := range u.Groups {
		exec(tb, d, "insert into auth_user_group (user_id, group_id) values ($1, $2)", id, g)
	}
	if !u.NoMFA {
		exec(tb, d, "insert into auth_totp (user_id, sealed_key, created_at, confirmed_at) values ($1, $2, $3, $3)", id, []byte("sealed by nobody"), now)
	}
	return id
}

// Session is one sign-in.
type Session struct {
	ID      ids.ID
	Refresh string // the value of the cookie
}

// SignIn begins a session that showed a second factor at mfa; nil: none.
func SignIn(tb testing.TB, d *db.DB, user ids.ID, now time.Time, mfa *time.Time) Session {
	tb.Helper()
	s := Session{ID: ids.New(), Refresh: secret()}
	methods := []string{"password"}
	if mfa != nil {
		methods = append(methods, "totp")
	}
	exec(tb, d, `insert into auth_session (id, user_id, created_at, last_used_at, expires_at, address, user_agent, methods, mfa_at)
		values ($1, $2, $3, $3, $4, '192.0.2.1', 'Browser/1.0', $5, $6)`, s.ID, user, now, now.Add(12*time.Hour), methods, mfa)
	exec(tb, d, `insert into auth_refresh_token (token_hash, session_id, created_at, expires_at) values ($1, $2, $3, $4)`,
		hash(s.Refresh), s.ID, now, now.Add(time.Hour))
	return s
}

// Token is what differs from a token that may what its user may.
type Token struct {
	Role     auth.Role
	ReadOnly bool
	Groups   []ids.ID // nil: not narrowed
}

// Issue stores an API token and returns its id and the secret for the
// Authorization header.
func Issue(tb testing.TB, d *db.DB, user ids.ID, t Token, now time.Time) (ids.ID, string) {
	tb.Helper()
	id, token := ids.New(), "pmt_"+secret()
	exec(tb, d, `insert into auth_api_token (id, token_hash, user_id, name, role, read_only, group_ids, created_at, expires_at)
		values ($1, $2, $3, 'test', $4, $5, $6, $7, $8)`, id, hash(token), user, t.Role, t.ReadOnly, t.Groups, now, now.Add(24*time.Hour))
	return id, token
}

func secret() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// hashed is Password as the product stores passwords.
func hashed() string {
	const memory, passes, lanes = 64, 1, 1
	salt := []byte("sixteen bytes ok")
	sum := argon2.IDKey([]byte(Password), salt, passes, memory, lanes, 32)
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, e.EncodeToString(salt), e.EncodeToString(sum))
}

func exec(tb testing.TB, d *db.DB, sql string, args ...any) {
	tb.Helper()
	_, err := d.Exec(tb.Context(), sql, args...)
	require.NoError(tb, err)
}

package auth

import "context"

// SignInForTest is the password step of a sign-in without HTTP; it returns the
// access token of a user without a second factor.
func (s *Service) SignInForTest(ctx context.Context, username, password string, c Caller) (string, error) {
	e, err := s.login(ctx, username, password, c)
	if err != nil || e.grant == nil {
		return "", err
	}
	return e.grant.access, nil
}

// DamageNobodyForTest makes the comparison for unknown users fail, so that a
// test sees that it is made.
func (s *Service) DamageNobodyForTest() { s.hasher.nobody = "damaged" }

// CrowdForTest fills the queue for password checks, or empties it.
func (s *Service) CrowdForTest(n int64) { s.hasher.waiting.Store(n) }

// SecretForTest is an API token of a type that nobody else can name.
func SecretForTest() any { return newAPISecret() }

// LocalPathForTest is where a browser may be sent.
func LocalPathForTest(text string) string { return localPath(text) }

package auth

import "context"

// SignInForTest is login without HTTP; it returns the access token.
func (s *Service) SignInForTest(ctx context.Context, username, password string, c Caller) (string, error) {
	g, err := s.login(ctx, username, password, c)
	return g.access, err
}

// DamageNobodyForTest makes the comparison for unknown users fail, so that a
// test sees that it is made.
func (s *Service) DamageNobodyForTest() { s.hasher.nobody = "damaged" }

// CrowdForTest fills the queue for password checks, or empties it.
func (s *Service) CrowdForTest(n int64) { s.hasher.waiting.Store(n) }

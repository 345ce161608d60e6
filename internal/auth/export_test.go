package auth

import "context"

// SignInForTest is login without HTTP; it returns the access token.
func (s *Service) SignInForTest(ctx context.Context, username, password string, c Caller) (string, error) {
	g, err := s.login(ctx, username, password, c)
	return g.access, err
}

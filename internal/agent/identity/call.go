package identity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"patchmanager/internal/agentapi"
)

// statusError is an answer that is no success.
type statusError struct {
	status  int
	message string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("the manager refused (%d %s): %s", e.status, http.StatusText(e.status), e.message)
}

// passing troubles may be gone a moment later.
func (e *statusError) passing() bool {
	return e.status >= 500 || e.status == http.StatusTooManyRequests
}

func (e *enroller) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, e.base.JoinPath(path).String(), body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := e.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, agentapi.MaxBodyBytes))
	if err != nil {
		return err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return &statusError{status: resp.StatusCode, message: messageOf(text)}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

// messageOf finds the sentence in an error envelope.
func messageOf(body []byte) string {
	var envelope struct {
		Error struct{ Message string }
	}
	if json.Unmarshal(body, &envelope) == nil && envelope.Error.Message != "" {
		return envelope.Error.Message
	}
	return string(bytes.TrimSpace(body[:min(len(body), 200)]))
}

// explain adds what a person can do about an error of the connection.
func explain(base *url.URL, err error) error {
	if wrong := distrust(err); wrong != nil {
		return wrong
	}
	if errors.As(err, new(*statusError)) {
		return err
	}
	return fmt.Errorf("the manager at %s cannot be reached (is it running, is the address right, does a firewall let port %s through?): %w", base.Host, portOf(base), err)
}

// distrust finds the reason why a server was not spoken to, if it was that.
func distrust(err error) error {
	var wrong *FingerprintError
	var invalid *CertificateError
	switch {
	case errors.As(err, &wrong):
		return wrong
	case errors.As(err, &invalid):
		return invalid
	}
	return nil
}

func portOf(u *url.URL) string {
	if u.Port() == "" {
		return "443"
	}
	return u.Port()
}

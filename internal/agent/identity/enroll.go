package identity

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
)

// Enrollment is one way from a host without an identity to one with.
type Enrollment struct {
	StateDir    string
	Manager     string // https://host:port
	Fingerprint string // of its CA
	Token       string // approves the request at once; optional
	// Facts is the request without CSR and token.
	Facts agentapi.EnrollRequest
	Clock clock.Clock
	// Say tells a person what goes on.
	Say func(format string, args ...any)
}

// DeniedError ends an enrollment that somebody refused.
type DeniedError struct{ Reason string }

// Error implements error.
func (e *DeniedError) Error() string {
	if e.Reason == "" {
		return "the manager has denied this host"
	}
	return "the manager has denied this host: " + e.Reason
}

// ErrPending ends the wait for a decision.
var ErrPending = errors.New("the manager has not decided yet; the request stays: approve it, then run the same command again")

// Polling goes from often, for one who waits at the screen, to rarely.
const (
	firstPoll = time.Second
	lastPoll  = 5 * time.Second
)

// progress is enroll.json.
type progress struct {
	Manager      string `json:"manager"`
	Fingerprint  string `json:"fingerprint"`
	Token        string `json:"token"` // SHA-256 of it: another token is another request
	Key          string `json:"key"`
	PollingToken string `json:"polling_token"`
}

type enroller struct {
	Enrollment
	store  *Store
	http   *http.Client
	base   *url.URL
	at     progress
	resent bool
}

// Run enrolls the host, or goes on with an enrollment that was interrupted. It
// returns the id the manager gave the host. When ctx ends while the manager has
// not decided, running it again goes on waiting.
func (e Enrollment) Run(ctx context.Context) (hostID string, err error) {
	run, err := e.prepare()
	if err != nil {
		return "", err
	}
	if run.at.PollingToken == "" {
		if err := run.send(ctx); err != nil {
			return "", err
		}
	} else {
		e.Say("going on with the enrollment that was begun")
	}
	bundle, err := run.decision(ctx)
	if err != nil {
		return "", err
	}
	if err := run.take(bundle); err != nil {
		return "", err
	}
	return bundle.HostID, run.acknowledge(ctx)
}

func (e Enrollment) prepare() (*enroller, error) {
	fingerprint, err := normalFingerprint(e.Fingerprint)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(e.Manager)
	if err != nil || base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("%q is no address of a manager: it must be like https://manager.example.com:8443", e.Manager)
	}
	e.Fingerprint = fingerprint
	store, err := makeStore(e.StateDir)
	if err != nil {
		return nil, err
	}
	run := &enroller{Enrollment: e, store: store, base: base, http: managerClient(base.Hostname(), fingerprint, e.Clock)}
	return run, run.restore()
}

// restore finds the enrollment that was begun, or begins one with a new key,
// which is on the disk before anything is sent.
func (e *enroller) restore() error {
	sum := sha256.Sum256([]byte(e.Token))
	fresh := progress{Manager: e.base.String(), Fingerprint: e.Fingerprint, Token: hex.EncodeToString(sum[:])}
	text, err := os.ReadFile(e.store.path("enroll.json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read enrollment: %w", err)
	}
	var before progress
	if err == nil && json.Unmarshal(text, &before) == nil &&
		before.Manager == fresh.Manager && before.Fingerprint == fresh.Fingerprint {
		fresh.Key = before.Key
		if before.Token == fresh.Token || e.Token == "" {
			fresh.Token, fresh.PollingToken = before.Token, before.PollingToken
		}
	}
	if _, err := parseKey(fresh.Key); err != nil {
		key, err := newKey()
		if err != nil {
			return fmt.Errorf("make key: %w", err)
		}
		fresh.PollingToken = ""
		if fresh.Key, err = keyPEM(key); err != nil {
			return err
		}
	}
	e.at = fresh
	return e.remember()
}

func (e *enroller) remember() error {
	text, err := json.Marshal(e.at)
	if err == nil {
		err = writeFile(e.store.path("enroll.json"), string(text))
	}
	if err != nil {
		return fmt.Errorf("keep enrollment: %w", err)
	}
	return nil
}

func (e *enroller) key() (*ecdsa.PrivateKey, error) { return parseKey(e.at.Key) }

func (e *enroller) send(ctx context.Context) error {
	key, err := e.key()
	if err != nil {
		return err
	}
	body := e.Facts
	body.Token = e.Token
	body.CSR, err = csrPEM(key, Subject{FQDN: body.FQDN, Hostname: body.Hostname, Address: body.IPAddress})
	if err != nil {
		return err
	}
	accepted, err := e.request(ctx, body)
	if err != nil {
		return err
	}
	if accepted.PollingToken == "" {
		return errors.New("the manager accepted the request but gave no token to ask with")
	}
	e.at.PollingToken = accepted.PollingToken
	e.Say("request sent; key and request are kept, so that this can be interrupted")
	return e.remember()
}

// request sends the request. A manager that has too much to do is waited for:
// a whole fleet may be enrolling at this moment. Any other trouble is told at
// once, for the address may be a wrong one.
func (e *enroller) request(ctx context.Context, body agentapi.EnrollRequest) (accepted agentapi.EnrollAccepted, err error) {
	for wait := firstPoll; ; wait = min(wait*3/2, lastPoll) {
		err := e.call(ctx, http.MethodPost, "/api/v1/enroll", body, &accepted)
		var refused *statusError
		switch {
		case err == nil:
			return accepted, nil
		case !errors.As(err, &refused) || refused.status != http.StatusTooManyRequests:
			return accepted, explain(e.base, err)
		}
		if wait == firstPoll {
			e.Say("the manager is busy with other hosts; trying again until it has time")
		}
		if clock.Sleep(ctx, e.Clock, wait) != nil {
			return accepted, err
		}
	}
}

// decision asks until somebody has decided. Trouble on the way is waited out.
func (e *enroller) decision(ctx context.Context) (agentapi.EnrollBundle, error) {
	wait, said := firstPoll, ""
	for {
		bundle, err := e.ask(ctx)
		switch {
		case err == nil && bundle.Status != agentapi.EnrollPending:
			return bundle, nil
		case err == nil:
			err = errors.New("waiting for approval: open the manager, page Enrollment")
		case final(err):
			return bundle, err
		}
		if text := err.Error(); text != said && ctx.Err() == nil {
			said = text
			e.Say("%s", text)
		}
		if err := clock.Sleep(ctx, e.Clock, wait); err != nil {
			return bundle, ErrPending
		}
		wait = min(wait*3/2, lastPoll)
	}
}

// final errors do not pass by waiting.
func final(err error) bool {
	var refused *statusError
	if errors.As(err, &refused) {
		return !refused.passing()
	}
	return distrust(err) != nil || errors.As(err, new(*DeniedError))
}

func (e *enroller) ask(ctx context.Context) (agentapi.EnrollBundle, error) {
	var bundle agentapi.EnrollBundle
	err := e.call(ctx, http.MethodGet, "/api/v1/enroll/status/"+url.PathEscape(e.at.PollingToken), nil, &bundle)
	var refused *statusError
	if errors.As(err, &refused) && refused.status == http.StatusNotFound {
		bundle.Status, err = agentapi.EnrollNotFound, nil
	}
	if err != nil {
		return bundle, explain(e.base, err)
	}
	switch bundle.Status {
	case agentapi.EnrollDenied:
		return bundle, errors.Join(&DeniedError{Reason: bundle.Reason}, e.forget())
	case agentapi.EnrollNotFound:
		return e.sendAgain(ctx)
	}
	return bundle, nil
}

// sendAgain repeats a request that the manager no longer knows, once.
func (e *enroller) sendAgain(ctx context.Context) (agentapi.EnrollBundle, error) {
	if e.resent {
		return agentapi.EnrollBundle{}, &DeniedError{Reason: "it does not know the request it has just accepted"}
	}
	e.resent = true
	e.Say("the manager no longer knows the request; it is sent again")
	return agentapi.EnrollBundle{Status: agentapi.EnrollPending}, e.send(ctx)
}

// take checks the bundle and stores it.
func (e *enroller) take(b agentapi.EnrollBundle) error {
	if b.Status != agentapi.EnrollApproved {
		return fmt.Errorf("the manager answered with the unknown state %q", b.Status)
	}
	cas, err := parseCertificates(b.CACrt)
	if err != nil {
		return fmt.Errorf("the manager's bundle: %w", err)
	}
	if found := Fingerprint(cas[0]); found != e.Fingerprint {
		return &FingerprintError{Wanted: e.Fingerprint, Found: []string{found}}
	}
	key, err := e.key()
	if err != nil {
		return err
	}
	chain := b.ServerCrt + "\n" + b.CAChain
	id, err := check(key, chain, certificatePEM(cas[0]))
	if err != nil {
		return fmt.Errorf("the manager's bundle: %w", err)
	}
	if b.CRL != "" {
		if id.CRL, err = parseCRL(b.CRL, id.CA); err != nil {
			return fmt.Errorf("the manager's bundle: %w", err)
		}
	}
	return e.store.keep(id, chain, b.CRL)
}

// acknowledge lets the manager drop the bundle. The host is enrolled already:
// what fails here is said, not returned.
func (e *enroller) acknowledge(ctx context.Context) error {
	err := e.call(ctx, http.MethodPost, "/api/v1/enroll/status/"+url.PathEscape(e.at.PollingToken)+"/ack", struct{}{}, nil)
	if err != nil {
		e.Say("enrolled, but the manager did not hear that the certificate has arrived: %v", err)
		return nil
	}
	return e.forget()
}

func (e *enroller) forget() error {
	if err := os.Remove(e.store.path("enroll.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget enrollment: %w", err)
	}
	return nil
}

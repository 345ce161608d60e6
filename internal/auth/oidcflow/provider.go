package oidcflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	knownFor  = 10 * time.Minute // then a withdrawn key is no longer believed, and a moved endpoint found
	brokenFor = 5 * time.Second  // a provider that is down is not asked by each visitor
)

// Client knows providers by their issuer. It is for use by many goroutines.
type Client struct {
	http *http.Client
	now  func() time.Time

	mu    sync.Mutex
	known map[string]*entry
}

// entry is one issuer; its lock makes visitors wait for one discovery.
type entry struct {
	mu    sync.Mutex
	p     *provider
	err   error
	until time.Time
}

// New makes a client whose tokens are judged by the clock now.
func New(now func() time.Time) *Client {
	return &Client{http: newHTTPClient(), now: now, known: map[string]*entry{}}
}

// provider is what an issuer says about itself.
type provider struct {
	*oidc.Provider
	meta metadata
}

type metadata struct {
	Issuer      string   `json:"issuer"`
	Auth        string   `json:"authorization_endpoint"`
	Token       string   `json:"token_endpoint"`
	Keys        string   `json:"jwks_uri"`
	UserInfo    string   `json:"userinfo_endpoint"`
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	Challenges  []string `json:"code_challenge_methods_supported"`
	SendsIssuer bool     `json:"authorization_response_iss_parameter_supported"`
}

// provider returns what is known about an issuer, and asks when that is old.
func (c *Client) provider(ctx context.Context, issuer string) (*provider, error) {
	e := c.entry(issuer)
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.now().Before(e.until) {
		return e.p, e.err
	}
	life := knownFor
	e.p, e.err = c.discover(ctx, issuer)
	if e.err != nil {
		life = brokenFor
		if ctx.Err() != nil { // the visitor has gone: that says nothing about the provider
			return nil, e.err
		}
	}
	e.until = c.now().Add(life)
	return e.p, e.err
}

func (c *Client) entry(issuer string) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.known[issuer]
	if e == nil {
		e = &entry{}
		c.known[issuer] = e
	}
	return e
}

// Forget makes the next call ask the issuer anew.
func (c *Client) Forget(issuer string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, issuer)
}

func (c *Client) discover(ctx context.Context, issuer string) (*provider, error) {
	if _, err := Issuer(issuer); err != nil {
		return nil, problem(StepDiscovery, err.Error())
	}
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, c.http), issuer)
	if err != nil {
		return nil, problem(StepDiscovery, discoveryWords(issuer, err))
	}
	out := &provider{Provider: p}
	if err := p.Claims(&out.meta); err != nil {
		return nil, problem(StepDiscovery, "the description is not what it should be: "+words(err))
	}
	return out, out.meta.check(issuer)
}

func discoveryWords(issuer string, err error) string {
	var mismatch *oidc.IssuerMismatchError
	if errors.As(err, &mismatch) {
		return fmt.Sprintf("The provider calls itself %q; write the issuer exactly like that.", clean(mismatch.Discovered))
	}
	return fmt.Sprintf("%s does not answer as it should: %s", strings.TrimSuffix(issuer, "/")+wellKnown, words(err))
}

// check holds the endpoints to the rules of the issuer itself.
func (m metadata) check(issuer string) error {
	secure := strings.HasPrefix(issuer, "https://")
	for name, text := range map[string]string{"authorization_endpoint": m.Auth, "token_endpoint": m.Token, "jwks_uri": m.Keys} {
		if text == "" {
			return problem(StepDiscovery, "the description names no "+name)
		}
	}
	for name, text := range map[string]string{"authorization_endpoint": m.Auth, "token_endpoint": m.Token, "jwks_uri": m.Keys, "userinfo_endpoint": m.UserInfo} {
		u, err := url.Parse(text)
		if text != "" && (err != nil || u.Host == "" || checkURL(u) != nil || secure && u.Scheme != "https") {
			return problem(StepDiscovery, fmt.Sprintf("the %s %q is not an https address", name, clean(text)))
		}
	}
	if len(m.Challenges) > 0 && !slices.Contains(m.Challenges, "S256") {
		return problem(StepDiscovery, "the provider does not support PKCE with S256, which this product requires")
	}
	return nil
}

// authStyle is how the client shows its secret. The library's way to find out by
// trying would send a wrong secret twice, and lock clients at strict providers.
func (m metadata) authStyle(secret string) oauth2.AuthStyle {
	if secret == "" || len(m.AuthMethods) > 0 && !slices.Contains(m.AuthMethods, "client_secret_basic") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// CheckDiscovery asks the issuer to describe itself, anew.
func (c *Client) CheckDiscovery(ctx context.Context, issuer string) error {
	c.Forget(issuer)
	_, err := c.provider(ctx, issuer)
	return err
}

// CheckKeys fetches the issuer's keys and says how many can verify a signature.
func (c *Client) CheckKeys(ctx context.Context, issuer string) (int, error) {
	p, err := c.provider(ctx, issuer)
	if err != nil {
		return 0, err
	}
	var set struct {
		Keys []struct {
			Kind string `json:"kty"`
			Use  string `json:"use"`
		} `json:"keys"`
	}
	if err := c.getJSON(ctx, p.meta.Keys, &set); err != nil {
		return 0, problem(StepKeys, fmt.Sprintf("%s does not answer as it should: %s", p.meta.Keys, words(err)))
	}
	usable := 0
	for _, k := range set.Keys {
		if k.Kind != "oct" && k.Use != "enc" {
			usable++
		}
	}
	if usable == 0 {
		return 0, problem(StepKeys, "the provider publishes no key that could verify a signature")
	}
	return usable, nil
}

func (c *Client) getJSON(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

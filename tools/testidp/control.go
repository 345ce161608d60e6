package main

import (
	"encoding/json"
	"net/http"
	"time"
)

// switches are what a test can turn.
type switches struct {
	ClientSecret string   `json:"client_secret"`
	RedirectURIs []string `json:"redirect_uris"`
	ClockSkew    duration `json:"clock_skew"`
	Keys         string   `json:"keys,omitempty"`
	Tamper       string   `json:"tamper"`
	UserinfoOnly bool     `json:"userinfo_only"`
	IgnorePrompt bool     `json:"ignore_prompt"`
	Deny         bool     `json:"deny"`
	Users        []user   `json:"users,omitempty"`
}

type duration time.Duration

func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

func (d *duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = duration(v)
	return err
}

func (s *store) showControl(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.switches
	for _, u := range s.users {
		out.Users = append(out.Users, u)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

// changeControl changes what the body names and leaves the rest.
func (s *store) changeControl(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.switches
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&next); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	switch next.Keys {
	case "":
	case "rotate":
		s.rotate()
	case "expire":
		s.published = []signingKey{newKey(s.nextID("key"))}
	case "restore":
		s.published = []signingKey{s.signing}
	default:
		http.Error(w, "keys: rotate, expire or restore", http.StatusBadRequest)
		return
	}
	for _, u := range next.Users {
		s.users[u.Username] = u
	}
	next.Keys, next.Users = "", nil
	s.switches = next
	w.WriteHeader(http.StatusNoContent)
}

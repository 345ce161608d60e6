package main

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// signedInCookie is the provider's own session: name and time.
const signedInCookie = "testidp_session"

type signIn struct {
	store    *store
	callback func(context.Context, string) string
}

var page = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Test provider</title>
<h1>Test provider</h1>{{with .Error}}<p role="alert">{{.}}</p>{{end}}
<form method="post" action="/login"><input type="hidden" name="id" value="{{.ID}}">
<p><label>Username <input name="username" autofocus></label></p>
<p><label>Password <input name="password" type="password"></label></p>
<p><button>Sign in</button></p></form></html>`))

// show asks for name and password, unless this browser has signed in before and
// that is good enough.
func (p *signIn) show(w http.ResponseWriter, r *http.Request) {
	id := r.FormValue("id")
	if p.deny(w, r, id) {
		return
	}
	if name, at, ok := signedIn(r); ok && p.store.resume(id, name, at) {
		http.Redirect(w, r, p.callback(r.Context(), id), http.StatusFound)
		return
	}
	p.render(w, id, "")
}

func (p *signIn) render(w http.ResponseWriter, id, wrong string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, map[string]string{"ID": id, "Error": wrong})
}

func (p *signIn) check(w http.ResponseWriter, r *http.Request) {
	id, name, now := r.FormValue("id"), r.FormValue("username"), time.Now()
	if !p.store.enter(id, name, r.FormValue("password"), now) {
		p.render(w, id, "Wrong name or password.")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: signedInCookie, Value: url.QueryEscape(name) + "." + strconv.FormatInt(now.Unix(), 10),
		Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, p.callback(r.Context(), id), http.StatusFound)
}

// deny sends the person back, as a provider does whose policy refuses them.
func (p *signIn) deny(w http.ResponseWriter, r *http.Request, id string) bool {
	s := p.store
	s.mu.Lock()
	defer s.mu.Unlock()
	req, ok := s.requests[id]
	if !ok || !s.switches.Deny {
		return false
	}
	q := url.Values{"error": {"access_denied"}, "error_description": {"The policy does not allow it."}, "state": {req.asked.State}}
	http.Redirect(w, r, req.asked.RedirectURI+"?"+q.Encode(), http.StatusFound)
	return true
}

func signedIn(r *http.Request) (name string, at time.Time, ok bool) {
	c, err := r.Cookie(signedInCookie)
	if err != nil {
		return "", time.Time{}, false
	}
	i := strings.LastIndex(c.Value, ".")
	if i < 0 {
		return "", time.Time{}, false
	}
	name, err = url.QueryUnescape(c.Value[:i])
	seconds, perr := strconv.ParseInt(c.Value[i+1:], 10, 64)
	return name, time.Unix(seconds, 0), err == nil && perr == nil
}

func (s *store) resume(id, name string, at time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	req, ok := s.requests[id]
	u, known := s.users[name]
	if !ok || !known || req.wantsFresh(at) && !s.switches.IgnorePrompt {
		return false
	}
	req.who, req.at = u, at
	return true
}

func (s *store) enter(id, name, password string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	req, ok := s.requests[id]
	u, known := s.users[name]
	if !ok || !known || u.Password != password {
		return false
	}
	req.who, req.at = u, now
	return true
}

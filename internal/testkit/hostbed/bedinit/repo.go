package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Fault says how a repository misbehaves; hostbed.Fault is the same on the
// other side.
type Fault struct {
	Kind   string `json:"kind"`   // "", dead, missing, slow, stall, bad-signature, corrupt
	Prefix string `json:"prefix"` // paths it applies to; empty: all
	Rate   int    `json:"rate"`   // bytes a second, for slow
}

// server is one repository on an address of its own: a dead one really refuses
// connections, the others go on.
type server struct {
	repo  repo
	files http.Handler

	mu    sync.Mutex
	fault Fault
	http  *http.Server
}

func newServer(r repo) *server {
	return &server{repo: r, files: http.FileServer(http.Dir(r.Dir))}
}

func (s *server) open() error {
	ln, err := net.Listen("tcp", net.JoinHostPort(s.repo.Addr, "80"))
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.http = srv
	go func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "bedinit: repository", s.repo.Name, err)
		}
	}()
	return nil
}

func (s *server) set(f Fault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	wasDead := s.fault.Kind == "dead"
	s.fault = f
	if f.Kind == "dead" && !wasDead {
		return s.http.Close()
	}
	if wasDead && f.Kind != "dead" {
		return s.open()
	}
	return nil
}

func (s *server) faultFor(path string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.HasPrefix(path, s.fault.Prefix) {
		return Fault{}
	}
	return s.fault
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := s.faultFor(r.URL.Path)
	switch f.Kind {
	case "missing":
		http.NotFound(w, r)
	case "stall":
		<-r.Context().Done()
	case "slow":
		s.files.ServeHTTP(&slowWriter{ResponseWriter: w, rate: f.Rate, done: r.Context().Done()}, r)
	case "bad-signature":
		s.damaged(w, r, "InRelease", "Origin:", "origin:")
	case "corrupt":
		s.damaged(w, r, ".deb", "debian-binary", "nabied-binary")
	default:
		s.files.ServeHTTP(w, r)
	}
}

// damaged serves files whose name ends so with one change of the same length.
func (s *server) damaged(w http.ResponseWriter, r *http.Request, suffix, from, to string) {
	if !strings.HasSuffix(r.URL.Path, suffix) {
		s.files.ServeHTTP(w, r)
		return
	}
	b, err := os.ReadFile(filepath.Join(s.repo.Dir, filepath.Clean("/"+r.URL.Path)))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	// No validators: apt must read it, not keep what it has.
	if _, err := w.Write(bytes.Replace(b, []byte(from), []byte(to), 1)); err != nil {
		fmt.Fprintln(os.Stderr, "bedinit: send", r.URL.Path, err)
	}
}

// slowWriter sends at most rate bytes a second.
type slowWriter struct {
	http.ResponseWriter
	rate int
	done <-chan struct{}
}

func (w *slowWriter) Write(b []byte) (int, error) {
	const ticks = 20
	step := max(w.rate/ticks, 1)
	sent := 0
	for sent < len(b) {
		n, err := w.ResponseWriter.Write(b[sent:min(sent+step, len(b))])
		sent += n
		if err != nil {
			return sent, err
		}
		if f, ok := w.ResponseWriter.(http.Flusher); ok {
			f.Flush()
		}
		select {
		case <-w.done:
			return sent, errors.New("client went away")
		case <-time.After(time.Second / ticks):
		}
	}
	return sent, nil
}

package auth_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/httpx"
	"patchmanager/internal/testkit/people"
	"patchmanager/internal/testkit/pgtest"
	"patchmanager/internal/testkit/signin"
)

// product is the service behind its HTTP handlers, at the real cost of a hash.
type product struct {
	db      *db.DB
	svc     *auth.Service
	handler http.Handler
}

func newProduct(b *testing.B) *product {
	p := &product{db: pgtest.New(b)}
	p.svc = auth.New(auth.Deps{DB: p.db, Clock: clock.System(), Sealer: newBox(b, 1)})
	p.handler = handlerOf(p.svc)
	return p
}

// ask sends a request from an address of its own: an office of this size has one
// for each, or known devices.
func (p *product) ask(addr string) signin.Ask {
	return func(t testing.TB, method, path, bearer string, body, out any) int {
		raw, err := json.Marshal(body)
		require.NoError(t, err)
		req := httptest.NewRequest(method, path, bytes.NewReader(raw))
		req.RemoteAddr = addr
		req.Header.Set("Authorization", "Bearer "+bearer)
		w := httptest.NewRecorder()
		p.handler.ServeHTTP(w, req)
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), out), w.Body)
		return w.Code
	}
}

// person is a user who has made the first sign-in.
func (p *product) person(b *testing.B, i int) *signin.Person {
	name := fmt.Sprintf("user-%02d", i)
	people.New(b, p.db, people.User{Name: name, Role: auth.RoleOperator, NoMFA: true}, clock.System().Now())
	oneTime, err := p.svc.ResetPassword(b.Context(), name)
	require.NoError(b, err)
	return signin.First(b, p.ask(fmt.Sprintf("192.0.2.%d:1", i+1)), clock.System(), name, oneTime, "plenty of quiet gravel")
}

// BenchmarkSignIn is one whole sign-in: password, code, session.
func BenchmarkSignIn(b *testing.B) {
	who := newProduct(b).person(b, 0)
	for b.Loop() {
		who.SignIn(b)
	}
}

// BenchmarkTwentySignInsAtOnce is a morning: how long each of twenty waits, and
// what memory the process has needed at most, with what it needed before.
func BenchmarkTwentySignInsAtOnce(b *testing.B) {
	const crowd = 20
	p := newProduct(b)
	persons := make([]*signin.Person, crowd)
	for i := range persons {
		persons[i] = p.person(b, i)
	}
	var took []time.Duration
	resetPeak(b)
	before := resident(b, "VmRSS")
	for b.Loop() {
		took = append(took, together(b, persons)...)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "ms-p50")
	b.ReportMetric(float64(took[len(took)*95/100].Milliseconds()), "ms-p95")
	b.ReportMetric(float64(took[len(took)-1].Milliseconds()), "ms-max")
	b.ReportMetric(resident(b, "VmHWM"), "MiB-peak")
	b.ReportMetric(before, "MiB-before")
}

func together(b *testing.B, persons []*signin.Person) []time.Duration {
	took := make([]time.Duration, len(persons))
	var all sync.WaitGroup
	for i, who := range persons {
		all.Go(func() {
			start := time.Now()
			who.SignIn(b)
			took[i] = time.Since(start)
		})
	}
	all.Wait()
	return took
}

// resetPeak makes VmHWM begin anew.
func resetPeak(b *testing.B) {
	require.NoError(b, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0))
}

// resident is a line of /proc/self/status, in MiB.
func resident(b *testing.B, name string) float64 {
	text, err := os.ReadFile("/proc/self/status")
	require.NoError(b, err)
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); f[0] == name+":" {
			kib, err := strconv.Atoi(f[1])
			require.NoError(b, err)
			return float64(kib) / 1024
		}
	}
	b.Fatal("no ", name)
	return 0
}

// BenchmarkAuthenticate is what every request pays: the signature of the access
// token, and session and user from the database.
func BenchmarkAuthenticate(b *testing.B) {
	p := newProduct(b)
	access := p.person(b, 0).Session.AccessToken
	addr := netip.MustParseAddr("192.0.2.1")
	for b.Loop() {
		_, err := p.svc.Authenticate(b.Context(), access, addr)
		require.NoError(b, err)
	}
}

// BenchmarkRequests is a whole request with token check through the handlers,
// from eight callers at once.
func BenchmarkRequests(b *testing.B) {
	p := newProduct(b)
	access := p.person(b, 0).Session.AccessToken
	b.SetParallelism(4) // on two cores
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req := httptest.NewRequest(http.MethodGet, httpx.BasePath+"/probe", nil)
			req.RemoteAddr = "192.0.2.1:1"
			req.Header.Set("Authorization", "Bearer "+access)
			w := httptest.NewRecorder()
			p.handler.ServeHTTP(w, req)
			if w.Code != http.StatusOK {
				b.Error(w.Body)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

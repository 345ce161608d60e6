package link

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"net/http"
	"path"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchmanager/internal/agentapi"
)

// handler answers one call: data for a 2xx with its status, or an error.
type handler func(*http.Request) (answer, error)

type route struct {
	handle handler
	raw    http.HandlerFunc // instead of handle, for what is not JSON
	order  bool             // changes something: the stricter rate limit
	query  []string         // parameters it knows
}

// table is every path of the API and what it takes.
func (s *Server) table() map[string]map[string]route {
	return map[string]map[string]route{
		"/health":             {"GET": {handle: s.health}},
		"/system/info":        {"GET": {handle: s.info}},
		"/system/reboot":      {"POST": {handle: s.reboot, order: true}},
		"/packages":           {"GET": {handle: s.listPackages}},
		"/patches":            {"GET": {handle: s.listPatches}},
		"/patches/plan":       {"POST": {handle: s.plan}},
		"/patches/apply":      {"POST": {handle: s.apply, order: true}},
		"/refresh":            {"POST": {handle: s.refresh, order: true}},
		"/jobs":               {"GET": {handle: s.listJobs}},
		"/jobs/{id}":          {"GET": {handle: s.job}, "DELETE": {handle: s.cancel, order: true, query: []string{agentapi.QueryFinished}}},
		"/jobs/{id}/log":      {"GET": {handle: s.jobLog, query: []string{"after"}}},
		"/jobs/{id}/rollback": {"POST": {handle: s.rollback, order: true}},
		"/pki/csr":            {"POST": {handle: s.csr, order: true}},
		"/pki/certificate":    {"PUT": {handle: s.certificate, order: true}},
		"/ws/jobs":            {"GET": {raw: s.events}},
	}
}

// Handler is the whole API.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, methods := range s.table() {
		mux.HandleFunc(agentapi.BasePath+pattern, s.dispatch(methods))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.refuse(w, r, notFound(r)) })
	return s.outer(mux)
}

func notFound(r *http.Request) error {
	return agentapi.NewError(agentapi.CodeNotFound, "there is no %s", r.URL.Path)
}

// requestID is what we take over from a client: it ends up in logs.
var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// outer gives every request an id and every panic an answer.
func (s *Server) outer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !requestID.MatchString(r.Header.Get(agentapi.HeaderRequestID)) {
			r.Header.Set(agentapi.HeaderRequestID, newRequestID())
		}
		defer func() {
			switch fault := recover(); fault {
			case nil:
			case http.ErrAbortHandler:
				panic(fault)
			default:
				s.opts.Log.ErrorContext(r.Context(), "panic", "fault", fault, "request_id", r.Header.Get(agentapi.HeaderRequestID), "stack", string(debug.Stack()))
				s.refuse(w, r, agentapi.NewError(agentapi.CodeInternal, "the agent has a fault; its log has more under this request id"))
			}
		}()
		if path.Clean(r.URL.Path) != r.URL.Path { // the mux would answer with a redirect
			s.refuse(w, r, notFound(r))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, agentapi.MaxBodyBytes)
		next.ServeHTTP(w, r)
	})
}

func newRequestID() string {
	var b [12]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

// dispatch chooses by method and holds the limits.
func (s *Server) dispatch(methods map[string]route) http.HandlerFunc {
	allow := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
	return func(w http.ResponseWriter, r *http.Request) {
		route, ok := methods[r.Method]
		if !ok {
			w.Header().Set("Allow", allow)
			s.refuse(w, r, agentapi.NewError(agentapi.CodeMethod, "%s takes %s", r.URL.Path, allow))
			return
		}
		if wait := s.limit(route); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
			s.refuse(w, r, agentapi.NewError(agentapi.CodeRateLimited, "too many calls; try again in %s", wait.Round(time.Second)))
			return
		}
		if err := checkQuery(r, route.query); err != nil {
			s.refuse(w, r, err)
			return
		}
		if route.raw != nil {
			route.raw(w, r)
			return
		}
		a, err := route.handle(r)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		s.send(w, r, a)
	}
}

// limit returns how long to wait; zero lets the call in.
func (s *Server) limit(r route) time.Duration {
	limiter := s.opts.Reads
	if r.order {
		limiter = s.opts.Orders
	}
	now := s.opts.Clock.Now()
	if limiter.AllowN(now, 1) {
		return 0
	}
	reservation := limiter.ReserveN(now, 1)
	defer reservation.CancelAt(now)
	return max(reservation.DelayFrom(now), time.Millisecond)
}

// checkQuery refuses parameters that would have no effect.
func checkQuery(r *http.Request, known []string) error {
	for name := range r.URL.Query() {
		if !slices.Contains(known, name) {
			return invalid("query."+name, "", "this path knows no such parameter")
		}
	}
	return nil
}

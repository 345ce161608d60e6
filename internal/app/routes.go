package app

import (
	"net/http"
	"net/netip"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/hosts"
	"patchmanager/internal/httpx"
	"patchmanager/internal/live"
	"patchmanager/internal/version"
	"patchmanager/web"
)

// register is every operation of the API, domain by domain.
func register(api huma.API, d domains, h *health) {
	api.UseMiddleware(d.auth.Middleware(api)) // before all operations
	h.routes(api)
	d.auth.Routes(api)
	d.settings.Routes(api)
	d.ca.Routes(api)
	d.hosts.Routes(api)
	d.enrollment.Routes(api)
	d.discovery.Routes(api)
	d.patches.Routes(api)
	d.jobs.Routes(api)
	d.live.Routes(api)
	d.dashboard.Routes(api)
	d.trail.Routes(api)
}

// newAPI registers the operations on a mux of their own.
func newAPI(d domains, h *health) (*http.ServeMux, huma.API) {
	mux := http.NewServeMux()
	api := httpx.NewAPI(mux, version.Number())
	register(api, d, h)
	mux.Handle("GET "+live.SocketPath, counted(d.sockets, d.live.Socket())) // a ticket opens it
	return mux, api
}

// counted lets the end of the process wait for what h is serving.
func counted(n *sync.WaitGroup, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		defer n.Done()
		h.ServeHTTP(w, r)
	})
}

// handler is everything that the listener answers.
func (p *process) handler() http.Handler {
	lists := p.domains.settings.Access
	return httpx.Stack(p.everything(), httpx.Edge{Clock: p.clock, Observe: p.metrics.Request, Bodies: map[string]int64{hosts.ImportPath: hosts.MaxImportBody},
		Trusted: func(proxy netip.Addr) bool { return lists().Trusts(proxy) },
		Admits:  func(path string, from netip.Addr) bool { return admits(lists(), path, from) }})
}

func (p *process) everything() http.Handler {
	h := &health{db: p.db, clock: p.clock}
	operations, _ := newAPI(p.domains, h)
	mux := http.NewServeMux()
	mux.Handle("/api/", httpx.API(operations))
	mux.HandleFunc("GET "+healthPath, h.serve)
	mux.Handle("GET "+metricsPath, p.metrics.Handler())
	mux.Handle("/", httpx.SPA(httpx.Pages{Files: web.FS(), Index: web.Index, Placeholder: web.NoncePlaceholder,
		Immutable: "assets", NotBuilt: web.NotBuilt}))
	return mux
}

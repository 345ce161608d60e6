// Package metrics is what one process tells Prometheus about itself: requests
// by route, turns of the loops, connections of the pool, memory and goroutines.
// Labels only take values from our own source, so their number stays small.
package metrics

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/httpx"
	"patchmanager/internal/runner"
)

const namespace = "patch_manager"

// Metrics is the registry of one process.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	turns    *prometheus.CounterVec
	turnTime *prometheus.HistogramVec
}

// New makes the registry, with the build's version as a label of its own gauge.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "http_requests_total",
			Help: "Requests by route and status."}, []string{"method", "route", "status"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: "http_request_duration_seconds",
			Help: "Time to answer, by route.", Buckets: []float64{.001, .005, .02, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"method", "route"}),
		turns: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "loop_turns_total",
			Help: "Turns of the background loops."}, []string{"loop", "result"}),
		turnTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: "loop_turn_duration_seconds",
			Help: "Time of one turn of a loop.", Buckets: []float64{.001, .01, .1, 1, 10, 60}}, []string{"loop"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "build_info",
		Help: "Always 1; the label is the version.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.latency, m.turns, m.turnTime, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the registry.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Request counts a finished request. One that no route takes counts as "none":
// its path is the caller's and would make a label of its own.
func (m *Metrics) Request(o httpx.Observation) {
	route, method := o.Pattern, o.Method
	if route == "" {
		route = "none"
	}
	if !known[method] {
		method = "other"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(o.Status)).Inc()
	if o.Status != http.StatusSwitchingProtocols { // lasts as long as a browser is open
		m.latency.WithLabelValues(method, route).Observe(o.Duration.Seconds())
	}
}

var known = map[string]bool{http.MethodGet: true, http.MethodHead: true, http.MethodPost: true,
	http.MethodPut: true, http.MethodPatch: true, http.MethodDelete: true, http.MethodOptions: true}

// Loops returns the loops with their turns counted.
func (m *Metrics) Loops(c clock.Clock, loops ...runner.Loop) []runner.Loop {
	out := make([]runner.Loop, len(loops))
	for i, l := range loops {
		once := l.Once
		l.Once = func(ctx context.Context) (bool, error) {
			began := c.Now()
			result := "panic" // unless once returns
			defer func() { m.turn(l.Name, result, c.Now().Sub(began)) }()
			again, err := once(ctx)
			result = "ok"
			if err != nil {
				result = "error"
			}
			return again, err
		}
		out[i] = l
	}
	return out
}

func (m *Metrics) turn(loop, result string, d time.Duration) {
	m.turns.WithLabelValues(loop, result).Inc()
	m.turnTime.WithLabelValues(loop).Observe(d.Seconds())
}

// Flag adds a gauge that is 1 or 0.
func (m *Metrics) Flag(name, help string, value func() bool) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, func() float64 {
		if value() {
			return 1
		}
		return 0
	}))
}

// Pool adds the connections of a pool.
func (m *Metrics) Pool(d *db.DB) {
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, value))
	}
	gauge("db_connections", "Open connections.", func() float64 { return float64(d.Stat().TotalConns()) })
	gauge("db_connections_used", "Connections in use.", func() float64 { return float64(d.Stat().AcquiredConns()) })
	gauge("db_connections_max", "Most connections allowed.", func() float64 { return float64(d.Stat().MaxConns()) })
	counter := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, value))
	}
	counter("db_waits_total", "Times that a connection had to be waited for.", func() float64 { return float64(d.Stat().EmptyAcquireCount()) })
	counter("db_wait_seconds_total", "Time waited for connections.", func() float64 { return d.Stat().AcquireDuration().Seconds() })
}

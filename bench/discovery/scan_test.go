package discovery

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/auth"
	"patchmanager/internal/clock"
	"patchmanager/internal/discovery"
	"patchmanager/internal/ids"
	"patchmanager/internal/runner"
	"patchmanager/internal/testkit/pgtest"
)

// BenchmarkScan is one scan of each kind of network: seconds from the order to
// the last result, addresses a second, and the processor time of this process.
func BenchmarkScan(b *testing.B) {
	db := pgtest.New(b)
	nudge := make(chan struct{}, 1)
	s := discovery.New(discovery.Deps{DB: db, Clock: clock.System(), Nudge: nudge,
		TLS: func() *tls.Config {
			return &tls.Config{RootCAs: authority.pool, Certificates: []tls.Certificate{authority.manager}, MinVersion: tls.VersionTLS13}
		},
		Resolve: func(context.Context, string) ([]string, error) { return nil, &net.DNSError{IsNotFound: true} }})
	ctx, stop := context.WithCancel(b.Context())
	var loops sync.WaitGroup
	loops.Go(func() { runner.Run(ctx, clock.System(), s.Loops()...) })
	defer loops.Wait()
	defer stop()
	for _, c := range []struct{ name, network string }{
		{"22-silent", "10.99.0.0/22"}, {"22-refused", "10.98.0.0/22"}, {"22-agents", "10.97.0.0/22"}, {"22-nobody-on-the-link", "10.100.0.0/22"},
		{"20-nobody-on-the-link", onLink}, {"16-silent", lossy}, {"16-refused", refusing}, {"16-agents", listening},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				measure(b, s, nudge, c.network)
			}
		})
	}
}

var admin = auth.Actor{UserID: ids.New(), Name: "admin", Role: auth.RoleAdmin}

func measure(b *testing.B, s *discovery.Service, nudge chan<- struct{}, network string) {
	b.Helper()
	port := agentapi.DefaultPort
	if strings.HasPrefix(network, "10.98.") {
		port++ // the agents' listener has every address; nobody listens here
	}
	used := processorTime(b)
	began := time.Now()
	d, err := s.CreateScan(b.Context(), admin, discovery.ScanOrder{Network: network, Port: port})
	require.NoError(b, err)
	select {
	case nudge <- struct{}{}: // as the database's notification does
	default:
	}
	for d.FinishedAt == nil {
		<-clock.System().After(5 * time.Millisecond)
		d, err = s.Scan(b.Context(), admin, d.ID)
		require.NoError(b, err)
	}
	took := time.Since(began)
	require.Equal(b, discovery.StateFinished, d.State)
	require.Equal(b, d.Total, d.Probed)
	b.ReportMetric(took.Seconds(), "s/scan")
	b.ReportMetric(float64(d.Total)/took.Seconds(), "addresses/s")
	b.ReportMetric((processorTime(b) - used).Seconds(), "cpu-s")
	b.ReportMetric(float64(d.Found.Ended+d.Found.Elsewhere+d.Found.Enrolled), "agents")
	b.ReportMetric(float64(d.Closed), "closed")
	b.ReportMetric(float64(d.Silent+d.Unreachable), "silent")
	b.ReportMetric(float64(d.Skipped+d.Found.Open+d.Found.OtherTLS), "missed")
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

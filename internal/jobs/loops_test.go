package jobs

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/runner"
)

// TestLoopsCarryAnOrderAndGiveClaimsBack runs the real loops: an order goes
// through without anybody making turns, and a worker that stops in the middle
// leaves its host to the next one at once, before the lease ends.
func TestLoopsCarryAnOrderAndGiveClaimsBack(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	started, release := make(chan struct{}), make(chan struct{})
	host := b.host("web-01", waiting(started, release))
	stop, accepted := b.startLoops()
	j := b.patchAll(host)
	<-started
	<-accepted
	stop()
	require.Equal(t, HostRunning, b.hostOf(j.ID, host).State)
	close(release)
	b.work(b.service(nil)) // no time has passed
	require.Equal(t, StateSucceeded, b.job(j.ID).State)
	require.Len(t, b.agents[host].Orders(), 1)
	b.requireEachEventOnce(j.ID, host, 1)
}

// startLoops runs the loops of a worker until stop.
func (b *bed) startLoops() (stop func(), accepted <-chan struct{}) {
	s, accepted := b.watched("after accept")
	s.listen = db.Listen(b.db, clock.System(), db.ChannelJobs)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go s.listen.Run(ctx)
	go func() {
		defer close(done)
		runner.Run(ctx, b.clock, s.Loops(ctx)...)
	}()
	return func() { cancel(); <-done }, accepted
}

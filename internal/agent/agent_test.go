package agent_test

import (
	"context"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agent"
	"patchmanager/internal/agent/identity"
	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/testkit/testca"
)

// asker notices when two questions are asked at once.
type asker struct {
	pkgmgr.Manager
	inside, worst atomic.Int32
}

func (a *asker) Busy(context.Context) (string, error) {
	a.worst.Store(max(a.worst.Load(), a.inside.Add(1)))
	defer a.inside.Add(-1)
	for range 1000 { // long enough to be met
		_ = os.Getpid()
	}
	return "", nil
}

func TestOneQuestionAtATime(t *testing.T) {
	a := &asker{}
	m := agent.Serialize(a)
	require.Same(t, m, agent.Serialize(m))
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { m.Busy(context.Background()) }) //nolint:errcheck // cannot fail
	}
	all.Wait()
	require.Equal(t, int32(1), a.worst.Load())
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // either answer is right, waiting is not
		m.Busy(ended) //nolint:errcheck // see above
	}
}

func TestOneAgentForAStateDirectory(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, testca.Enroll(dir, testca.New(t)))
	config := agent.Config{StateDir: dir, Manager: &asker{}, Listen: "127.0.0.1:0"}
	first, err := agent.New(config)
	require.NoError(t, err)
	_, err = agent.New(config)
	var locked *agent.LockedError
	require.ErrorAs(t, err, &locked)
	require.Equal(t, os.Getpid(), locked.PID)

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- first.Run(ctx) }()
	cancel()
	require.NoError(t, <-done)
	second, err := agent.New(config)
	require.NoError(t, err, "the directory is free again")
	go func() { done <- second.Run(ctx) }()
	require.NoError(t, <-done)
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	dir := t.TempDir()
	_, err := agent.New(agent.Config{StateDir: dir, Manager: &asker{}, Listen: "127.0.0.1:0"})
	require.ErrorIs(t, err, identity.ErrNotEnrolled)

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	require.NoError(t, testca.Enroll(dir, testca.New(t)))
	_, err = agent.New(agent.Config{StateDir: dir, Manager: &asker{}, Listen: taken.Addr().String()})
	require.ErrorContains(t, err, "address already in use")
	require.ErrorContains(t, err, "key listen")
}

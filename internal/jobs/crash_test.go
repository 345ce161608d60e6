package jobs

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/agenttest"
)

// TestWorkerKilledAtEveryStep kills a worker at its first, second, third …
// step until it survives. Each time another worker goes on once the lease has
// ended, and the history is that of one undisturbed run.
func TestWorkerKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	small := func(s *Service) { s.work.batch = 4 } // several writes of events in one run
	died := 0
	for n := 1; ; n++ {
		where := ""
		t.Run(fmt.Sprintf("step %d", n), func(t *testing.T) {
			b := newBed(t)
			host := b.host("web-01", talkative)
			j := b.patchAll(host)
			where = b.workAndDie(n, small)
			t.Logf("killed %q", where)
			b.clock.Advance(leaseTime)
			b.work(b.s)

			require.Equal(t, StateSucceeded, b.job(j.ID).State)
			require.Len(t, b.agents[host].Orders(), 1, "carried out once")
			b.requireEachEventOnce(j.ID, host, 1)
			require.Equal(t, []HostState{HostQueued, HostRunning, HostSucceeded}, b.story(j, host))
			require.Equal(t, 1, b.count("select count(*) from audit_entry where action = 'job_host.finish'"))
			require.Equal(t, 1, b.count("select count(*) from audit_entry where action = 'job.finish'"))
			require.Equal(t, 12, b.hostOf(j.ID, host).LogLines)
		})
		if where == "" || t.Failed() {
			break
		}
		died++
	}
	require.Greater(t, died, 15, "the steps of a run")
}

// TestWorkerKilledAtEveryStepOfARetry does the same for a run whose first answer
// is lost and whose host is then asked again.
func TestWorkerKilledAtEveryStepOfARetry(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		where := ""
		t.Run(fmt.Sprintf("step %d", n), func(t *testing.T) {
			b := newBed(t)
			host := b.host("web-01", talkative)
			b.agents[host].LoseAnswers(1)
			j := b.patchAll(host)
			where = b.workAndDie(n, nil)
			for range 3 {
				b.clock.Advance(retryDelays[0])
				b.work(b.s)
			}
			require.Equal(t, StateSucceeded, b.job(j.ID).State)
			require.Len(t, b.agents[host].Orders(), 1, "carried out once, killed %q", where)
			b.requireEachEventOnce(j.ID, host, 1)
		})
		if where == "" || t.Failed() {
			return
		}
	}
}

// story is what the manager itself said about a host, in order.
func (b *bed) story(j Job, host ids.ID) []HostState {
	var out []HostState
	for _, e := range b.events(j.ID, host) {
		if e.Stream == StreamManager {
			out = append(out, e.State)
		}
	}
	return out
}

func talkative(r *agenttest.Run) *agentapi.Error {
	for i := range 12 {
		r.Log("line %d", i)
	}
	return nil
}

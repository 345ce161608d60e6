package jobs

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"patchmanager/internal/ids"
)

// TestRandomHistories throws orders, dying workers, lost answers, silent hosts,
// cancellations and time at two hosts, in any order, and checks after each step
// and at the end what must hold whatever happened.
func TestRandomHistories(t *testing.T) {
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > 25 {
			return // each history takes a database; shrinking uses the same ones
		}
		t.Run(fmt.Sprint(n), func(t *testing.T) { randomHistory(t, rt) })
	})
}

func randomHistory(t *testing.T, rt *rapid.T) {
	b := newBed(t)
	hostIDs := []ids.ID{b.host("web-01", talkative), b.host("web-02", talkative)}
	down := map[ids.ID]bool{}
	var ordered []ids.ID
	for range rapid.IntRange(3, 12).Draw(rt, "steps") {
		host := rapid.SampledFrom(hostIDs).Draw(rt, "host")
		switch rapid.SampledFrom([]string{"order", "work", "die", "lose", "down", "up", "cancel", "time"}).Draw(rt, "step") {
		case "order":
			ordered = append(ordered, b.patchAll(hostIDs...).ID)
		case "work":
			b.workFor(down)
		case "die":
			b.workAndDie(rapid.IntRange(1, 40).Draw(rt, "at"), nil)
		case "lose":
			b.agents[host].LoseAnswers(1)
		case "down":
			b.agents[host].Stop()
			down[host] = true
		case "up":
			if down[host] {
				b.agents[host].Restart()
				delete(down, host)
			}
		case "cancel":
			if len(ordered) > 0 {
				_, err := b.s.Cancel(t.Context(), b.admin, rapid.SampledFrom(ordered).Draw(rt, "job"))
				if err != nil {
					requireCode(t, "job_ended", err)
				}
			}
		case "time":
			b.clock.Advance(time.Duration(rapid.SampledFrom([]int{1, 31, 61, 301, 1801}).Draw(rt, "seconds")) * time.Second)
		}
		b.requireSound()
	}
	for host := range down {
		b.agents[host].Restart()
	}
	clear(down)
	b.settleAll(len(ordered))
	b.requireTrueStory(hostIDs)
}

// workFor lets a worker work. Where a host is down a follower would wait for
// time to pass: that worker is ended as soon as one does.
func (b *bed) workFor(down map[ids.ID]bool) {
	b.t.Helper()
	if len(down) == 0 {
		b.work(b.service(nil))
		return
	}
	ctx, cancel := context.WithCancel(b.t.Context())
	s := b.service(nil)
	require.NoError(b.t, claimTurns(ctx, s))
	cancel()
	s.work.runs.Wait()
}

// settleAll lets time pass until everything has ended.
func (b *bed) settleAll(jobs int) {
	b.t.Helper()
	for range 40 + 10*jobs {
		b.work(b.service(nil))
		if b.count("select count(*) from job where finished_at is null") == 0 {
			return
		}
		b.clock.Advance(31 * time.Minute)
	}
	b.t.Fatalf("something never ends")
}

// requireSound checks what must hold at any time.
func (b *bed) requireSound() {
	b.t.Helper()
	for host, a := range b.agents {
		keys := map[string]bool{}
		for _, o := range a.Orders() {
			require.False(b.t, keys[o.Key], "host %s carried out %s twice", host, o.Key)
			keys[o.Key] = true
		}
	}
}

// requireTrueStory compares what is recorded with what the agents did.
func (b *bed) requireTrueStory(hostIDs []ids.ID) {
	b.t.Helper()
	for _, host := range hostIDs {
		done := map[string]bool{}
		for _, o := range b.agents[host].Orders() {
			done[o.Key] = true
		}
		rows, err := b.db.Query(b.t.Context(), "select id, state, run, agent_job, seq from job_host where host_id = $1", host)
		require.NoError(b.t, err)
		for rows.Next() {
			var id ids.ID
			var state HostState
			var run int
			var agentJob *string
			var seq int64
			require.NoError(b.t, rows.Scan(&id, &state, &run, &agentJob, &seq))
			key := fmt.Sprintf("%s:%d", id, run)
			switch state {
			case HostSucceeded:
				require.True(b.t, done[key], "succeeded without having been carried out")
			case HostExpired:
				require.False(b.t, done[key], "carried out and called expired")
			case HostCancelled:
				require.True(b.t, !done[key] || agentJob != nil, "carried out and called never started")
			case HostFailed: // STATE_UNKNOWN and HOST_UNREACHABLE allow either
			default:
				b.t.Errorf("%s has not ended: %s", id, state)
			}
		}
		require.NoError(b.t, rows.Err())
	}
	require.Equal(b.t, 0, b.count(`select count(*) from (select job_host_id, run, seq from job_event where seq > 0
		group by 1, 2, 3 having count(*) > 1) d`), "events stored twice")
	require.Equal(b.t, 0, b.count(`select count(*) from job_host jh where state = 'succeeded' and seq <>
		(select count(*) from job_event e where e.job_host_id = jh.id and e.run = jh.run and e.seq > 0)`), "events lost")
	require.Equal(b.t, 0, b.count(`select count(*) from job_host jh where (select count(*) from job_event e
		where e.job_host_id = jh.id and e.stream = 'manager' and e.state in ('succeeded', 'failed', 'cancelled', 'expired')) <> 1`),
		"each host ends once")
}

package jobs

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// claimAll takes everything that one worker can take now.
func (b *bed) claimAll(s *Service) (all []*claim) {
	b.t.Helper()
	for {
		claims, err := s.work.claim(b.t.Context(), maxSends)
		require.NoError(b.t, err)
		if len(claims) == 0 {
			return all
		}
		all = append(all, claims...)
	}
}

func TestTwoDispatchersNeverClaimTheSameHost(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	hostIDs := b.bareHosts(200)
	// Two jobs on the same hosts: also two rows of one host must not be held at once.
	for range 2 {
		b.order(JobInput{Kind: KindRefresh, HostIDs: hostIDs, Reboot: "never"})
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	got := map[ids.ID]int{}
	for range 2 {
		s := b.service(nil)
		wg.Go(func() {
			for {
				claims, err := s.work.claim(t.Context(), 7)
				if err != nil {
					t.Errorf("claim: %v", err)
				}
				if len(claims) == 0 {
					return
				}
				mu.Lock()
				for _, c := range claims {
					got[c.HostID]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Len(t, got, 200)
	for id, n := range got {
		require.Equal(t, 1, n, "host %s", id)
	}
}

func TestTheDatabaseItselfRefusesTwoHoldsOfAHost(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	hostIDs := b.bareHosts(1)
	b.order(JobInput{Kind: KindRefresh, HostIDs: hostIDs, Reboot: "never"})
	b.order(JobInput{Kind: KindRefresh, HostIDs: hostIDs, Reboot: "never"})
	_, err := b.db.Exec(t.Context(), `update job_host set state = 'claimed', claim_id = gen_random_uuid(), lease_until = now()`)
	require.True(t, db.IsUnique(err, "job_host_one_held_per_host"), "%v", err)
}

func TestStaleClaimChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	host := b.host("web-01", nil)
	j := b.patchAll(host)
	old := b.claimAll(b.s)[0]
	require.NoError(t, b.s.work.accept(t.Context(), &hold{claim: old}, "agent-job"))
	b.clock.Advance(leaseTime)
	other := b.service(nil)
	fresh := b.claimAll(other)
	require.Len(t, fresh, 1)
	require.NotEqual(t, old.Stamp, fresh[0].Stamp)
	before := b.rowOf(old.ID)

	w := b.s.work
	stale := *old
	job := agentapi.Job{JobID: "agent-job", Status: agentapi.JobCompleted}
	for name, write := range map[string]func() error{
		"accept": func() error { c := stale; return w.accept(t.Context(), &hold{claim: &c}, "x") },
		"finish": func() error { c := stale; return w.settle(t.Context(), &c, ending(job)) },
		"lose":   func() error { c := stale; return w.settle(t.Context(), &c, verdict{outcome: gotSilent}) },
		"requeue": func() error {
			c := stale
			return w.settle(t.Context(), &c, verdict{outcome: gotFailedPassing, code: "X"})
		},
		"events": func() error {
			f := follower{w: w, c: &claim{ID: stale.ID, Stamp: stale.Stamp, AgentJob: "agent-job"}}
			return f.keep(t.Context(), []agentapi.Event{{JobID: "agent-job", Seq: 1, Kind: agentapi.EventLog, Line: "late"}})
		},
	} {
		require.ErrorIs(t, write(), errStale, name)
		require.Equal(t, before, b.rowOf(old.ID), name)
	}
	require.NoError(t, toldCancel(t.Context(), b.db, &stale, b.clock.Now()))
	require.NoError(t, releaseClaims(t.Context(), b.db, []ids.ID{stale.Stamp}, b.clock.Now()))
	held, err := renewClaims(t.Context(), b.db, []ids.ID{stale.Stamp}, b.clock.Now())
	require.NoError(t, err)
	require.Empty(t, held)
	require.Equal(t, before, b.rowOf(old.ID))
	require.Equal(t, 0, b.count("select count(*) from job_event where line = 'late'"))
	require.Equal(t, StateQueued, b.job(j.ID).State, "nobody rolled up")
}

// rowOf is a job host with every column, as text.
func (b *bed) rowOf(id ids.ID) (row string) {
	b.t.Helper()
	require.NoError(b.t, b.db.QueryRow(b.t.Context(), "select jh::text from job_host jh where id = $1", id).Scan(&row))
	return row
}

func TestRenewedLeaseIsNotTakenOver(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.order(JobInput{Kind: KindRefresh, HostIDs: b.bareHosts(1), Reboot: "never"})
	c := b.claimAll(b.s)[0]
	for range 5 {
		b.clock.Advance(renewEvery)
		held, err := renewClaims(t.Context(), b.db, []ids.ID{c.Stamp}, b.clock.Now())
		require.NoError(t, err)
		require.Len(t, held, 1)
		require.Empty(t, b.claimAll(b.service(nil)))
	}
	b.clock.Advance(leaseTime - time.Millisecond)
	require.Empty(t, b.claimAll(b.service(nil)))
	b.clock.Advance(time.Millisecond)
	require.Len(t, b.claimAll(b.service(nil)), 1)
}

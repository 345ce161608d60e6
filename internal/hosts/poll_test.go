package hosts_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/audit"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/agenttest"
)

func TestFirstPollsTellEverything(t *testing.T) {
	b := newBed(t)
	a, id := b.agentFor("web1")
	a.SetInfo(func(i *agentapi.SystemInfo) {
		i.PendingReboot, i.RebootReasons = true, []string{"linux-image-6.1"}
		i.Repositories = []agentapi.Repository{{URI: "http://deb.example.org/debian", Suite: "bookworm", Security: true}}
		i.Held = []string{"nginx"}
	})
	h := b.get(id)
	require.Equal(t, hosts.Unknown, h.State)
	require.Nil(t, h.Pending)
	require.Nil(t, h.RebootNeeded)
	require.True(t, h.Refreshing)
	b.poll()
	h = b.get(id)
	require.Equal(t, hosts.Healthy, h.State)
	require.Equal(t, "1.0.0", h.AgentVersion)
	require.Equal(t, "boot-1", h.BootID)
	require.True(t, *h.RebootNeeded)
	require.Equal(t, []string{"linux-image-6.1"}, h.RebootReasons)
	require.Equal(t, []string{"nginx"}, h.Held)
	require.Equal(t, "bookworm", h.Repositories[0].Suite)
	require.True(t, *h.PackageDBClean)
	require.Contains(t, h.Capabilities, "apply")
	require.Equal(t, start, *h.LastSeenAt)
	require.False(t, h.Refreshing)
	require.Equal(t, start, *h.RefreshedAt)
	require.Equal(t, 1, b.fake.count())
}

func TestThreeFailuresBeforeUnreachableAndNoFactIsLost(t *testing.T) {
	b := newBed(t)
	a, id := b.agentFor("web1")
	b.poll()
	a.Stop()
	want := []hosts.State{hosts.Degraded, hosts.Degraded, hosts.Unreachable, hosts.Unreachable}
	for i, state := range want {
		b.clock.Advance(time.Hour)
		b.poll()
		h := b.get(id)
		require.Equal(t, state, h.State, "after failure %d: %s", i+1, h.StateReason)
		require.Contains(t, h.StateReason, "No answer")
		require.Equal(t, start, *h.LastSeenAt, "the age of what is known is kept")
		require.Equal(t, "6.1.0-1-amd64", h.Kernel)
		require.NotNil(t, h.RebootNeeded)
	}
	a.Restart()
	b.clock.Advance(time.Hour)
	b.poll()
	require.Equal(t, hosts.Healthy, b.get(id).State)
	line, err := b.svc.Timeline(t.Context(), everything, id, 1, 50)
	require.NoError(t, err)
	var changes []string
	for _, i := range line.Items {
		changes = append(changes, i.Title)
	}
	require.Equal(t, []string{"unreachable → healthy", "degraded → unreachable", "healthy → degraded", "unknown → healthy"}, changes)
}

func TestDegradedIsShownWithItsReasons(t *testing.T) {
	b := newBed(t)
	a, id := b.agentFor("web1")
	a.SetHealth(func(h *agentapi.Health) {
		h.Status, h.Reasons = agentapi.HealthDegraded, []string{"dpkg was interrupted."}
	})
	b.poll()
	h := b.get(id)
	require.Equal(t, hosts.Degraded, h.State)
	require.Equal(t, "dpkg was interrupted.", h.StateReason)
}

func TestWrongCertificateIsDegradedAtOnceAndTeachesNothing(t *testing.T) {
	b := newBed(t)
	id := b.host("web1", agentclient.Target{Address: "192.0.2.1", Port: 1})
	other := b.ca.Issue(agentclient.HostURI(ids.New()), x509.ExtKeyUsageServerAuth)
	a := agenttest.Start(t, agenttest.Options{CA: b.ca, HostID: id, Clock: b.clock, Certificate: &other})
	_, err := b.db.Exec(t.Context(), "update host set address = $1, port = $2", a.Target().Address, a.Target().Port)
	require.NoError(t, err)
	b.poll()
	h := b.get(id)
	require.Equal(t, hosts.Degraded, h.State)
	require.Contains(t, h.StateReason, "certificate")
	require.Nil(t, h.LastSeenAt)
	require.Empty(t, h.Kernel)
	require.Zero(t, a.Calls("GET /health"), "nothing is asked of a server that is not the host")
}

func TestPatchesThatKeepFailingDegradeAHostThatAnswers(t *testing.T) {
	b := newBed(t)
	_, id := b.agentFor("web1")
	b.fake.fail(errors.New("the package database is locked"))
	for range 4 {
		b.poll()
		b.clock.Advance(time.Hour)
	}
	h := b.get(id)
	require.Equal(t, hosts.Degraded, h.State)
	require.Contains(t, h.StateReason, "the package database is locked")
	b.fake.fail(nil)
	b.poll()
	b.clock.Advance(time.Hour)
	b.poll()
	require.Equal(t, hosts.Healthy, b.get(id).State)
}

func TestTwoWorkersNeverPollTheSameHost(t *testing.T) {
	b := newBed(t)
	second := b.service()
	var want []ids.ID
	for range 40 {
		_, id := b.agentFor("host-" + ids.New().String())
		want = append(want, id)
	}
	var wg sync.WaitGroup
	for _, s := range []*hosts.Service{b.svc, second} {
		wg.Go(func() { drain(t, s) })
	}
	wg.Wait()
	require.ElementsMatch(t, want, b.fake.asked)
}

func TestADeadWorkerIsFollowedAfterItsLeaseAndChangesNothingLate(t *testing.T) {
	b := newBed(t)
	a, id := b.agentFor("web1")
	hold, held := make(chan struct{}), make(chan struct{})
	var once sync.Once
	a.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == agentapi.BasePath+"/health" {
			wait := false
			once.Do(func() { wait = true })
			if wait {
				close(held)
				<-hold
			}
		}
		return false
	})
	first := b.svc.Loops()[0]
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := first.Once(t.Context())
		assert.NoError(t, err)
	})
	<-held // the first worker hangs in the middle of its call, and claims nothing more
	second := b.service()
	b.clock.Advance(time.Minute)
	drain(t, second)
	require.Equal(t, hosts.Unknown, b.get(id).State, "the lease still runs")
	b.clock.Advance(3 * time.Minute)
	a.SetHealth(func(h *agentapi.Health) { h.Version = "2.0.0" })
	drain(t, second)
	require.Equal(t, "2.0.0", b.get(id).AgentVersion)
	a.SetHealth(func(h *agentapi.Health) { h.Version = "late" })
	close(hold)
	wg.Wait()
	drain(t, b.svc)
	require.Equal(t, "2.0.0", b.get(id).AgentVersion, "the late answer of the first worker counts no more")
}

func TestAStoppedWorkerGivesItsPollsBack(t *testing.T) {
	b := newBed(t)
	a, id := b.agentFor("web1")
	held := make(chan struct{}, 3)
	a.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		held <- struct{}{}
		<-r.Context().Done()
		return true
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for again := true; again && ctx.Err() == nil; {
			again, _ = b.svc.Loops()[0].Once(ctx)
		}
	}()
	<-held
	cancel()
	<-done
	a.Intercept(nil)
	drain(t, b.service()) // no time has passed: no lease has ended
	require.Equal(t, hosts.Healthy, b.get(id).State)
}

func TestRefreshIsDoneByAnAttemptThatBeganAfterIt(t *testing.T) {
	b := newBed(t)
	a, id := b.agentFor("web1")
	b.poll()
	b.clock.Advance(time.Minute)
	entered, hold := make(chan struct{}), make(chan struct{})
	var once sync.Once
	a.Intercept(func(http.ResponseWriter, *http.Request) bool {
		once.Do(func() { close(entered) })
		<-hold
		return false
	})
	first, err := b.svc.Refresh(t.Context(), admin(), id)
	require.NoError(t, err)
	asked, _, err := audit.ForTarget(t.Context(), b.db, "host", id.String(), 1, 0)
	require.NoError(t, err)
	require.Equal(t, "host.refresh", asked[0].Action)
	var wg sync.WaitGroup
	wg.Go(func() { drain(t, b.svc) })
	<-entered
	b.clock.Advance(time.Second)
	second, err := b.svc.Refresh(t.Context(), admin(), id)
	require.NoError(t, err)
	require.True(t, b.get(id).Refreshing)
	close(hold)
	wg.Wait()
	h := b.get(id)
	require.False(t, h.Refreshing)
	require.True(t, second.After(first))
	require.False(t, h.RefreshedAt.Before(second), "the answer to the first attempt may be older than the second request")
}

func TestRebootMakesTheInventoryDueAtOnce(t *testing.T) {
	b := newBed(t)
	a, _ := b.agentFor("web1")
	b.poll()
	before := a.Calls("GET /system/info")
	a.SetHealth(func(h *agentapi.Health) { h.BootID = "boot-2" })
	b.clock.Advance(6 * time.Minute) // health is due, inventory is not
	b.poll()
	b.poll()
	require.Equal(t, before+1, a.Calls("GET /system/info"))
}

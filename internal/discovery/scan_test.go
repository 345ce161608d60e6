package discovery

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/agenttest"
	"patchmanager/internal/testkit/fakeclock"
)

func TestAScanTellsWhoIsWhere(t *testing.T) {
	b := newBed(t)
	web, webCert := b.host("web1", "192.0.2.10")
	_, multi := b.host("multi", "192.0.2.11")
	b.exec(`insert into host_detail (host_id, virtualization, addresses, repositories, reboot_reasons, services_to_restart, package_db_clean, package_db_problems, held, updated_at)
		select id, '', '{198.51.100.1/24,192.0.2.12}', '[]', '{}', '{}', true, '{}', '{}', now() from host where name = 'multi'`)
	gone, goneCert := b.host("gone", "192.0.2.13")
	b.exec("update host set removed_at = now() where id = $1", gone)
	again, old := b.host("again", "192.0.2.14")
	b.exec("update ca_certificate set revoked_at = now() where host_id = $1", again)

	b.agent("192.0.2.10", webCert)
	b.agent("192.0.2.12", multi)
	b.agent("192.0.2.13", goneCert)
	b.agent("192.0.2.14", old)
	b.agent("192.0.2.15", webCert)
	b.agent("192.0.2.16", b.ca.HostCertificate(ids.New()))
	b.agent("192.0.2.17", agenttest.NewCA(t).HostCertificate(web))
	b.banner("192.0.2.20", "SSH-2.0-x\r\n")
	b.at("192.0.2.30", dropped)
	b.at("192.0.2.31", noWay)

	d := b.scan(ScanOrder{Network: "192.0.2.0/24", ReverseDNS: true})
	require.Equal(t, StateQueued, d.State)
	require.Equal(t, 12443, d.Port)
	require.Equal(t, 254, d.Total)
	b.run(b.svc)

	d = b.get(d.ID)
	require.Equal(t, StateFinished, d.State)
	require.Equal(t, DiscoveryCounts{Enrolled: 2, Elsewhere: 1, Ended: 3, OtherAgent: 1, Open: 1}, d.Found)
	require.Equal(t, []int{254, 254 - 10, 1, 1, 0}, []int{d.Probed, d.Closed, d.Silent, d.Unreachable, d.Skipped})
	require.NotNil(t, d.StartedAt)
	require.NotNil(t, d.FinishedAt)
	require.Nil(t, d.Rate, "nothing is under way")
	require.Equal(t, "discovery.finish", b.lastEntry().Action)
	require.Contains(t, string(b.lastEntry().Details), `"elsewhere":1`)

	r := b.results(d.ID, ResultFilter{})
	require.Len(t, r, 8)
	require.Equal(t, KindEnrolled, r["192.0.2.10"].Kind)
	require.Equal(t, &DiscoveredHost{ID: web, Name: "web1"}, r["192.0.2.10"].Host)
	require.Empty(t, r["192.0.2.10"].Note)
	require.Equal(t, KindEnrolled, r["192.0.2.12"].Kind, "its own agent says that the address is its own")
	require.Equal(t, KindEnded, r["192.0.2.13"].Kind)
	require.True(t, r["192.0.2.13"].Host.Removed)
	require.True(t, r["192.0.2.13"].Registrable)
	require.Contains(t, r["192.0.2.13"].Note, "was removed")
	require.Equal(t, KindEnded, r["192.0.2.14"].Kind)
	require.Contains(t, r["192.0.2.14"].Note, "revoked")
	require.False(t, r["192.0.2.14"].Registrable, "a host is registered there")
	require.Equal(t, KindElsewhere, r["192.0.2.15"].Kind)
	require.Contains(t, r["192.0.2.15"].Note, "192.0.2.10")
	require.Contains(t, r["192.0.2.15"].Note, "clone")
	require.False(t, r["192.0.2.15"].Registrable)
	require.Contains(t, r["192.0.2.16"].Note, "does not know")
	require.Nil(t, r["192.0.2.16"].Host)
	require.Equal(t, KindOtherAgent, r["192.0.2.17"].Kind)
	require.Equal(t, "CN=Test CA", r["192.0.2.17"].Issuer)
	require.Equal(t, "db1.example.com", r["192.0.2.20"].Name)
	require.Contains(t, r["192.0.2.20"].Note, "SSH-2.0-x")

	require.Len(t, b.results(d.ID, ResultFilter{Kinds: []Kind{KindOpen, KindElsewhere}}), 2)
	yes := true
	require.Len(t, b.results(d.ID, ResultFilter{Registrable: &yes}), 4)
	for _, q := range []string{"db1.exam", "192.0.2.20", "SSH-2.0"} {
		require.Len(t, b.results(d.ID, ResultFilter{Query: q}), 1, q)
	}
	require.Len(t, b.results(d.ID, ResultFilter{Query: "web1"}), 2)
	require.Empty(t, b.results(d.ID, ResultFilter{Query: "100%"}))
}

func TestAListWithIPv6IsScanned(t *testing.T) {
	b := newBed(t)
	b.banner("2001:db8::5", "hello there\r\n")
	d := b.scan(ScanOrder{Addresses: []string{"2001:db8::5", "192.0.2.1"}, Port: 22})
	b.run(b.svc)
	r := b.results(d.ID, ResultFilter{})
	require.Len(t, r, 1)
	require.Equal(t, KindOpen, r["2001:db8::5"].Kind)
	require.Equal(t, 1, b.get(d.ID).Closed)
	require.Equal(t, "2001:db8::5 and 1 more", b.get(d.ID).Targets)
}

// TestAWorkerThatDiesIsFollowed: the next worker goes on after the last stored
// address; what the first one still has in mind counts for nothing.
func TestAWorkerThatDiesIsFollowed(t *testing.T) {
	b := newBed(t)
	b.banner("192.0.2.2", "first part")
	b.banner("192.0.2.200", "second part")
	for i := 101; i < 110; i++ {
		b.at(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}).String(), hangs)
	}
	d := b.scan(ScanOrder{Network: "192.0.2.0/24"})

	dying, err := db.Open(t.Context(), b.db.Config().ConnString(), db.Options{})
	require.NoError(t, err)
	first := b.worker(dying, b.clock)
	first.scanner.prober.answerTime = time.Hour
	ctx, kill := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- drain(ctx, first) }()
	b.eventually(func() bool { return b.get(d.ID).Probed == 100 })
	dying.Close() // it can write nothing any more
	kill()
	require.NoError(t, <-ended)
	require.Equal(t, StateRunning, b.get(d.ID).State)

	b.mu.Lock()
	before := map[netip.Addr]int{}
	for a, n := range b.dialled {
		before[a] = n
	}
	clear(b.there)
	b.mu.Unlock()
	b.banner("192.0.2.2", "first part")
	b.banner("192.0.2.200", "second part")
	second := b.worker(b.db, b.clock)
	b.run(second) // nothing yet: the lease holds
	require.Equal(t, 100, b.get(d.ID).Probed)
	b.clock.Advance(leaseTime)
	b.run(second)

	d = b.get(d.ID)
	require.Equal(t, StateFinished, d.State)
	require.Equal(t, []int{254, 252, 2}, []int{d.Probed, d.Closed, d.Found.Open})
	require.Len(t, b.results(d.ID, ResultFilter{}), 2)
	for i := range 100 {
		a := netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)})
		require.Equal(t, before[a], b.dialled[a], "%s was not probed twice", a)
	}
}

func (b *bed) eventually(so func() bool) {
	b.t.Helper()
	require.Eventually(b.t, so, time.Minute, 5*time.Millisecond)
}

// TestALateWorkerChangesNothing: a worker that was taken for dead finds out with
// its next write, and stops.
func TestALateWorkerChangesNothing(t *testing.T) {
	b := newBed(t)
	b.others = hangs
	d := b.scan(ScanOrder{Network: "192.0.2.0/28"})
	slow := b.worker(b.db, b.clock)
	slow.scanner.prober.answerTime = time.Hour
	c, err := slow.claim(t.Context())
	require.NoError(t, err)
	require.Len(t, c, 1)

	b.clock.Advance(leaseTime)
	b.mu.Lock()
	b.others = refuses
	b.mu.Unlock()
	b.run(b.worker(b.db, b.clock))
	require.Equal(t, StateFinished, b.get(d.ID).State)

	err = slow.advance(t.Context(), progress{claim: c[0], outcomes: []outcome{{address: netip.MustParseAddr("192.0.2.1"),
		sighting: sighting{kind: KindOpen}}}, until: b.clock.Now().Add(time.Hour)})
	require.ErrorIs(t, err, errLost)
	require.Empty(t, b.results(d.ID, ResultFilter{}))
	require.Equal(t, 14, b.get(d.ID).Closed)
}

// TestTwoWorkersShareWhatWaits: each scan is carried out once, two at a time.
func TestTwoWorkersShareWhatWaits(t *testing.T) {
	b := newBed(t)
	var all []DiscoveryScan
	for range 5 {
		all = append(all, b.scan(ScanOrder{Network: "198.51.100.0/24"}))
	}
	second := b.worker(b.db, b.clock)
	done := make(chan error, 1)
	go func() { done <- drain(t.Context(), second) }()
	b.run(b.svc)
	require.NoError(t, <-done)
	b.run(b.svc) // what the other one had just begun was not there for this one
	for _, d := range all {
		require.Equal(t, StateFinished, b.get(d.ID).State)
		require.Equal(t, 254, b.get(d.ID).Closed)
	}
	for a, n := range b.dialled {
		require.Equal(t, 5, n, "%s: once for each scan", a)
	}
}

func TestAtMostTwoRunAtOnce(t *testing.T) {
	b := newBed(t)
	var made []ids.ID
	for range 3 {
		made = append(made, b.scan(ScanOrder{Network: "192.0.2.0/28"}).ID)
	}
	first, err := b.svc.claim(t.Context())
	require.NoError(t, err)
	require.Len(t, first, maxRunning)
	more, err := b.worker(b.db, b.clock).claim(t.Context())
	require.NoError(t, err)
	require.Empty(t, more)
	require.Equal(t, StateQueued, b.get(made[2]).State, "the last one waits")

	b.clock.Advance(leaseTime)
	again, err := b.svc.claim(t.Context())
	require.NoError(t, err)
	require.Len(t, again, 2)
	require.ElementsMatch(t, made[:2], []ids.ID{again[0].ID, again[1].ID}, "what was begun goes before what waits")
	require.NotEqual(t, first[0].Stamp, again[0].Stamp)
}

func TestNobodyTakesUpForEverWhatDoesNotGoOn(t *testing.T) {
	b := newBed(t)
	d := b.scan(ScanOrder{Network: "192.0.2.0/28"})
	for range maxAttempts {
		taken, err := b.svc.claim(t.Context())
		require.NoError(t, err)
		require.Len(t, taken, 1)
		b.clock.Advance(leaseTime)
	}
	taken, err := b.svc.claim(t.Context())
	require.NoError(t, err)
	require.Empty(t, taken)
	require.Equal(t, StateFailed, b.get(d.ID).State)
	require.Contains(t, b.get(d.ID).Failure, "5 workers in a row")
	require.Equal(t, "discovery.fail", b.lastEntry().Action)
}

// TestCancellingStopsWithTheNextWrite: with every address hanging, one write
// after the cancellation ends the work.
func TestCancellingStopsWithTheNextWrite(t *testing.T) {
	require.Less(t, flushEvery, time.Second, "a cancelled scan stops within a second")
	b := newBed(t)
	b.others = hangs
	still := fakeclock.New(b.clock.Now())
	worker := b.worker(b.db, still)
	worker.scanner.prober.answerTime = time.Hour
	d := b.scan(ScanOrder{Network: "10.1.0.0/16"})
	ended := make(chan error, 1)
	go func() { ended <- drain(t.Context(), worker) }()
	still.BlockUntil(2) // the loop's tick, and the run's
	require.Equal(t, StateRunning, b.get(d.ID).State)

	cancelled, err := b.svc.CancelScan(t.Context(), admin(), d.ID)
	require.NoError(t, err)
	require.Equal(t, StateCancelled, cancelled.State)
	require.Equal(t, "discovery.cancel", b.lastEntry().Action)
	still.Advance(flushEvery)
	require.NoError(t, <-ended)
	require.Empty(t, worker.scanner.prober.connects, "no connection is left")

	_, err = b.svc.CancelScan(t.Context(), admin(), d.ID)
	require.Equal(t, "scan_ended", refusal(t, err).Code)
	require.Equal(t, 0, b.get(d.ID).Probed)

	waiting := b.scan(ScanOrder{Network: "192.0.2.0/28"})
	_, err = b.svc.CancelScan(t.Context(), admin(), waiting.ID)
	require.NoError(t, err)
	b.run(b.svc)
	require.Equal(t, StateCancelled, b.get(waiting.ID).State, "one that waits never begins")
	require.Nil(t, b.get(waiting.ID).StartedAt)
}

func TestAWorkerThatStopsGivesItsScanBack(t *testing.T) {
	b := newBed(t)
	b.at("192.0.2.5", hangs)
	b.svc.scanner.prober.answerTime = time.Hour
	d := b.scan(ScanOrder{Network: "192.0.2.0/24"})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- drain(ctx, b.svc) }()
	b.eventually(func() bool { return b.get(d.ID).Probed == 4 })
	stop()
	require.NoError(t, <-ended)
	require.Equal(t, StateRunning, b.get(d.ID).State)
	require.Nil(t, b.get(d.ID).Rate, "nobody has it")
	b.at("192.0.2.5", refuses)
	second := b.worker(b.db, b.clock)
	b.run(second)
	require.Equal(t, StateFinished, b.get(d.ID).State, "without waiting for a lease")
	require.Equal(t, 254, b.get(d.ID).Closed)
}

func TestProgressSaysRateAndTimeLeft(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r := rate{at: start}
	require.Nil(t, r.step(start.Add(time.Millisecond), 10), "too short to tell")
	require.InDelta(t, 500, *r.step(start.Add(time.Second), 500), 0.1)
	require.InDelta(t, 625, *r.step(start.Add(2*time.Second), 1500), 0.1)
	v := 100.0
	d := DiscoveryScan{State: StateRunning, Total: 1000, Probed: 250, Rate: &v}
	d.estimate(true)
	require.Equal(t, 8, *d.SecondsLeft)
	d.SecondsLeft = nil
	d.estimate(false)
	require.Nil(t, d.SecondsLeft)
	require.Nil(t, d.Rate)
}

func TestWhatIsFarAheadWaits(t *testing.T) {
	b := newBed(t)
	b.at("10.1.0.1", hangs)
	b.svc.scanner.prober.answerTime = time.Hour
	d := b.scan(ScanOrder{Network: "10.1.0.0/16"})
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() { ended <- drain(ctx, b.svc) }()
	b.eventually(func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.dialled) == window
	})
	b.eventually(func() bool { return len(b.svc.scanner.prober.connects) == 1 })
	stop()
	require.NoError(t, <-ended)
	require.Len(t, b.dialled, window, "what is ahead of one that hangs is bounded")
	require.Zero(t, b.get(d.ID).Probed)
}

func TestScansAreForAdmins(t *testing.T) {
	b := newBed(t)
	d := b.scan(ScanOrder{Network: "192.0.2.0/28"})
	auditor := auth.Actor{UserID: ids.New(), Role: auth.RoleAuditor}
	operator := auth.Actor{UserID: ids.New(), Role: auth.RoleOperator}
	narrow := admin()
	narrow.TokenID, narrow.Groups = ids.New(), []ids.ID{ids.New()}
	for _, a := range []auth.Actor{{}, operator, narrow, auditor} {
		_, err := b.svc.CreateScan(t.Context(), a, ScanOrder{Network: "192.0.2.0/28"})
		require.Error(t, err)
		_, err = b.svc.CancelScan(t.Context(), a, d.ID)
		require.Error(t, err)
		_, err = b.svc.RegisterFound(t.Context(), a, d.ID, DiscoveryRegistration{Addresses: []string{"192.0.2.1"}})
		require.Error(t, err)
	}
	for _, a := range []auth.Actor{{}, operator, narrow} {
		_, err := b.svc.Scans(t.Context(), a)
		require.Error(t, err)
		_, err = b.svc.Scan(t.Context(), a, d.ID)
		require.Error(t, err)
		_, err = b.svc.Results(t.Context(), a, d.ID, ResultFilter{Page: 1, PageSize: 10})
		require.Error(t, err)
	}
	list, err := b.svc.Scans(t.Context(), auditor)
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	_, err = b.svc.Scan(t.Context(), admin(), ids.New())
	require.Equal(t, 404, refusal(t, err).Status)
	_, err = b.svc.Results(t.Context(), admin(), ids.New(), ResultFilter{Page: 1, PageSize: 10})
	require.Equal(t, 404, refusal(t, err).Status)
}

func TestOrdersAreCheckedBoundedAndWrittenDown(t *testing.T) {
	b := newBed(t)
	_, err := b.svc.CreateScan(t.Context(), admin(), ScanOrder{Network: "10.0.0.0/8"})
	require.Equal(t, "cidr", refusal(t, err).Details[0].Field)
	_, err = b.svc.CreateScan(t.Context(), admin(), ScanOrder{Network: "192.0.2.0/24", Port: 70000})
	require.Equal(t, "port", refusal(t, err).Details[0].Field)
	for range maxOpen {
		b.scan(ScanOrder{Network: "192.0.2.0/28"})
	}
	e := b.lastEntry()
	require.Equal(t, "discovery.scan", e.Action)
	require.Equal(t, "192.0.2.0/28", e.Target.Name)
	require.Contains(t, string(e.Details), `"addresses":14`)
	_, err = b.svc.CreateScan(t.Context(), admin(), ScanOrder{Network: "192.0.2.0/28"})
	require.Equal(t, "scans_waiting", refusal(t, err).Code)

	c := newBed(t)
	c.breakAudit()
	_, err = c.svc.CreateScan(t.Context(), admin(), ScanOrder{Network: "192.0.2.0/28"})
	require.Error(t, err)
	require.Zero(t, c.one("select count(*) from discovery_scan"), "no scan without its entry")
}

func TestOldScansGo(t *testing.T) {
	b := newBed(t)
	b.banner("192.0.2.1", "anything")
	old := b.scan(ScanOrder{Network: "192.0.2.1"})
	b.run(b.svc)
	require.Len(t, b.results(old.ID, ResultFilter{}), 1)
	b.clock.Advance(keepFor + time.Hour)
	for range keepScans + 3 {
		b.clock.Advance(time.Minute)
		d := b.scan(ScanOrder{Network: "198.51.100.1"})
		_, err := b.svc.CancelScan(t.Context(), admin(), d.ID)
		require.NoError(t, err)
	}
	waits := b.scan(ScanOrder{Network: "198.51.100.1"})
	require.NoError(t, b.svc.Prune(t.Context()))
	list, err := b.svc.Scans(t.Context(), admin())
	require.NoError(t, err)
	require.Len(t, list.Items, keepScans+1)
	require.Equal(t, waits.ID, list.Items[0].ID, "one that waits is not counted")
	require.Zero(t, b.one("select count(*) from discovery_result"), "and their results with them")
	e := b.lastEntry()
	require.Equal(t, "discovery.prune", e.Action)
	require.Contains(t, string(e.Details), `"scans":4`)
	require.NoError(t, b.svc.Prune(t.Context()))
	require.Equal(t, e.ID, b.lastEntry().ID, "nothing done, nothing said")
}

// TestTheDatabaseMayGoAwayMeanwhile: a write that fails is tried again; nothing
// is lost and nothing counted twice.
func TestTheDatabaseMayGoAwayMeanwhile(t *testing.T) {
	b := newBed(t)
	b.banner("192.0.2.1", "anything")
	stay := make(chan struct{})
	b.at("192.0.2.254", func(context.Context, netip.AddrPort) (net.Conn, error) {
		<-stay
		return refuses(t.Context(), netip.AddrPort{})
	})
	still := fakeclock.New(b.clock.Now())
	worker := b.worker(b.db, still)
	worker.scanner.prober.answerTime = time.Hour
	d := b.scan(ScanOrder{Network: "192.0.2.0/24"})
	ended := make(chan error, 1)
	go func() { ended <- drain(t.Context(), worker) }()
	flush := func() {
		still.BlockUntil(2) // the loop's tick, and the run's
		still.Advance(flushEvery)
	}
	for b.get(d.ID).Probed < 253 {
		flush()
	}
	b.exec("alter table discovery_result rename to discovery_result_away")
	b.exec("alter table discovery_scan rename to discovery_scan_away")
	for range 3 {
		flush()
	}
	still.BlockUntil(2)
	b.exec("alter table discovery_scan_away rename to discovery_scan")
	b.exec("alter table discovery_result_away rename to discovery_result")
	close(stay)
	require.NoError(t, <-ended)
	require.Equal(t, StateFinished, b.get(d.ID).State)
	require.Equal(t, 253, b.get(d.ID).Closed)
	require.Len(t, b.results(d.ID, ResultFilter{}), 1)
}

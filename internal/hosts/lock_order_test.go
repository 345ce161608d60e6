package hosts_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/agenttest"
)

// Whoever waits for a poll holds nothing that comes after it, or two of them could
// wait for each other: the polls of a host in the order of their kinds, then the host.
func TestPollsAndHostsAreTakenInOneOrder(t *testing.T) {
	acts := map[string]struct {
		held string // the poll that somebody else holds
		act  func(b *bed, a *agenttest.Agent, id ids.ID) error
	}{
		"asked for fresh facts": {"health", func(b *bed, _ *agenttest.Agent, id ids.ID) error {
			_, err := b.svc.Refresh(b.t.Context(), admin(), id)
			return err
		}},
		"given another address": {"health", func(b *bed, _ *agenttest.Agent, id ids.ID) error {
			at := "192.0.2.99"
			_, err := b.svc.Update(b.t.Context(), admin(), id, hosts.HostChange{Address: &at})
			return err
		}},
		"asked for fresh facts with others": {"health", func(b *bed, _ *agenttest.Agent, id ids.ID) error {
			_, err := b.svc.RefreshMany(b.t.Context(), admin(), hosts.Target{HostIDs: []ids.ID{id}})
			return err
		}},
		"removed with others": {"health", func(b *bed, _ *agenttest.Agent, id ids.ID) error {
			_, err := b.svc.RemoveMany(b.t.Context(), fresh(), hosts.Target{HostIDs: []ids.ID{id}})
			return err
		}},
		"removed": {"health", func(b *bed, _ *agenttest.Agent, id ids.ID) error {
			return b.svc.Remove(b.t.Context(), admin(), id)
		}},
		"enrolled again": {"health", func(b *bed, _ *agenttest.Agent, id ids.ID) error {
			return b.db.InTx(b.t.Context(), func(tx db.Tx) error {
				_, err := hosts.Attach(b.t.Context(), tx, &id, hosts.Enrolled{Name: "web1", MachineID: "web1", Address: "192.0.2.1", Port: 1}, b.clock.Now())
				return err
			})
		}},
		"found restarted": {"inventory", func(b *bed, a *agenttest.Agent, _ ids.ID) error {
			a.SetHealth(func(h *agentapi.Health) { h.BootID = "boot-2" })
			b.clock.Advance(6 * time.Minute) // health is due, the others are not
			return pollAll(b.t.Context(), b.svc)
		}},
	}
	for name, c := range acts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t)
			a, id := b.agentFor("web1")
			b.poll()
			b.behindEachOther(id)
			b.whileHeld(id, c.held, func() error { return c.act(b, a, id) })
		})
	}
}

// behindEachOther puts the polls of a host into the table in the opposite order:
// a statement that locks them as it finds them takes the last kind first.
func (b *bed) behindEachOther(id ids.ID) {
	b.t.Helper()
	for _, kind := range []string{"patches", "inventory", "health"} {
		_, err := b.db.Exec(b.t.Context(), "update host_poll set error = error where host_id = $1 and kind = $2", id, kind)
		require.NoError(b.t, err)
	}
}

// whileHeld lets act run into a poll that is held, and takes what comes after it.
func (b *bed) whileHeld(id ids.ID, kind string, act func() error) {
	b.t.Helper()
	ctx := b.t.Context()
	done := make(chan error, 1)
	err := b.db.InTx(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "select from host_poll where host_id = $1 and kind = $2 for update", id, kind)
		require.NoError(b.t, err)
		go func() { done <- act() }()
		b.awaitWaiter(done)
		_, err = tx.Exec(ctx, "select from host_poll where host_id = $1 and kind > $2 for update nowait", id, kind)
		if assert.NoError(b.t, err, "the polls after it") {
			_, err = tx.Exec(ctx, "select from host where id = $1 for update nowait", id)
			assert.NoError(b.t, err, "the host after them")
		}
		return err
	})
	require.NoError(b.t, err)
	require.NoError(b.t, <-done)
}

// awaitWaiter returns once somebody waits for a lock in this database.
func (b *bed) awaitWaiter(done <-chan error) {
	b.t.Helper()
	for waiting := false; !waiting; {
		require.Empty(b.t, done, "it was to wait")
		require.NoError(b.t, b.db.QueryRow(b.t.Context(),
			"select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')").Scan(&waiting))
	}
}

func pollAll(ctx context.Context, s *hosts.Service) error {
	loop := s.Loops()[0]
	for {
		again, err := loop.Once(ctx)
		if err != nil || !again {
			return err
		}
	}
}

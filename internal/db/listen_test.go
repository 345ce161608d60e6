package db_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/clock"
	"patchmanager/internal/db"
	"patchmanager/internal/testkit/pgtest"
)

// connect comes after Subscribe where a test counts the nudges.
func connect(t *testing.T, l *db.Listener) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); l.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
}

func notify(t *testing.T, d *db.DB, channel, payload string) {
	require.NoError(t, d.InTx(t.Context(), func(tx db.Tx) error {
		return db.Notify(t.Context(), tx, channel, payload)
	}))
}

func TestNotificationsReachTheSubscribersOfTheirChannel(t *testing.T) {
	d := pgtest.New(t)
	l := db.Listen(d, clock.System(), "a", "b")
	first, second, other := l.Subscribe(t.Context(), "a"), l.Subscribe(t.Context(), "a"), l.Subscribe(t.Context(), "b")
	connect(t, l)
	for _, ch := range []<-chan string{first, second, other} {
		require.Empty(t, <-ch, "each connect says: look at everything")
	}
	notify(t, d, "a", "1")
	notify(t, d, "b", "2")
	require.Equal(t, "1", <-first)
	require.Equal(t, "1", <-second)
	require.Equal(t, "2", <-other)
}

func TestALostConnectionEndsInANudge(t *testing.T) {
	d := pgtest.New(t)
	l := db.Listen(d, clock.System(), "a")
	ch := l.Subscribe(t.Context(), "a")
	connect(t, l)
	require.Empty(t, <-ch)
	var killed int
	require.NoError(t, d.QueryRow(t.Context(), `select count(*) filter (where pg_terminate_backend(pid))
		from pg_stat_activity where datname = current_database() and application_name like '% listen'`).Scan(&killed))
	require.Equal(t, 1, killed)
	require.Empty(t, <-ch, "what was sent meanwhile is gone")
	notify(t, d, "a", "after")
	require.Equal(t, "after", <-ch)
}

func TestARolledBackTransactionNotifiesNobody(t *testing.T) {
	d := pgtest.New(t)
	l := db.Listen(d, clock.System(), "a")
	ch := l.Subscribe(t.Context(), "a")
	connect(t, l)
	require.Empty(t, <-ch)
	require.ErrorIs(t, d.InTx(t.Context(), func(tx db.Tx) error {
		if err := db.Notify(t.Context(), tx, "a", "never"); err != nil {
			return err
		}
		return context.Canceled
	}), context.Canceled)
	notify(t, d, "a", "then")
	require.Equal(t, "then", <-ch)
}

func TestASlowSubscriberLearnsThatItMissedSome(t *testing.T) {
	d := pgtest.New(t)
	l := db.Listen(d, clock.System(), "a", "done")
	slow, done := l.Subscribe(t.Context(), "a"), l.Subscribe(t.Context(), "done")
	connect(t, l)
	require.Empty(t, <-done, "it listens")
	require.NoError(t, d.InTx(t.Context(), func(tx db.Tx) error {
		for i := range 1000 {
			if err := db.Notify(t.Context(), tx, "a", strconv.Itoa(i)); err != nil {
				return err
			}
		}
		return db.Notify(t.Context(), tx, "done", "done")
	}))
	for p := range done {
		if p == "done" { // everything before it has been delivered or dropped
			break
		}
	}
	var got []string
	for len(slow) > 0 {
		got = append(got, <-slow)
	}
	require.Less(t, len(got), 1000)
	require.Empty(t, got[len(got)-1])
}

func TestANudgeFollowsEveryNotification(t *testing.T) {
	d := pgtest.New(t)
	l := db.Listen(d, clock.System(), "a")
	nudge := l.Nudge(t.Context(), "a")
	connect(t, l)
	<-nudge
	for range 3 {
		notify(t, d, "a", "x")
		<-nudge
	}
	require.Empty(t, nudge, "a loop is never woken twice for one notification")
}

package hosts

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
)

// Every state × observation has one answer.
func TestNextStateFullTable(t *testing.T) {
	well := observation{health: agentapi.Health{Status: agentapi.HealthHealthy}}
	ill := observation{health: agentapi.Health{Status: agentapi.HealthDegraded}}
	troubled := observation{health: agentapi.Health{Status: agentapi.HealthHealthy}, problems: []string{"Its patches could not be read."}}
	silence := observation{failure: agentclient.Unreachable, reason: "timeout"}
	refused := observation{failure: agentclient.Refused, reason: "other CA"}
	strange := observation{failure: agentclient.Protocol, reason: "no JSON"}
	failing := observation{failure: agentclient.AgentError, reason: "broken"}
	for _, from := range []State{Unknown, Healthy, Degraded, Unreachable} {
		early := map[State]State{Unknown: Unknown, Healthy: Degraded, Degraded: Degraded, Unreachable: Unreachable}[from]
		for _, c := range []struct {
			o        observation
			before   int
			want     State
			failures int
		}{
			{well, 5, Healthy, 0}, {ill, 5, Degraded, 0}, {troubled, 5, Degraded, 0},
			{silence, 0, early, 1}, {silence, 1, early, 2}, {silence, 2, Unreachable, 3}, {silence, 9, Unreachable, 10},
			{refused, 2, Degraded, 0}, {strange, 2, Degraded, 0}, {failing, 2, Degraded, 0},
		} {
			v := next(from, c.before, c.o)
			require.Equal(t, c.want, v.state, "%s, %+v", from, c.o)
			require.Equal(t, c.failures, v.failures)
			require.Equal(t, v.state == Healthy, v.reason == "", "what is not well says why: %+v", v)
		}
	}
}

func TestDelays(t *testing.T) {
	const mid = 0.5 // of the jitter: none
	for _, c := range []struct {
		interval time.Duration
		failures int
		seen     bool
		want     time.Duration
	}{
		{5 * time.Minute, 0, true, 5 * time.Minute},
		{30 * time.Minute, 0, false, 30 * time.Minute},
		{5 * time.Minute, 1, false, 3 * time.Second},
		{5 * time.Minute, 20, false, 3 * time.Second},
		{5 * time.Minute, 21, false, 6 * time.Second},
		{5 * time.Minute, 90, false, 5 * time.Minute},
		{5 * time.Minute, 1, true, time.Minute},
		{5 * time.Minute, 2, true, time.Minute},
		{5 * time.Minute, 3, true, 2 * time.Minute},
		{5 * time.Minute, 1000, true, 15 * time.Minute},
		{30 * time.Minute, 1000, true, 30 * time.Minute},
	} {
		require.Equal(t, c.want, delay(c.interval, c.failures, c.seen, mid), "%+v", c)
		low, high := delay(c.interval, c.failures, c.seen, 0), delay(c.interval, c.failures, c.seen, 0.999)
		require.InDelta(t, 0.9*float64(c.want), float64(low), float64(time.Millisecond))
		require.Less(t, high, time.Duration(1.1*float64(c.want)))
	}
}

func FuzzClip(f *testing.F) {
	f.Add("ä")
	f.Add(strings.Repeat("日本", 20))
	f.Fuzz(func(t *testing.T, s string) {
		got := clip(s, 20)
		if len(got) > 20 || utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Fatalf("clip(%q) = %q", s, got)
		}
	})
}

func TestNextSentenceSaysTheNearestThing(t *testing.T) {
	due := time.Date(2026, 3, 1, 12, 5, 0, 0, time.UTC)
	yes := true
	require.Equal(t, "Run the enrollment command on it.", nextSentence(HostRow{State: Unknown}))
	for want, r := range map[string]HostRow{
		"Job 7 is under way.":                                       {CurrentJob: &CurrentJob{State: "running"}, currentNumber: 7},
		"Job 7 starts when its turn comes.":                         {CurrentJob: &CurrentJob{State: "queued"}, currentNumber: 7},
		"Fresh facts are on their way.":                             {refreshing: true, State: Unreachable},
		"It is asked again at 12:05:00 UTC.":                        {State: Unreachable, healthDue: &due},
		"It is asked again at once.":                                {State: Unknown},
		"It waits for a reboot.":                                    {State: Healthy, Pending: &Pending{}, RebootNeeded: &yes},
		"1 security update waits for a job.":                        {State: Healthy, Pending: &Pending{Total: 3, Security: 1}},
		"3 updates wait for a job.":                                 {State: Degraded, Pending: &Pending{Total: 3}},
		"Nothing to do; it is asked again at 12:05:00 UTC.":         {State: Healthy, Pending: &Pending{}, healthDue: &due},
		"Its updates are not known yet; it is asked again at once.": {State: Healthy},
	} {
		r.EnrolledAt = &due
		require.Equal(t, want, nextSentence(r))
	}
}

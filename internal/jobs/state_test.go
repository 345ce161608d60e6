package jobs

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the state table anew")

// variants are the situations that change an answer, each alone and with those
// that it meets.
var variants = []struct {
	name string
	set  func(*situation)
}{
	{"first try", func(*situation) {}},
	{"unsure", func(s *situation) { s.unsure = true }},
	{"cancel asked", func(s *situation) { s.cancel = true }},
	{"cancel asked, unsure", func(s *situation) { s.cancel, s.unsure = true, true }},
	{"too late", func(s *situation) { s.now = s.deadline }},
	{"too late, unsure", func(s *situation) { s.now, s.unsure = s.deadline, true }},
	{"second try", func(s *situation) { s.attempts = 1 }},
	{"last try", func(s *situation) { s.attempts = 3 }},
	{"last try, unsure", func(s *situation) { s.attempts, s.unsure = 3, true }},
	{"second run", func(s *situation) { s.run = 2 }},
	{"last run", func(s *situation) { s.run = 4 }},
	{"changed packages", func(s *situation) { s.changed = true }},
	{"at its reboot", func(s *situation) { s.rebooting = true }},
	{"reboot job", func(s *situation) { s.kind = KindReboot }},
}

// TestEveryStateAndOutcomeHasOneAnswer pins the whole table. A change of the
// machine shows as a change of this file, line by line.
func TestEveryStateAndOutcomeHasOneAnswer(t *testing.T) {
	var b strings.Builder
	for _, state := range HostStates {
		for _, o := range outcomes {
			answers := map[string][]string{}
			var order []string
			for _, v := range variants {
				a := describe(next(situationFor(state, v.set), o))
				if answers[a] == nil {
					order = append(order, a)
				}
				answers[a] = append(answers[a], v.name)
			}
			writeAnswers(&b, state, o, order, answers)
		}
	}
	const file = "testdata/states.txt"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), b.String(), "run with -update and read the difference")
}

func situationFor(state HostState, set func(*situation)) situation {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := situation{state: state, kind: KindPatch, run: 1, now: now, deadline: now.Add(24 * time.Hour)}
	set(&s)
	return s
}

func writeAnswers(b *strings.Builder, state HostState, o outcome, order []string, answers map[string][]string) {
	for i, a := range order {
		when := ""
		if len(order) > 1 {
			when = "   when " + strings.Join(answers[a], " | ")
			if i == 0 {
				when = "   usually"
			}
		}
		fmt.Fprintf(b, "%-9s %-16s -> %s%s\n", state, o, a, when)
	}
}

func describe(a answer) string {
	if a.ignored {
		return "ignored"
	}
	parts := []string{string(a.state)}
	if a.code != "" {
		parts = append(parts, a.code)
	}
	if a.newRun {
		parts = append(parts, "new run")
	}
	if a.wait > 0 {
		parts = append(parts, "in "+a.wait.String())
	}
	if a.failed {
		parts = append(parts, "counted")
	}
	if a.unsure {
		parts = append(parts, "unsure")
	}
	return strings.Join(parts, ", ")
}

func anySituation() *rapid.Generator[situation] {
	return rapid.Custom(func(t *rapid.T) situation {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		return situation{
			state:    rapid.SampledFrom(HostStates).Draw(t, "state"),
			kind:     rapid.SampledFrom([]Kind{KindPatch, KindRollback, KindReboot, KindRefresh}).Draw(t, "kind"),
			run:      rapid.IntRange(1, 5).Draw(t, "run"),
			attempts: rapid.IntRange(0, 4).Draw(t, "attempts"),
			unsure:   rapid.Bool().Draw(t, "unsure"), cancel: rapid.Bool().Draw(t, "cancel"),
			rebooting: rapid.Bool().Draw(t, "rebooting"), changed: rapid.Bool().Draw(t, "changed"),
			now: now, deadline: now.Add(time.Duration(rapid.IntRange(-60, 60).Draw(t, "minutes")) * time.Minute),
		}
	})
}

func TestRulesThatHoldInEverySituation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySituation().Draw(t, "situation")
		o := rapid.SampledFrom(outcomes).Draw(t, "outcome")
		a := next(s, o)
		if s.state.IsFinal() && !a.ignored {
			t.Fatalf("a final state changed: %+v", a)
		}
		if a.ignored {
			if a.state != s.state {
				t.Fatalf("ignored and yet moved: %+v", a)
			}
			return
		}
		if a.newRun && (o != gotFailedPassing || s.changed || s.rebooting || s.cancel || s.kind == KindReboot || s.run > 3) {
			t.Fatalf("a new run that must not be: %+v", a)
		}
		if s.unsure && (a.state == HostCancelled || a.state == HostExpired) && !agentHasSpoken(o) {
			t.Fatalf("an order that may have arrived was called off unasked: %+v", a)
		}
		if a.state == HostSucceeded && o != gotCompleted {
			t.Fatalf("success without the agent's word: %+v", a)
		}
		if (a.wait > 0) != (a.state == HostQueued && s.state != HostQueued) {
			t.Fatalf("a wait in the wrong place: %+v", a)
		}
	})
}

// agentHasSpoken says that the outcome is the agent's own answer about this order.
func agentHasSpoken(o outcome) bool {
	return o == gotBusy || o == gotUnknown || o == gotCancelled
}

// TestEveryWaitEnds walks the machine at random against an agent that never does
// anything useful: it must end.
func TestEveryWaitEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := situationFor(HostQueued, func(*situation) {})
		bad := []outcome{gotNoContact, gotNoAnswer, gotBusy, gotFailedPassing, gotSilent, gotAccepted}
		for range 2000 {
			if s.state.IsFinal() {
				return
			}
			o := rapid.SampledFrom(bad).Draw(t, "outcome")
			switch {
			case s.state == HostQueued && !s.unsure && !s.now.Before(s.deadline):
				o = gotDeadline
			case s.state == HostQueued:
				o = gotClaimed
			case s.state == HostLost && o != gotAccepted:
				o = gotDeadline
			case s.state == HostClaimed && !s.now.Before(s.deadline) && o == gotAccepted:
				o = gotUnknown
			}
			s = apply(s, next(s, o))
		}
		t.Fatalf("it never ends: %+v", s)
	})
}

func apply(s situation, a answer) situation {
	if a.newRun {
		s.run++
		s.attempts = 0
	}
	if a.failed {
		s.attempts++
	}
	if a.state == HostRunning {
		s.attempts = 0
	}
	s.state, s.unsure, s.now = a.state, a.unsure, s.now.Add(a.wait+time.Second)
	return s
}

func TestStateOfJob(t *testing.T) {
	for _, c := range []struct {
		counts Counts
		want   State
	}{
		{Counts{Total: 2, Queued: 2}, StateQueued},
		{Counts{Total: 2, Waiting: 1, Queued: 1}, StateQueued},
		{Counts{Total: 2, Queued: 1, Claimed: 1}, StateRunning},
		{Counts{Total: 2, Queued: 1, Succeeded: 1}, StateRunning},
		{Counts{Total: 2, Lost: 1, Failed: 1}, StateRunning},
		{Counts{Total: 2, Succeeded: 2}, StateSucceeded},
		{Counts{Total: 2, Succeeded: 1, Failed: 1}, StatePartiallyFailed},
		{Counts{Total: 2, Succeeded: 1, Expired: 1}, StatePartiallyFailed},
		{Counts{Total: 2, Succeeded: 1, Cancelled: 1}, StateCancelled},
		{Counts{Total: 2, Failed: 1, Cancelled: 1}, StateFailed},
		{Counts{Total: 2, Expired: 1, Cancelled: 1}, StateExpired},
		{Counts{Total: 2, Cancelled: 2}, StateCancelled},
		{Counts{Total: 2, Failed: 2}, StateFailed},
		{Counts{Total: 2, Expired: 2}, StateExpired},
	} {
		require.Equal(t, c.want, stateOf(c.counts), "%+v", c.counts)
	}
}

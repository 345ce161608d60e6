package hosts

import (
	"fmt"
	"math"
	"strings"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
)

// patience is how many calls in a row stay without an answer before a host is
// called unreachable: one lost packet or one reboot of the agent is none.
const patience = 3

// observation is what one health poll saw.
type observation struct {
	health   agentapi.Health
	problems []string         // of other polls, which keep failing although the agent answers
	failure  agentclient.Kind // empty: it answered
	reason   string           // of the failure, in words
}

// verdict is what a health poll makes of a host.
type verdict struct {
	state    State
	reason   string
	failures int // calls in a row without an answer
}

// next decides the state of a host. It is the only place that does.
func next(from State, failures int, o observation) verdict {
	switch o.failure {
	case "":
		return answered(o)
	case agentclient.Unreachable:
		return silent(from, failures+1, o.reason)
	case agentclient.Refused:
		return verdict{Degraded, clip("The agent and the manager do not accept each other's certificate: "+o.reason, maxText), 0}
	}
	return verdict{Degraded, clip("The agent answers, but not as it should: "+o.reason, maxText), 0}
}

func answered(o observation) verdict {
	reasons := o.problems
	if o.health.Status != agentapi.HealthHealthy {
		reasons = append(append([]string{}, o.health.Reasons...), o.problems...)
		if len(reasons) == 0 {
			reasons = []string{"The agent calls itself degraded and gives no reason."}
		}
	}
	if len(reasons) == 0 {
		return verdict{state: Healthy}
	}
	return verdict{state: Degraded, reason: clip(strings.Join(reasons, " "), maxText)}
}

func silent(from State, failures int, reason string) verdict {
	v := verdict{state: Degraded, failures: failures}
	switch {
	case failures >= patience:
		v.state = Unreachable
		v.reason = fmt.Sprintf("No answer to %d calls in a row: %s", failures, reason)
	case from == Unreachable, from == Unknown:
		v.state = from
		v.reason = "No answer: " + reason
	default:
		v.reason = fmt.Sprintf("No answer to %d of %d calls: %s", failures, patience, reason)
	}
	v.reason = clip(v.reason, maxText)
	return v
}

// Delays of the next poll after one that failed.
const (
	// freshRetry: an agent that was enrolled a moment ago is about to start.
	freshRetry  = 3 * time.Second
	freshTries  = 20
	firstRetry  = time.Minute
	lastRetry   = 15 * time.Minute // a host that was away is noticed by then; slower polls keep their interval
	freshLast   = 5 * time.Minute
	jitterShare = 0.1
)

// delay is how long to wait for the next poll. failures counts failed attempts
// in a row, this one included; 0 after a good one. seen says whether the host
// has ever answered. random is in [0,1).
func delay(interval time.Duration, failures int, seen bool, random float64) time.Duration {
	d := interval
	switch {
	case failures == 0:
	case !seen:
		d = min(double(freshRetry, failures-freshTries), freshLast)
	default:
		d = min(double(firstRetry, failures-patience+1), max(interval, lastRetry))
	}
	return time.Duration(float64(d) * (1 - jitterShare + 2*jitterShare*random))
}

// double is d doubled n times, at most 2^16 times d.
func double(d time.Duration, n int) time.Duration {
	return d * time.Duration(math.Exp2(float64(min(max(n, 0), 16))))
}

// maxText is the longest reason that is stored, in bytes.
const maxText = 2000

// clip cuts a text that came from outside to n bytes and marks the cut.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-3], "") + "…"
}

package jobs

import (
	"time"

	"patchmanager/internal/agentapi"
)

// HostState is the state of one host's share of a job.
type HostState string

// States of a job host; the last four are final.
const (
	HostWaiting   HostState = "waiting" // for an opening of a maintenance window
	HostQueued    HostState = "queued"
	HostClaimed   HostState = "claimed" // a worker is about to give the order to the agent
	HostRunning   HostState = "running" // the agent has it
	HostLost      HostState = "lost"    // the agent has it and has been silent for too long
	HostSucceeded HostState = "succeeded"
	HostFailed    HostState = "failed"
	HostCancelled HostState = "cancelled"
	HostExpired   HostState = "expired"
)

// HostStates lists every state, in the order of a run.
var HostStates = []HostState{HostWaiting, HostQueued, HostClaimed, HostRunning, HostLost,
	HostSucceeded, HostFailed, HostCancelled, HostExpired}

// IsFinal reports whether the state never changes again.
func (s HostState) IsFinal() bool {
	return s == HostSucceeded || s == HostFailed || s == HostCancelled || s == HostExpired
}

// outcome is what was learned about a job host. Together with its situation it
// has one answer, see next.
type outcome string

const (
	gotClaimed       outcome = "claimed"          // a worker takes it, or takes it over
	gotAccepted      outcome = "accepted"         // the agent has the order, new or known
	gotNoContact     outcome = "no_contact"       // no connection: nothing can have arrived
	gotNoAnswer      outcome = "no_answer"        // something may have arrived, no answer came
	gotBusy          outcome = "busy"             // the agent refuses for now
	gotRefused       outcome = "refused"          // the agent, or the manager for it, refuses for good
	gotUnknown       outcome = "unknown"          // the agent does not know the order
	gotSilent        outcome = "silent"           // no word of a running order for longer than patience
	gotCompleted     outcome = "completed"        // the agent's job ended well
	gotFailedPassing outcome = "failed_transient" // it failed and a later run may succeed
	gotFailed        outcome = "failed"           // it failed for good
	gotCancelled     outcome = "cancelled"        // it stopped because it was asked to
	gotCancelAsked   outcome = "cancel_asked"     // a person asks to stop
	gotDeadline      outcome = "deadline"         // the time this state may last is over
)

var outcomes = []outcome{gotClaimed, gotAccepted, gotNoContact, gotNoAnswer, gotBusy, gotRefused, gotUnknown, gotSilent,
	gotCompleted, gotFailedPassing, gotFailed, gotCancelled, gotCancelAsked, gotDeadline}

// Codes of errors that the manager finds, beside those of agentapi.
const (
	CodeUnreachable  = "HOST_UNREACHABLE" // never answered; nothing was done
	CodeStateUnknown = "STATE_UNKNOWN"    // may have been carried out; nobody can tell
	CodeHostRemoved  = "HOST_REMOVED"     // no longer managed
	CodeExpired      = "EXPIRED"          // did not start in time
	CodeUntrusted    = "HOST_UNTRUSTED"   // whoever answers is not the enrolled agent
)

// retryDelays is how long a host waits before the next try, after an order that
// got no answer and after a run that failed for a passing reason. After the last
// one it fails.
var retryDelays = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute}

// busyDelay is how long to wait for an agent that does something else. Being
// busy is not a failure: it is waited for until the deadline.
const busyDelay = time.Minute

// situation is everything that an answer depends on.
type situation struct {
	state     HostState
	kind      Kind
	run       int  // 1 for the first
	attempts  int  // of this run that got no answer
	unsure    bool // an order of this run may have reached the agent
	cancel    bool // a person asked to stop
	rebooting bool // the run came to its reboot
	changed   bool // the run changed packages
	now       time.Time
	deadline  time.Time // nothing starts after it
}

// answer is what becomes of a job host. State equal to the situation's means it
// stays; ignored means that the outcome has nothing to say in that state.
type answer struct {
	state   HostState
	ignored bool
	wait    time.Duration // until due again, when queued
	newRun  bool          // the next order is a new one, with a new key
	failed  bool          // counts as an attempt without answer
	unsure  bool
	code    string // of the error, when the state is failed or expired
}

// next is the whole state machine. It is pure; the drawing is in doc.go and the
// full table in testdata.
func next(s situation, o outcome) answer {
	switch s.state {
	case HostWaiting, HostQueued:
		return s.nextQueued(o)
	case HostClaimed:
		return s.nextClaimed(o)
	case HostRunning:
		return s.nextRunning(o)
	case HostLost:
		return s.nextLost(o)
	}
	return s.ignore()
}

func (s situation) nextQueued(o outcome) answer {
	switch o {
	case gotClaimed:
		return s.become(HostClaimed)
	case gotCancelAsked:
		if s.unsure {
			return s.become(s.state) // due at once: the agent has to be asked
		}
		return s.become(HostCancelled)
	case gotDeadline:
		return s.giveUp()
	}
	return s.ignore()
}

func (s situation) nextClaimed(o outcome) answer {
	switch o {
	case gotClaimed, gotCancelAsked:
		return s.become(HostClaimed) // the claim's holder asks the agent first
	case gotAccepted:
		return s.become(HostRunning)
	case gotNoContact:
		return s.afterNoAnswer(s.unsure)
	case gotNoAnswer:
		return s.afterNoAnswer(true)
	case gotBusy:
		return s.afterBusy()
	case gotRefused:
		return s.become(HostFailed)
	case gotUnknown:
		return s.afterUnknownKey()
	}
	return s.ignore()
}

func (s situation) nextRunning(o outcome) answer {
	switch o {
	case gotSilent:
		return s.become(HostLost)
	case gotAccepted, gotNoContact, gotNoAnswer:
		return s.become(HostRunning)
	case gotDeadline:
		return s.fail(string(agentapi.CodeTimedOut))
	}
	return s.nextHeld(o)
}

func (s situation) nextLost(o outcome) answer {
	switch o {
	case gotAccepted:
		return s.become(HostRunning)
	case gotNoContact, gotNoAnswer, gotSilent:
		return s.become(HostLost)
	case gotDeadline:
		return s.fail(CodeStateUnknown)
	}
	return s.nextHeld(o)
}

// nextHeld are the answers that a running and a lost host share.
func (s situation) nextHeld(o outcome) answer {
	switch o {
	case gotClaimed, gotCancelAsked:
		return s.become(s.state)
	case gotUnknown:
		return s.fail(CodeStateUnknown)
	case gotCompleted:
		return s.become(HostSucceeded)
	case gotFailedPassing:
		return s.afterPassingFailure()
	case gotFailed:
		return s.become(HostFailed)
	case gotCancelled:
		return s.become(HostCancelled)
	}
	return s.ignore()
}

func (s situation) become(to HostState) answer {
	return answer{state: to, unsure: s.unsure && !to.IsFinal() && to != HostRunning}
}

func (s situation) ignore() answer { return answer{state: s.state, ignored: true, unsure: s.unsure} }

func (s situation) fail(code string) answer { return answer{state: HostFailed, code: code} }

// giveUp ends a wait. Where an order may have arrived, "expired" would say that
// nothing was done, which nobody knows: the agent has to be asked first, and the
// attempts at that are counted.
func (s situation) giveUp() answer {
	if s.unsure {
		return s.become(s.state)
	}
	return answer{state: HostExpired, code: CodeExpired}
}

// afterNoAnswer tries again with the same key after 1, 5 and 30 minutes. The
// last try may come after the deadline when the order may have arrived: it asks
// then, it does not order.
func (s situation) afterNoAnswer(unsure bool) answer {
	switch {
	case s.cancel && !unsure:
		return answer{state: HostCancelled}
	case s.attempts < len(retryDelays):
		return answer{state: HostQueued, wait: retryDelays[s.attempts], failed: true, unsure: unsure}
	case unsure:
		return s.fail(CodeStateUnknown)
	}
	return s.fail(CodeUnreachable)
}

// afterBusy waits. A busy agent has said that it does not know the key.
func (s situation) afterBusy() answer {
	switch {
	case s.cancel:
		return answer{state: HostCancelled}
	case !s.now.Before(s.deadline):
		return answer{state: HostExpired, code: CodeExpired}
	}
	return answer{state: HostQueued, wait: busyDelay}
}

// afterUnknownKey is about an order that was looked for and is not there: it is
// stopped where it must not start any more, and given now otherwise.
func (s situation) afterUnknownKey() answer {
	switch {
	case s.cancel:
		return answer{state: HostCancelled}
	case !s.now.Before(s.deadline):
		return answer{state: HostExpired, code: CodeExpired}
	}
	return answer{state: HostClaimed}
}

// afterPassingFailure orders a new run, unless that could reboot a host twice,
// come too late, go on for ever, or follow a run that changed something: one job
// host has one run that changed packages, so that a rollback takes back all of it.
func (s situation) afterPassingFailure() answer {
	again := s.run <= len(retryDelays) && !s.cancel && !s.rebooting && !s.changed && s.kind != KindReboot
	if !again {
		return answer{state: HostFailed}
	}
	wait := retryDelays[s.run-1]
	if !s.now.Add(wait).Before(s.deadline) {
		return answer{state: HostFailed}
	}
	return answer{state: HostQueued, wait: wait, newRun: true}
}

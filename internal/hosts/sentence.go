package hosts

import (
	"fmt"
)

// nextSentence says what happens next with a host, the nearest thing first.
func nextSentence(r HostRow) string {
	switch {
	case r.EnrolledAt == nil:
		return "Run the enrollment command on it."
	case r.CurrentJob != nil && r.CurrentJob.State == "waiting", r.CurrentJob != nil && r.CurrentJob.State == "queued":
		return fmt.Sprintf("Job %d starts when its turn comes.", r.currentNumber)
	case r.CurrentJob != nil:
		return fmt.Sprintf("Job %d is under way.", r.currentNumber)
	case r.refreshing:
		return "Fresh facts are on their way."
	case r.State == Unreachable, r.State == Unknown:
		return "It is asked again" + atDue(r) + "."
	case r.Pending == nil:
		return "Its updates are not known yet; it is asked again" + atDue(r) + "."
	case r.RebootNeeded != nil && *r.RebootNeeded:
		return "It waits for a reboot."
	case r.Pending.Security > 0:
		return count(r.Pending.Security, "security update") + " for a job."
	case r.Pending.Total > 0:
		return count(r.Pending.Total, "update") + " for a job."
	}
	return "Nothing to do; it is asked again" + atDue(r) + "."
}

func atDue(r HostRow) string {
	if r.healthDue == nil {
		return " at once"
	}
	return " at " + r.healthDue.UTC().Format("15:04:05") + " UTC"
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " waits"
	}
	return fmt.Sprintf("%d %ss wait", n, noun)
}

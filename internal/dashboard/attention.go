package dashboard

import "fmt"

// attention lists what needs a person, most urgent first.
func attention(f Fleet, t totals) []AttentionItem {
	out := []AttentionItem{}
	add := func(when bool, item AttentionItem) {
		if when {
			out = append(out, item)
		}
	}
	add(!f.WorkerAlive, AttentionItem{AttentionNoWorker, "No worker is running",
		"Nothing is polled, planned or carried out until a worker runs.", "/jobs", 1})
	add(t.AuditBreak != "", AttentionItem{AttentionAudit, "The audit trail is broken", t.AuditBreak, "/audit", 1})
	add(f.Hosts.Unreachable > 0, AttentionItem{AttentionUnreachable, count(f.Hosts.Unreachable, "host", "hosts") + " cannot be reached",
		"What is shown about them is as old as their last answer.", "/hosts?state=unreachable", f.Hosts.Unreachable})
	add(t.FailedJobs > 0, AttentionItem{AttentionFailedJob, count(t.FailedJobs, "job", "jobs") + " failed in the last 24 hours",
		"Look at the reasons and run the failed hosts again.", "/jobs?state=failed,partially_failed&ended_within_hours=24", t.FailedJobs})
	add(f.Hosts.Degraded > 0, AttentionItem{AttentionDegraded, count(f.Hosts.Degraded, "host reports", "hosts report") + " trouble",
		"The agent answers and says what is wrong.", "/hosts?state=degraded", f.Hosts.Degraded})
	add(f.EnrollmentsPending > 0, AttentionItem{AttentionEnrollment, count(f.EnrollmentsPending, "host waits", "hosts wait") + " for approval",
		"Compare the key fingerprint before you approve.", "/enrollment", f.EnrollmentsPending})
	add(f.RebootNeeded > 0, AttentionItem{AttentionReboot, count(f.RebootNeeded, "host needs", "hosts need") + " a reboot",
		"Installed updates take effect only then.", "/hosts?reboot=true", f.RebootNeeded})
	add(f.Compliance.Unknown > 0, AttentionItem{AttentionStale, "The updates of " + count(f.Compliance.Unknown, "host", "hosts") + " are not known",
		"They were never told, or more than 24 hours ago.", "/hosts?compliance=unknown&sort=last_seen", f.Compliance.Unknown})
	return out
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

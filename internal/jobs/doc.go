// Package jobs is what a person orders and what becomes of it on each host.
//
// Words: a job is what a person asked; a job host is one host's share of it; a
// run is one intended execution on that host; a claim is one worker's hold.
//
// What it guarantees:
//   - A run is carried out at most once, whatever is killed when: every order of
//     it carries the same idempotency key, job host and run, and a new run only
//     begins once the agent itself has said that the last one has failed for a
//     passing reason without changing a package.
//   - One job host per host is in claimed, running or lost: an index, not a habit.
//   - A worker that dies is replaced when its lease of 30 s ends. The one that
//     takes over sends the same key: the agent answers with the job it knows.
//   - Whoever lost a claim changes nothing any more: every write names the claim.
//   - Each event of an agent is stored once, in order, also when the agent, the
//     worker or the connection is replaced in the middle: the cursor and the
//     events are written together.
//   - Ids of events ascend in the order in which they became visible.
//   - Only the agent's own word ends a run well. Where nobody can tell what
//     happened, it fails with STATE_UNKNOWN and is not ordered again by itself.
//   - Who sees only some hosts of a job sees a job of these hosts: counts, state,
//     times, title, progress, log and previews are theirs alone, filters and
//     search find nothing else, and cancel, rerun and rollback touch nothing
//     else. Only its number, kind, note, selection and who ordered it are the
//     whole job's ([Seen]).
//   - Every wait has an end: 24 hours to start, three tries for a silent host,
//     an hour for a lost one, a day for a run.
//
// The states of a job host, decided by next in state.go:
//
//	  create
//	    |
//	[queued] --claimed--> [claimed] --the agent has it--> [running] --completed--> [succeeded]
//	 ^  |  |                | | |                         |  |  | |
//	 |  |  |  no answer     | | +--refused--> [failed] <--+  |  | +--stopped--> [cancelled]
//	 |  |  |  (1, 5, 30 min)| |                ^     failed  |  |
//	 +--|--|----------------+ |                |             |  +--silent--> [lost] --answers--> [running]
//	 |  |  |                  |                |             |                 |
//	 |  |  |      cancelled, too late          +--nobody knows-----------------+
//	 |  |  |                  |                              |
//	 |  |  +--> [expired] <---+--> [cancelled]               |
//	 |  +-----> [cancelled]                                  |
//	 +-----------------failed for a passing reason-----------+
//
// waiting, for a window to open, is entered by nothing yet.
//
// An order that got no answer may have arrived: its job host is unsure. Such a
// host is neither cancelled nor expired before its agent was asked.
//
// Tables: job, job_host, job_event, job_plan, job_plan_host. The counts of a job
// are those of its rows in job_host and stored nowhere; its state follows them
// in rollUp.
package jobs

// Package task is the step machine of the agent: it carries one order after
// the other out on the host and can always say what happened.
//
// What it guarantees:
//   - An order is in the journal, synced to disk, before anything is done. The
//     same idempotency key answers with the same job, also after a crash.
//   - Every step is recorded before it begins. Steps before install change
//     nothing on the host but its caches, so after a crash they are repeated.
//     Install is never started twice for one job.
//   - A package tool runs under a supervisor process of its own, in its own
//     session, and writes to files. It outlives the agent; the agent that comes
//     back reads on where it stopped. An event carries the offset of the line
//     it was made from, so that none is lost and none is told twice.
//   - A tool that vanished without telling its end (power loss, kill -9) is
//     followed by a repair of the package database and a look at the versions
//     that are really there. The job ends as what was found.
//   - The host reboots at most once for one job.
//
// The steps, and where each goes on after the agent was restarted in it:
//
//	patch_apply: start > refresh > plan > save > download > install > finish > check > [reboot > await] > verify
//	rollback:    start >           plan >                   install > finish > check >                    verify
//	refresh:     start > refresh
//	reboot:      start >                                                               reboot > await
//
//	start..download   begin again at start, after a tool still running has ended
//	install           the tool has an end       go on with it
//	                  the tool still runs       follow it
//	                  the tool never started    begin again at start
//	                  the tool vanished         wait for orphans, repair, compare versions
//	finish..verify    the same step again: each only brings the host to a known state
//	reboot            wait on; a reboot that was ordered is never ordered again
//	await             a new boot id: verify; the same one: wait, REBOOT_TIMEOUT in the end
//
// Files below the state directory:
//
//	jobs/<uuid>/job.json       the record: order, plan, step; replaced atomically
//	jobs/<uuid>/events.jsonl   numbered events, one per line
//	jobs/<uuid>/tool-N.json    what the supervisor runs
//	jobs/<uuid>/tool-N.pid     the supervisor's claim: who runs it
//	jobs/<uuid>/tool-N.log     standard output and error of the tool
//	jobs/<uuid>/tool-N.status  what the tool wrote to descriptor 3
//	jobs/<uuid>/tool-N.exit    how it ended, written atomically
//	jobs/<uuid>/saved/         the package files a rollback goes back to
package task

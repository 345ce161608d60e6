// Package hosts knows which hosts there are, who may see them and how they are.
//
// Guarantees:
//   - Every read takes a [Scope]; what is outside of it does not exist.
//   - A fact changes only when an agent has told a new one. A call that failed
//     changes no fact, and every fact has an age.
//   - Unknown is never shown as good: a host that has never answered is
//     unknown, and what it has never told is null.
//   - One poll of one host is made by one worker at a time (a leased row); when
//     the worker dies another one goes on after the lease. A late answer of the
//     first one changes nothing.
//   - A slow or dead host holds up no other: at most MaxCalls calls run at once
//     and each has a limit of time.
//   - Groups join hosts with operators. A group that somebody is not in does not
//     exist for them, neither in lists nor as a filter nor beside a host. Who
//     sees a host changes only with a second factor shown just now; open
//     connections hear of it within seconds ([Mark]).
//   - A host may be registered before its agent enrolls: it is unknown, is not
//     polled and takes no orders. Of two registrations of one name or place at
//     once one is refused. An import registers all hosts of a file or none.
//   - [Filter] is the one way to choose hosts: lists, counts and acts on many
//     hosts share its conditions, so that a number equals the list behind it.
//     So does each number of the facets, which are of one moment.
//   - An act on many hosts names them, or a filter with the number of hosts that
//     somebody has looked at; another number now refuses it. It is one
//     transaction with one audit entry, and says of each host what became of it.
//   - A saved view is its owner's: others see it when it is shared, and of
//     them only admins change it. It opens no host to anybody.
//   - A host is never deleted; removing it ends it and keeps its history.
//
// States, changed by the health poll alone:
//
//	              answers, is well
//	[unknown] ------------------------> [healthy] <-----------------+
//	    |                                |     ^                    |
//	    | answers, is not well           |     | answers, is well   | answers, is well
//	    v                                v     |                    |
//	[degraded] <---- not well, wrong certificate, 1 or 2 calls ---- |
//	    |            without an answer                              |
//	    | 3 calls in a row without an answer (also from unknown)    |
//	    +-------------------------------> [unreachable] ------------+
//
// Polls, one row each in host_poll: health (how is the agent), inventory (what
// is the host), patches (collected by the package patches).
//
//	[due] --claim: lease--> [leased] --result: next_due--> [due later]
//	                           |  lease runs out
//	                           +-------> [due]
//
// # Locks
//
// Results are stored while people refresh, remove and enroll again, on several
// processes. Whoever writes more than one row takes them in one order: first the
// polls, by host and kind, then the hosts. Another order ends in a deadlock, which
// the database answers by refusing one of the two.
//
// Tables: host, host_detail, host_state_change, host_poll, host_group,
// host_group_host, host_label, host_act, host_view.
// Views for others: host_scope_v, host_target_v, host_place_v, host_facts_age_v.
package hosts

// Package live brings what happens to browsers, as it happens. The messages are
// described in api/ws.md.
//
// What it guarantees:
//   - A connection is opened with a ticket that works once, within 60 seconds,
//     and belongs to one session. It is closed within 5 seconds after that
//     session has ended, its rights have changed, or other hosts have come into
//     its scope or left it because a membership of a group changed.
//   - Whoever subscribes to a job after event N gets every later event of the
//     hosts in their scope, once, in order. After a break they go on after the
//     last one they have seen: nothing is lost, nothing comes twice.
//   - A slow browser costs nobody anything: no message waits for it in memory.
//     It is closed with 1013 once it is too far behind, and comes back.
//
// How: one hub per process hears the database's notifications, reads each event
// once and keeps the newest ones in a ring. Every connection has its own cursor
// and reads from the ring, or from the database where the ring does not reach.
//
//	subscribe after N --> [stored events] --reached the ring--> [following]
//	                            ^                                   |
//	                            +------ fell out of the ring -------+
//
// Table: live_ticket.
package live

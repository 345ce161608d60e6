// Package discovery looks at networks: who listens where, which of them are
// agents, and whose. What it finds can be registered as hosts.
//
// Guarantees:
//   - A scan is bounded: an IPv4 network of at most 65,536 addresses or a list of
//     at most 4,096, IPv6 by list only; never the manager's own loopback, groups
//     of machines, or link-local addresses (there clouds hand out credentials).
//   - At most two scans run at once, over all workers; the others wait.
//   - Whatever is killed when: no result is lost and no address counted twice.
//     When a worker dies another one goes on within 30 s after the last stored
//     address; at most the addresses that were under way are probed again.
//   - A cancelled scan ends with the next write of its worker, within a second.
//   - A machine counts as an agent of ours only when it has proved to hold the key
//     of a certificate of our authority: certificates are public, and a copy of one
//     proves nothing. One that has proved it at an address that is not the host's
//     is told as moved or cloned, never as the host.
//   - Our own trouble is not theirs: an address is silent only when nothing came
//     back although we could ask; a machine that had no room for the question asks
//     again, and says so in the end (skipped).
//   - What strangers send (certificates, banners, reverse names) is cut, made one
//     printable line, and never more than shown.
//
// # What a scan tells those it looks at
//
// A connection, and the hello of TLS without a server name. No request is sent.
// The manager's certificate, which holds its name and no secret, is shown to who
// asks for it in TLS 1.3 and has just proved to hold a key that our authority has
// certified: agents of ours then see their manager and log no stranger. In TLS
// 1.2, where certificates cross the network in clear, it is shown to nobody.
//
// # How one address is asked
//
//	connect (1.5 s) --refused--> closed          only counted
//	   |      |------nothing---> silent          only counted
//	   |      +--no way-------> unreachable      only counted
//	   v
//	hello --> first byte (1.5 s) --> wait for a turn --> rest of the handshake (1.5 s)
//	   |           |                                            |
//	   | nothing   | no TLS                                     v
//	   v           v                             certificate of our CA, and its key?
//	  open        open                             no: other_tls, other_agent
//	                                              yes: enrolled, elsewhere, ended
//
// Connections are opened wide, because one that is not answered costs nothing
// but the wait; handshakes that compute are few, because too many at once have
// too little processor time each, and then machines look silent that are not.
//
// # States of a scan
//
//	[queued] --claim--> [running] --every address is stored--> [finished]
//	    |                | |    ^
//	    |                | |    +-- lease ran out: the next worker goes on
//	    |                | +--five claims in a row without progress--> [failed]
//	    +--cancel--------+--> [cancelled]
//
// Positions below discovery_scan.done are probed, counted and stored: progress,
// counts and results are written in one transaction, in the order of positions,
// guarded by the claim.
//
// Ended scans are kept for 30 days, and fifty of them.
//
// Tables: discovery_scan, discovery_result.
package discovery

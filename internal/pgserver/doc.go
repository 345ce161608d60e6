// Package pgserver runs a private PostgreSQL server from the system's own
// binaries, so that the product starts with nothing to configure.
//
// # Files
//
//	DIR/lock         held by the one process that owns DIR
//	DIR/data         the cluster; its file "patch-manager-cluster" says that we made it
//	DIR/data.init    a cluster being made; removed and made anew when found
//	DIR/run          the socket, 0700
//	DIR/pg_hba.conf  who may connect; outside data, so that the server's own
//	DIR/pg_ident.conf  account cannot widen it
//
// # Guarantees
//
//   - The server listens on a unix socket only. The manager's account and the
//     server's own account may connect, known by the kernel (peer), nobody else.
//   - A data directory without our mark is refused and not touched in any way.
//   - One process owns DIR: a second one is refused at once.
//   - A manager that is killed takes the server down with it, cleanly: the kernel
//     signals the server when its parent dies.
//   - After kill -9 of the manager, of the server or of both, after a power loss,
//     with a stale postmaster.pid that names a process of somebody else, and
//     after a first start that stopped half-way, the next start works.
//   - Root does not run PostgreSQL: the server drops to the account postgres.
//
// # States
//
//	            initdb                 start              answers
//	[no data] ---------> [data.init] ------> [cluster] ---------> [ready] --Stop--> [stopped]
//	    ^                     |                  ^                    |                 |
//	    +------ killed -------+                  +---- Done closes ---+---- next start -+
package pgserver

// Package patches knows what is installed on each host and what it misses.
//
// Guarantees:
//   - What is stored of a host is exactly its last report: a report is compared
//     with the rows that are there and only the differences are written, in one
//     transaction with the counters that lists and the dashboard show.
//   - Reports of one host are stored one after the other; reports of different
//     hosts never wait for each other: rows that hosts share are only ever
//     inserted, in one order, before the transaction of the report.
//   - A report that the agent says is unchanged (ETag) writes nothing here; its
//     age is the poll's.
//   - A failed call changes nothing.
//
// Space, by design at most 80 KiB a host with 1,500 packages: the texts of a
// package stand once for all hosts (package_version), a host has narrow rows
// that point at them (host_package), and the same for updates (patch_offer,
// host_patch).
//
//	agent --GET /packages--> [differs] --versions: look up, insert the unknown--> ids
//	            |                                                                  |
//	            | 304                              one transaction: lock the host, read its rows,
//	            v                                  delete what is gone, insert what is new, count
//	         nothing
//
// Tables: package_version, host_package, patch_offer, host_patch,
// host_inventory. Views for others: host_patch_summary_v, host_package_summary_v.
package patches

// Package ingest measures what it costs to know the packages of a fleet: bytes
// of database a host, full reports a second, unchanged reports a second.
//
//	go test -run '^$' -bench . -benchtime 2500x -timeout 30m ./bench/ingest
//
// runs against a PostgreSQL of its own with the settings of the product (fsync
// on). One iteration is one host: a full report of 1,500 packages and 40
// pending updates, from the JSON text of the agent's answer to the commit, by
// 8 senders at once. The numbers are in docs/performance.md.
package ingest

// Package audit measures the trail: entries a second with 1 and 8 writers,
// rows verified and exported a second, and pages of a list of a million rows.
//
//	go test -run '^$' -bench 'Append|Verify|Export' -benchtime 20000x -timeout 30m ./bench/audit
//	go test -run '^$' -bench List -benchtime 100x -timeout 30m ./bench/audit
//
// runs against a PostgreSQL of its own with the settings of the product (fsync
// on). The numbers are in docs/performance.md.
package audit

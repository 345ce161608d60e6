// Package live measures how long an order takes to an agent and an agent's
// event to a browser, while fifty hosts run. Manager, PostgreSQL (with fsync),
// agents and browser are on the measuring machine; everything between them is
// what production has: notifications, leased rows, mutual TLS, WebSockets.
//
//	go test -run '^$' -bench . -benchtime 1x ./bench/live
package live

// Package discovery measures scans of networks, from the order to the last
// result in the database.
//
//	go test -run '^$' -bench . -benchtime 1x -timeout 30m ./bench/discovery
//
// needs root: it makes two network namespaces, one that scans and one that is
// scanned, joined by a pair of virtual interfaces. The scanned one has whole
// networks of addresses: some answer as agents do, some refuse, some lose every
// packet; one network is on the link itself and has nobody in it. The namespaces
// end with the program. The numbers are in docs/performance.md.
package discovery

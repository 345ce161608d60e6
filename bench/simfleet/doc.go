// Package simfleet is a fleet of hosts in one process: each enrolls as a real
// one does, has a key, a certificate and an address of its own on the loopback
// network, and answers the manager over mutual TLS. What they say about
// themselves is realistic (1,500 packages, 40 pending updates, distributions
// with dpkg and with rpm) and changes while the manager looks.
//
// It answers health, system, packages, patches and the renewal of certificates;
// it carries out no orders, and says so in its capabilities.
//
//	go run ./bench/simfleet/cmd/simfleet --help
//
// bench/fleet.sh starts a manager beside it and measures both.
package simfleet

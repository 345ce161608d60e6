// Package list measures how long the list of hosts and its facets take in a
// fleet of 10,000, from the use case on: PostgreSQL and everything in Go, without
// the HTTP request in front of it.
package list

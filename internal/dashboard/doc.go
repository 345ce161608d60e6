// Package dashboard adds the fleet up for the first page.
//
// What it guarantees: every number of hosts counts what the list that it links to shows,
// in the reader's scope, and what is not known counts as unknown, never as
// good. All numbers of one answer are of one moment.
//
// It reads what other domains publish and writes nothing.
package dashboard

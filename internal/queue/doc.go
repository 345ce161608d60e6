// Package queue sets up River, the engine for background work that is short
// and may be retried: previews, clean-up, mail, reports. It knows no domain.
//
// What it guarantees: a job that is inserted in a transaction exists exactly
// when that transaction commits. A job may run more than once when a process
// dies in it, so every worker must be able to run again.
//
// What must not go here: host runs and polls. A River worker that dies is
// noticed only after [rescueAfter]; those are leased rows of their domain and
// are taken over within 30 seconds.
package queue

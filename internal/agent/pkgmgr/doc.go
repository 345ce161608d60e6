// Package pkgmgr drives the package manager of one host.
//
// A [Manager] answers questions (what is installed, what is pending, what would
// a transaction do) by short read-only commands that it runs itself, and
// describes everything that changes the host as a [Command] that it does not
// run: the step machine in agent/task starts those in a process group of their
// own with files for output, so that a transaction outlives the agent.
//
// Files are read below [Host].Root and commands run through [Host].Run, so that
// tests drive the same code against real package managers in throw-away roots.
package pkgmgr

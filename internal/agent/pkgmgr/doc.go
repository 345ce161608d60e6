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
// Directories given to a Manager (cacheDir, SavedDir) are named as the host
// sees them.
//
// [APT], in the files apt_*.go, guarantees:
//
//   - A plan is what happens. The outcome of apt's resolver is spelled out with
//     exact versions and simulated again before it is answered; download and
//     install get the same arguments, so nothing else can come along.
//
//     order → survey (dpkg, apt policy, full upgrade simulated)
//     → select (named, security, excluded, pinned) → request → spell out → proof
//
//   - Held packages are never touched, nothing is removed without consent,
//     nothing is newly installed but dependencies, no run goes back in version
//     except a restore.
//
//   - A restore uses the saved files only, sees no repository, and is refused
//     when it would change anything else.
//
//   - Nothing asks: configuration files changed on the host are kept, apt's and
//     dpkg's questions have their answer, and automatic marks are put back.
//
// Parsers are in *_parse.go, each with recorded output in testdata and a fuzz
// target.
package pkgmgr

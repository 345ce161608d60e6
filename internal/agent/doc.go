// Package agent is the whole agent of one host: identity, step machine and the
// listener for the manager, put together.
//
//	a, err := agent.New(agent.Config{StateDir: "/var/lib/patch-agent", Manager: m})
//	err = a.Run(ctx)
//
// What it guarantees:
//   - One agent per state directory: a second one is refused before it touches
//     anything.
//   - Ending Run never ends a package tool; the next Run goes on with it.
//   - The package manager is asked one question at a time, whoever asks.
//
// Everything it needs of the machine (package manager, clock, listener, boot
// id, reboot) can be given in Config, so that a test runs an agent in process.
// The step machine starts this binary again as a supervisor of package tools;
// a test binary has to answer to that, see task.ToolCommand.
package agent

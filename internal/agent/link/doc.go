// Package link is the side of the agent that the manager talks to: an HTTPS
// listener that only the manager gets through, the agent API of package
// agentapi, and the event stream.
//
// What it guarantees:
//   - Two gates come before any HTTP: the address list and the handshake of
//     package identity.
//   - Every answer is the envelope, also for a path or method that is not
//     there, a body that is too large, a rate limit and a fault of our own.
//   - A field that this agent does not know is refused and named, never
//     ignored: it may be the one that limits what the order does. The same
//     holds for query parameters.
//   - Lists of packages and patches are computed once for each state of the
//     package database; an idle agent answers from memory, or with 304.
//   - An event stream tells each event once, in order, from the number asked
//     for; a client that reads too slowly is closed and comes back with it.
package link

// Package agentclient is the manager's side of the agent API.
//
// Guarantees:
//
//   - An answer is believed only when it came from the host that was asked: the
//     agent's certificate must chain to our root, be made for servers, carry the
//     URI SAN of exactly this host and pass the CA's own check (revocation).
//     Addresses prove nothing and are not compared.
//
//   - Connections of different hosts are never mixed, also when a host takes
//     over the address of another one.
//
//   - No answer can fill our memory or hold a caller for ever: every call has a
//     limit of bytes and of time, and redirects are not followed.
//
//   - Text in answers is valid UTF-8 without NUL, so that it can be stored.
//
//   - Every error is an [*Error] whose Kind says what to do about it:
//
//     Unreachable  no connection, or it broke      → try again later
//     Refused      one side refused the other's certificate → a person must look
//     Protocol     the answer is not the agent API → a person must look
//     AgentError   the agent answered with an error of its own (Error.Agent)
//
// Orders carry an idempotency key: the same key again answers with the same
// job, so every call here may be repeated after an error.
package agentclient

// Package agentapi is the wire between manager and agent: request, answer and
// event types, error codes and limits of the agent API, version 1. It holds
// data only and imports nothing but the standard library, so that both sides
// compile against the same words and neither drags the other in.
//
// Transport: HTTPS with TLS 1.3 on port 12443, client certificate required.
// Every JSON answer is an [Envelope]. Times are RFC 3339 in UTC. Sizes are
// bytes, durations are seconds unless the name says otherwise.
//
// A job has one numbering of events, [Event].Seq, starting at 1, shared by log
// lines and status changes. Whoever has read up to N asks for what comes after
// N and gets each later event once, in order, also after the agent restarted.
package agentapi

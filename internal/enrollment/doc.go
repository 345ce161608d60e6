// Package enrollment lets hosts in: an agent sends a certificate request, a
// person or a token approves it, the agent fetches its certificate.
//
// Guarantees:
//   - The private key of a host never travels, and nothing that a host claims
//     about itself is signed: a certificate names only the id that we gave.
//   - Nobody is let in twice by one use of a token, whatever happens at once.
//   - A request whose machine id or name belongs to another host waits for a
//     person, token or not, and the evidence is shown. A host that answers at
//     this moment is never merged with one that claims to be it.
//   - An agent with the name or address of a host that was registered before
//     becomes that host, and keeps its groups, labels and note. A token alone is
//     enough for that only from the registered address.
//   - The certificate waits for the agent until it says that it has it; an
//     agent that asks again with the same key finds its old request.
//   - Tokens and polling tokens are 256 random bits, stored as SHA-256, shown
//     once. Looking one up by its hash tells nothing about another.
//
// States of a request:
//
//	agent asks
//	    |
//	    |-- token, no collision --------------+
//	    v                                     v
//	[pending] -- a person approves --> [approved] -- agent has it --> acknowledged
//	  |    |
//	  |    +---- a person denies ----> [denied]
//	  +--------- 7 days -------------> [expired]
//
// Tables: enrollment_request, enrollment_token.
package enrollment

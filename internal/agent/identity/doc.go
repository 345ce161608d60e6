// Package identity holds what proves who this agent is and whom it obeys: a
// private key that never leaves the host, the certificate the manager's CA made
// for it, and that CA, pinned at enrollment by its fingerprint.
//
// What it guarantees:
//   - Enrollment talks to nobody but a manager whose certificate the CA with
//     the given fingerprint has signed; nothing is sent before that is proved.
//   - A certificate is taken only when it belongs to a key of this host and the
//     pinned CA has signed it. Key and certificate live in one file, replaced
//     atomically: there is no moment with half of a pair.
//   - A revocation list is checked before it is kept; a bad one changes nothing
//     and an expired one still counts.
//   - An enrollment that was interrupted goes on where it stopped.
//   - The server side accepts the manager and nobody else, not even another
//     holder of a certificate of the same CA.
//
// Enrollment:
//
//	new key, request sent > pending > approved > stored > acknowledged
//	                           |
//	                           +----> denied, unknown to the manager: sent again, once
//
// Files, in a directory only root can read:
//
//	identity.pem   private key, certificate, intermediates
//	ca.pem         the pinned CA
//	crl.pem        its revocation list
//	enroll.json    an enrollment under way: key and polling token
//	next.key       the key of a renewal under way
package identity

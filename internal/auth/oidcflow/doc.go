// Package oidcflow speaks OpenID Connect with a provider: discovery, the
// authorization code flow with PKCE (S256), and the checks of an ID token. It
// keeps nothing but metadata and keys of providers, for ten minutes; who the
// answer belongs to is its caller's business.
//
// # Guarantees
//
//   - An ID token is believed when it is signed with a key that the provider
//     publishes now, with an asymmetric algorithm ("none" and HS256 are refused
//     whatever the provider says), names this issuer, this client as audience and
//     authorised party, carries the nonce of the request, is not expired and was
//     not issued in the future (5 minutes of leeway).
//   - Claims of the user-info endpoint are believed when they are about the same
//     subject; the ID token's own come first.
//   - Outgoing calls go to https only (http: a loopback issuer that is configured
//     so), end after 10 seconds, read 1 MiB at most, and follow redirects on the
//     same host only. They go to where an admin points the issuer and to the
//     endpoints that this issuer names, also inside the own network: many
//     providers live there. What comes back is parsed and not shown, but for the
//     provider's own error words.
//   - A [Problem] says which step failed and what to do, in words for an admin. It
//     never carries a code, a token or a secret.
package oidcflow

// Package ca is the product's own certificate authority: it says who is the
// manager, which host is which, and lets agents recognise the manager's
// address at enrollment.
//
// Guarantees:
//   - The root key is made once, at first start, stays in one file of mode 0600
//     and never leaves it. A crash while it is made leaves nothing half done:
//     the certificate is made again from the key that is there.
//   - A certificate is written to ca_certificate before it is signed, in the
//     transaction of the change that it belongs to.
//   - A certificate has one purpose (profiles.go): the manager's is for clients
//     only, a host's for servers only, and a host's names nothing but the host:
//     no name or address that a host claims is ever signed, so no host can pass
//     as the manager or as another host.
//   - A revoked certificate is refused at the next connection.
//   - Every certificate is renewed when a third of its life is left, the hosts'
//     over their existing connection with a new key.
//
// Files in the directory:
//
//	root.key     private key of the root, PKCS#8 PEM, 0600
//	root.crt     root certificate, PEM, public
//	manager.pem  the manager's client key and certificate, 0600
//	ui.pem       key and certificate of the web listener, 0600
//	lock         held while files are made, so that processes that start together make them once
//
// Table: ca_certificate.
package ca

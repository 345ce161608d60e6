// Package auth knows who calls: users, passwords, sign-ins, tokens, and the
// [Actor] that every use case acts for.
//
// # Guarantees
//
//   - Passwords are stored as Argon2id (64 MiB, 3 passes, 1 lane). At most four
//     are computed at once, and each one's memory is collected before the next
//     begins, so that a flood of guesses costs 256 MiB and no more.
//   - A wrong password, an unknown user, a disabled user and one without a
//     password answer alike and cost alike: nobody learns which accounts exist.
//   - A password alone opens nothing. See "Sign-in".
//   - An attempt is counted before the password or the code is looked at and taken
//     back when it was right, so that guesses sent at the same time do not escape
//     the count. See "Lockout".
//   - An access token (JWT, EdDSA, 15 minutes) is only a name for a session: each
//     request reads session and user by primary key, without a cache. Ending a
//     session, disabling a user or changing a role is in force with the next
//     request, in every process. The token's role member is for the browser; the
//     database decides.
//   - A refresh token (256 bits, stored as SHA-256) works once. See "Refresh".
//   - While a user must change the password, everything else answers 403; then,
//     while a second factor is to be set up, everything but that.
//   - Every sign-in, good and bad, sign-out, re-use and password change is in the
//     audit trail, in the transaction of the act, with address and request id.
//     The name of a user that does not exist is not recorded: people type their
//     password into the wrong field. Attempts that are refused unseen, because a
//     lock is in force, are not recorded one by one; the lock is.
//   - No password, code, key or token is ever logged or audited.
//
// # Sign-in
//
//	name and password --right--> a factor is set up? --yes--> challenge --code or passkey--> session
//	                                     |
//	                                     no
//	                                     v
//	                             restricted session --first factor--> ends; session
//
// The restricted session can change the password, set up a factor and nothing
// else, and never becomes more: with the first factor it ends, as do all others
// that were begun with a password alone, and a full session begins. A challenge is
// a row: 5 minutes, 5 codes, one use, ended with the user's sessions. Everything
// that begins a full session ends in completeSignIn, which holds the user's row,
// so that a reset of the user comes before it or after, never in between.
//
// # Second factor
//
// TOTP (RFC 6238: SHA-1, 30 s, 6 digits, one step early or late). The key is made
// here, sealed for its user alone, and waits for its first code beside the one in
// force for 15 minutes. The step of a code that was taken is stored, in one guarded
// update, and no code of that step or an earlier one is taken again, by any process.
// Recovery codes: 10 of 100 random bits, made with the first factor, stored as
// SHA-256, each taken once in one guarded update. They stand in for a factor and
// are none: without one they open nothing.
//
// A session notes when a second factor was last shown (mfa_at). Dangerous acts want
// it within the last 5 minutes (Actor.RequireFresh); step-up shows it once more. The
// first factor is set up without; every later change of the factors is such an act,
// and the last one cannot be removed.
//
// # Passkeys
//
// A passkey alone signs in: the device is one factor and has verified its user,
// which is the other. It belongs to the name of the page (http.public_url, and
// localhost), so it cannot be shown to another site. Each ceremony is a row, is
// answered once within 5 minutes, by the page that began it. A counter that goes
// back is refused: there may be a copy. The lock that wrong passwords put on an
// account does not hold passkeys back.
//
// # Users
//
// Administrators make users with a one-time password, change, disable and delete
// them; role, groups and being disabled are in force with the next request.
// Changes happen one after the other, under a lock: so at least one enabled
// administrator with a password always remains, also when two take each other's
// role at the same moment. Nobody disables, demotes or deletes themselves.
// Deleting takes sessions, tokens, factors and memberships along; the audit trail
// and the jobs hold names and stay as they are.
//
// # API tokens
//
// A token ("pmt_" and 256 bits, stored as SHA-256) acts for its user until it
// expires, is revoked, or the user is disabled or deleted, has to change the
// password or to set up a second factor. With each use it may what its own role
// and the user's both allow; an operator's and an auditor's have in common to
// read the operator's hosts. It never does what takes a person: see permission.go.
//
// # Session
//
//	         login: everything right
//	                 |
//	                 v
//	refresh ---> [ active ] ----------------------------------------> [ended]
//	  ^  |           |  logout, password_changed, password_reset, refresh_reused, …
//	  +--+           v
//	            [ expired ]  1 hour without refresh, 12 hours in any case
//
// # Refresh
//
// Each refresh takes a token and gives the next one of the same family. A token
// that was used before means that two parties hold the family, and nobody can
// tell which one is the thief: the session ends at once, with all its tokens,
// and that is audited. There is no time of grace in which a used token is
// accepted, because a thief would have it too. Of two refreshes at the same
// moment one succeeds and the other ends the session. The browser therefore
// refreshes one at a time, across its tabs (a named lock), and asks for a
// sign-in when an answer was lost on the way.
//
// # Lockout
//
// Failures are counted in rows, for all processes together: per account (whether
// it exists or not) and per address (an IPv6 address by its /64, because a
// household has that many). From the 5th failure on an account, the 20th from an
// address (many people share one), each failure locks for 1, 2, 4, 8, then always 15
// minutes. While locked, attempts are refused with 429 and count nothing. An hour
// without failure forgets.
//
// Codes, of TOTP and recovery, of sign-in and step-up, are counted apart from
// passwords and longer: up to an hour, forgotten after a day. The right password
// does not clear them, so that new challenges give no new guesses: about 30 a day,
// each right with 3 in a million. A full sign-in clears the account.
//
// Whoever was right takes back their own count from the address, not those of
// others: a guesser with one account of his own must not be able to clear his
// address.
//
// Nobody can keep somebody else out. A browser in which a user has signed in with
// everything is known by a cookie for 180 days; it has a count of its own, and
// neither what strangers do to the account nor what neighbours do to the address
// holds it back. The cookie signs nobody in, is replaced at each sign-in, and is of
// one user. Passkeys are counted by address alone. Whoever has neither waits 15
// minutes at most, or has the password reset.
//
// Refresh tokens that never were ours are counted per address, apart from sign-ins:
// from the 60th on they are refused unseen, but not those of known browsers.
//
// # Single sign-on
//
// A browser goes to a provider with state, nonce and PKCE (S256), and comes back
// within 10 minutes:
//
//		start --> [ flow ] --callback, same browser--> identity --> session
//		             |  \                                |--> own second factor, or its set-up
//		             |   another browser: not found      |--> link, step-up, test
//		             v                                   v
//		          10 minutes: gone                    refused: a page with a code
//
//	  - The flow is a row, so that any process takes the browser back. It holds the
//	    hash of the state, the sealed nonce and verifier, and the hash of a cookie of
//	    the browser; it works once, whatever comes of it.
//	  - Somebody is found by provider, issuer and subject alone. Links are made by a
//	    signed-in user with a fresh second factor, or with a new account; no account
//	    that exists is taken over by name or e-mail address.
//	  - Role and groups follow the claims with each sign-in, under the lock of users;
//	    the last local admin keeps the role.
//	  - The browser ends on a path of this site. A challenge for the own second
//	    factor travels in the fragment of that address, which no server sees.
//	  - A test of a provider changes nothing but its own row.
//	  - The client secret is sealed, never shown, and sent to no other issuer than
//	    the one it was entered for.
//
// What is believed of a provider's answer is said in oidcflow.
//
// # Signing keys
//
// A key signs for 90 days and verifies for 24 hours more. Any process that finds
// no key in force makes one, under a lock. A rotation on the console retires the
// keys in force, which is all that it takes: sessions go on, because every
// process looks for the key to sign with anew, and remembers one to verify with
// for ten seconds. The private half is sealed with the
// key file and never leaves the process that opened it; a key that cannot be
// opened, because the key file was replaced, is passed over, and its tokens
// verify until they end.
package auth

// Package audit keeps the trail: one row per act, written in the transaction
// of the act, chained by hash, only ever appended to.
//
// # Guarantees
//
//   - No audit row, no change: [Append] takes the transaction of the change, and
//     its error must roll that transaction back.
//   - Ids are 1, 2, 3 … without gaps. One transaction appends at a time: an
//     advisory lock is taken by the first Append and held until the transaction
//     ends, so that the chain cannot fork and an id that was taken is committed.
//     Append therefore comes last in a transaction: whoever waits for other rows
//     afterwards holds up everybody, and may deadlock with one who has the rows
//     and waits for the chain. Only a lock that is taken after the chain by
//     everybody (that of the job events) may follow.
//     The transaction must be read committed, PostgreSQL's default: an older
//     snapshot would not see the end of the chain and fails on the primary key.
//   - The database refuses update and truncate of rows, and every delete but that
//     of retention. That stops mistakes; an owner of the database can remove the
//     trigger, and for that there are chain, tree and checkpoints.
//   - New rows are in a signed checkpoint within 10 s. What does not continue what
//     was signed before is not signed, but written down as a break.
//   - A verification finds the first row that was edited, deleted, inserted, moved
//     or cut off the end, and a past that was computed anew, as long as whoever
//     did it has not the key. Who throws away all checkpoints as well, or restores
//     an old database, is found by the checkpoints outside of it.
//   - An exported checkpoint is in the file exactly once, in order, whatever is
//     killed when.
//   - Retention removes rows up to a checkpoint, and says so in the trail; what is
//     left verifies as before.
//   - No secrets: details with a member that is named like one are refused, and
//     texts that look like a token or a private key are replaced.
//
// # The chain
//
//	row 1                     row 2                     row 3
//	prev_hash = 32 zero bytes prev_hash = row_hash(1)   prev_hash = row_hash(2)
//	row_hash  = H(1) -------> row_hash  = H(2) -------> row_hash  = H(3)
//
// # Canonical encoding, version 1
//
// row_hash is SHA-256 over the bytes
//
//	"patch-manager audit v1" 0x00
//	field(id) field(at)
//	field(actor_kind) field(actor_id) field(actor_name)
//	field(action)
//	field(target_kind) field(target_id) field(target_name)
//	field(details) field(address) field(request_id)
//	field(prev_hash)
//
// where field(x) is the length of x in bytes as 8 bytes big endian, then x:
//
//	id          8 bytes, big endian
//	at          8 bytes, big endian two's complement: microseconds since 1970 UTC
//	prev_hash   32 bytes
//	all others  the text in UTF-8, exactly as it is stored
//
// The length before each field makes the encoding injective: two different rows
// never encode alike. details is the stored JSON text (members sorted by name
// at every depth, no white space), not a database JSON value, which would be
// reordered. A change of this encoding needs a new version word and a column
// that says which version a row has.
//
// # Tree
//
// The Merkle tree of RFC 6962, as golang.org/x/mod/sumdb/tlog makes it. Row n is
// leaf n-1, and the data of its leaf are the 32 bytes of its row_hash:
//
//	leaf = SHA-256(0x00, row_hash)
//	node = SHA-256(0x01, left, right)
//
// The row's hash stands for its content, so that a proof needs nothing but the
// row itself. audit_hash holds the hashes in tlog's storage order as far as the
// newest checkpoint; they are computed with it, not by Append.
//
// # Checkpoint
//
// A note (golang.org/x/mod/sumdb/note, Ed25519) whose text has five lines, each
// ended by a newline:
//
//	<name of the key>
//	<number of rows, decimal>
//	<root of the tree over them, base64>
//	head <row_hash of the last of them, lower-case hex>
//	at <time of signing, RFC 3339, UTC>
//
// The key is in the file audit.key of the data directory, mode 0600; its public
// half in audit.pub. Where retention has pruned, the checkpoint that ends there
// stays: its head is what the first kept row follows, and of the tree under it
// stay the roots of its full subtrees, from which every later proof is made.
//
// # Export, version 1
//
// JSON objects, one a line: a header with the newest checkpoint, the entries in
// ascending order each with its inclusion proof, and an end whose note signs
//
//	<name of the key>/export
//	entries <number of entries, decimal>
//	sha256 <of every byte before the last line, lower-case hex>
//
// # Verification
//
//	         +--> intact
//	running -+--> broken: the first break, as a kind, a row and a sentence
//	         +--> failed: could not be carried out; says nothing about the trail
//
// One runs a day and when somebody asks. It walks in parts of a minute, each over
// one snapshot, and goes on where the last one stopped.
//
// Tables: audit_entry, audit_hash, audit_checkpoint, audit_export (how far each
// place outside has the checkpoints), audit_verification.
package audit

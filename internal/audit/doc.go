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
//   - The database refuses update, delete and truncate of rows. That stops
//     mistakes; an owner of the database can remove the trigger, and for that
//     there is the chain.
//   - [Verify] finds the first row that was edited, deleted, inserted or moved.
//     It cannot find rows cut off the end, nor a whole chain that was computed
//     anew: both need a signed checkpoint outside of the database, which this
//     package does not make.
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
package audit

package audit

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/db"
)

// BreakKind says what is wrong with the chain.
type BreakKind string

// Kinds of breaks.
const (
	BreakMissing  BreakKind = "missing"  // a row that must be there is not: deleted, or moved elsewhere
	BreakEdited   BreakKind = "edited"   // a row does not say what it said when it was written
	BreakUnlinked BreakKind = "unlinked" // a row was not written behind the one before it: inserted, replaced or reordered

	BreakTruncated BreakKind = "truncated" // rows that a checkpoint counts are gone from the end
	BreakRewritten BreakKind = "rewritten" // the rows are not those that were signed: a fork, or a chain computed anew
	BreakForged    BreakKind = "forged"    // a checkpoint is not signed with the key, or does not say what its row says
	BreakRestored  BreakKind = "restored"  // a checkpoint outside of the database is newer than the trail: an old backup
)

// Break is the first place where the chain does not hold.
type Break struct {
	ID     int64
	Kind   BreakKind
	Detail string
}

// Report is the result of a verification.
type Report struct {
	From    int64  // first row that was checked
	Checked int64  // rows that hold
	LastID  int64  // last row that holds; From-1 when none does
	Hash    []byte // its hash: what a checkpoint signs
	Break   *Break // nil: everything from From to the end holds
}

// verifyBatch bounds memory: 1,000 rows of at most 66 KiB, typically 500 KiB.
const verifyBatch = 1000

// Verify follows the chain from row from (1 or less: the beginning) to its end,
// or to the first break. A later start trusts the hash of the row before it. It
// reads in batches; rows appended meanwhile are included or not.
func Verify(ctx context.Context, q db.Querier, from int64) (Report, error) {
	v, err := newVerifier(ctx, q, max(from, 1))
	if err != nil {
		return Report{}, fmt.Errorf("verify audit chain: %w", err)
	}
	for v.rep.Break == nil {
		rows, err := readChain(ctx, q, v.rep.LastID+1, verifyBatch)
		if err != nil {
			return Report{}, fmt.Errorf("verify audit chain: %w", err)
		}
		v.follow(rows)
		if len(rows) < verifyBatch {
			break
		}
	}
	v.rep.Hash = v.last[:]
	return v.rep, nil
}

type verifier struct {
	rep  Report
	last hash
}

func newVerifier(ctx context.Context, q db.Querier, from int64) (*verifier, error) {
	v := &verifier{rep: Report{From: from, LastID: from - 1}}
	if from == 1 {
		return v, nil
	}
	h, found, err := rowHash(ctx, q, from-1)
	if err != nil {
		return nil, err
	}
	if !found {
		v.rep.Break = missing(from - 1)
	}
	v.last = h
	return v, nil
}

func (v *verifier) follow(rows []chained) {
	for _, r := range rows {
		if v.rep.Break = judge(r, v.rep.LastID+1, v.last); v.rep.Break != nil {
			return
		}
		v.last = r.own
		v.rep.LastID = r.id
		v.rep.Checked++
	}
}

func missing(id int64) *Break {
	return &Break{id, BreakMissing, fmt.Sprintf("row %d is missing", id)}
}

// stamp shows a time in a sentence.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

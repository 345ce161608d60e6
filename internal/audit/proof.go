package audit

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
)

// Proof shows that a row is in a signed tree.
type Proof struct {
	Row        Row
	LeafHash   tlog.Hash
	Index      int64 // of the leaf: the row's id less one
	Hashes     []tlog.Hash
	Checkpoint Checkpoint
}

// Prove proves that a row is in the tree of the newest checkpoint, which is
// signed now when it does not hold the row yet.
func (s *Service) Prove(ctx context.Context, id int64) (Proof, error) {
	row, found, err := Get(ctx, s.db, id)
	if err != nil {
		return Proof{}, err
	}
	if !found {
		return Proof{}, apierr.NotFound("audit entry")
	}
	c, found, err := s.Checkpoint(ctx)
	if err != nil {
		return Proof{}, err
	}
	if !found || c.Size < id {
		return Proof{}, apierr.Conflict("audit_not_signed", "The trail is broken: row %d is not signed, and cannot be.", id)
	}
	proofs, err := newProver(s.db, c.Size).prove(ctx, []int64{id})
	if err != nil {
		return Proof{}, err
	}
	var own hash
	if err := own.UnmarshalText([]byte(row.RowHash)); err != nil {
		return Proof{}, err
	}
	return Proof{Row: row, LeafHash: leafOf(own), Index: id - 1, Hashes: proofs[0], Checkpoint: c}, nil
}

// prover makes inclusion proofs in one tree, in ascending order of rows.
// Neighbours share most of their hashes, which it keeps.
type prover struct {
	q    db.Querier
	size int64
	have map[int64]tlog.Hash
}

func newProver(q db.Querier, size int64) *prover {
	return &prover{q: q, size: size, have: map[int64]tlog.Hash{}}
}

// prove makes the proofs of some rows with one query.
func (p *prover) prove(ctx context.Context, ids []int64) ([]tlog.RecordProof, error) {
	need := map[int64]bool{}
	if err := p.each(ids, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		for _, i := range indexes {
			need[i] = true
		}
		return make([]tlog.Hash, len(indexes)), nil
	}), nil); err != nil {
		return nil, err
	}
	if err := p.fetch(ctx, need); err != nil {
		return nil, err
	}
	out := make([]tlog.RecordProof, 0, len(ids))
	err := p.each(ids, tlog.HashReaderFunc(p.read), func(r tlog.RecordProof) { out = append(out, r) })
	return out, err
}

func (p *prover) each(ids []int64, r tlog.HashReader, keep func(tlog.RecordProof)) error {
	for _, id := range ids {
		proof, err := tlog.ProveRecord(p.size, id-1, r)
		if err != nil {
			return fmt.Errorf("prove row %d: %w", id, err)
		}
		if keep != nil {
			keep(proof)
		}
	}
	return nil
}

// fetch reads what is needed and not known, and forgets what is not needed.
func (p *prover) fetch(ctx context.Context, need map[int64]bool) error {
	for i := range p.have {
		if !need[i] {
			delete(p.have, i)
		}
	}
	var missing []int64
	for i := range need {
		if _, ok := p.have[i]; !ok {
			missing = append(missing, i)
		}
	}
	slices.Sort(missing)
	fresh, err := readHashes(ctx, p.q, missing)
	if err != nil {
		return err
	}
	for i, h := range fresh {
		p.have[i] = h
	}
	return nil
}

func (p *prover) read(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for n, i := range indexes {
		h, ok := p.have[i]
		if !ok {
			return nil, fmt.Errorf("hash %d of the tree is missing: verify the trail", i)
		}
		out[n] = h
	}
	return out, nil
}

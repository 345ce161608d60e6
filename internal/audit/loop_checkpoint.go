package audit

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"patchmanager/internal/db"
)

// checkpointBatch bounds what one checkpoint signs, and so the memory and the
// time that the tree is held.
const checkpointBatch = 5000

func (s *Service) checkpointOnce(ctx context.Context) (again bool, err error) {
	n, err := s.sign(ctx)
	return n == checkpointBatch, err
}

// Checkpoint signs everything that is in the trail now and returns the newest
// checkpoint; false when the trail is empty.
func (s *Service) Checkpoint(ctx context.Context) (Checkpoint, bool, error) {
	for {
		n, err := s.sign(ctx)
		if err != nil {
			return Checkpoint{}, false, err
		}
		if n < checkpointBatch {
			break
		}
	}
	stored, found, err := newestCheckpoint(ctx, s.db)
	if err != nil || !found {
		return Checkpoint{}, false, err
	}
	c, broken := stored.open(s.key.known)
	if broken != nil {
		return Checkpoint{}, false, fmt.Errorf("the newest checkpoint: %s", broken.Detail)
	}
	return c, true, nil
}

// sign extends the tree by the rows behind the newest checkpoint and signs its
// head. What does not continue what was signed before is not signed: it is
// written down as a break.
func (s *Service) sign(ctx context.Context) (signed int, err error) {
	var broken *Break
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		if err := lockTree(ctx, tx); err != nil {
			return err
		}
		signed, broken, err = s.signIn(ctx, tx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sign audit checkpoint: %w", err)
	}
	if broken != nil {
		return 0, s.noteBreak(ctx, *broken)
	}
	return signed, nil
}

func (s *Service) signIn(ctx context.Context, tx db.Tx) (int, *Break, error) {
	w, broken, err := s.resume(ctx, tx)
	if err != nil || broken != nil {
		return 0, broken, err
	}
	rows, err := readChain(ctx, tx, w.Tree.Size+1, checkpointBatch)
	if err != nil {
		return 0, nil, err
	}
	if len(rows) == 0 {
		broken, err := shortened(ctx, tx, w)
		return 0, broken, err
	}
	from := tlog.StoredHashCount(w.Tree.Size)
	var fresh []tlog.Hash
	for _, r := range rows {
		hs, broken := w.step(r)
		if broken != nil {
			return 0, broken, nil
		}
		fresh = append(fresh, hs...)
	}
	if err := storeHashes(ctx, tx, from, fresh); err != nil {
		return 0, nil, err
	}
	c, err := s.key.sign(Checkpoint{Size: w.Tree.Size, Root: w.Tree.root(), Head: w.Last, At: s.now()})
	if err != nil {
		return 0, nil, err
	}
	return len(rows), nil, insertCheckpoint(ctx, tx, c)
}

// resume stands where the newest checkpoint was signed, having checked that the
// stored tree is the one that was signed.
func (s *Service) resume(ctx context.Context, tx db.Tx) (*walker, *Break, error) {
	stored, found, err := newestCheckpoint(ctx, tx)
	if err != nil || !found {
		return &walker{}, nil, err
	}
	c, broken := stored.open(s.key.known)
	if broken != nil {
		return nil, broken, nil
	}
	tree, whole, err := readFrontier(ctx, tx, c.Size)
	if err != nil {
		return nil, nil, err
	}
	if !whole || tree.root() != c.Root {
		return nil, treeBreak(c.Size), nil
	}
	return &walker{Last: c.Head, Tree: tree}, nil, nil
}

func treeBreak(size int64) *Break {
	return &Break{size, BreakRewritten, fmt.Sprintf("the stored tree over the first %d rows is not the one that was signed", size)}
}

// shortened looks, where there is nothing to sign, whether the last signed row
// is still there.
func shortened(ctx context.Context, tx db.Tx, w *walker) (*Break, error) {
	if w.Tree.Size == 0 {
		return nil, nil
	}
	h, found, err := rowHash(ctx, tx, w.Tree.Size)
	switch {
	case err != nil:
		return nil, err
	case !found:
		last, err := lastRow(ctx, tx)
		return truncated(last, w.Tree.Size), err
	case h != w.Last:
		return &Break{w.Tree.Size, BreakRewritten, fmt.Sprintf("row %d is not the one that was signed", w.Tree.Size)}, nil
	}
	return nil, nil
}

func truncated(last, size int64) *Break {
	return &Break{last + 1, BreakTruncated, fmt.Sprintf("the trail ends with row %d, but a checkpoint has signed %d rows: "+
		"the end was cut off, or the database is an older one", last, size)}
}

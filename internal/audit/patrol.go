package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// patrol is one part of a verification: it walks over the rows of one snapshot
// and compares the tree that it builds from them with the stored one, with
// every checkpoint, and with what was exported.
type patrol struct {
	s       *Service
	tx      db.Tx
	id      ids.ID
	outside *outside
	until   time.Time

	w      *walker
	newest *CheckpointRef // checked
	last   int64          // row of the snapshot
	signed int64          // size of the newest checkpoint
}

// walk goes on until the end, a break, or the end of its time.
func (p *patrol) walk(ctx context.Context, progress json.RawMessage) (*Break, bool, error) {
	broken, err := p.begin(ctx, progress)
	for err == nil && broken == nil && p.w.Tree.Size < p.last {
		if broken, err = p.batch(ctx); err != nil || broken != nil {
			break
		}
		if err = p.save(ctx); err == nil && !p.s.clock.Now().Before(p.until) {
			return nil, false, nil
		}
	}
	if err != nil || broken != nil {
		return broken, true, err
	}
	broken, err = p.end(ctx)
	return broken, true, err
}

func (p *patrol) begin(ctx context.Context, progress json.RawMessage) (broken *Break, err error) {
	if p.last, err = lastRow(ctx, p.tx); err != nil {
		return nil, err
	}
	newest, found, err := newestCheckpoint(ctx, p.tx)
	if err != nil {
		return nil, err
	}
	if found {
		p.signed = newest.Size
	}
	if len(progress) > 0 {
		p.w, err = resumeWalk(progress)
		return nil, err
	}
	first, err := firstRow(ctx, p.tx)
	if err != nil {
		return nil, err
	}
	p.w, broken, err = anchor(ctx, p.tx, p.s.key, first-1)
	return broken, err
}

// anchor stands before the first kept row. What was pruned before it must end
// at a signed checkpoint, and of the tree under it must be left what is needed.
func anchor(ctx context.Context, q db.Querier, key *Key, pruned int64) (*walker, *Break, error) {
	if pruned == 0 {
		return &walker{}, nil, nil
	}
	stored, found, err := checkpointOf(ctx, q, pruned)
	if err != nil {
		return nil, nil, err
	}
	if !found {
		return nil, &Break{1, BreakMissing, fmt.Sprintf("rows 1 to %d are missing, and not because of retention: no checkpoint ends there", pruned)}, nil
	}
	c, broken := stored.open(key.known)
	if broken != nil {
		return nil, broken, nil
	}
	tree, whole, err := readFrontier(ctx, q, pruned)
	if err != nil {
		return nil, nil, err
	}
	if !whole || tree.root() != c.Root {
		return nil, treeBreak(pruned), nil
	}
	return &walker{Start: pruned, Last: c.Head, Tree: tree}, nil, nil
}

// batch checks some rows with the hashes and checkpoints that belong to them.
func (p *patrol) batch(ctx context.Context) (*Break, error) {
	from := p.w.Tree.Size
	rows, err := readChain(ctx, p.tx, from+1, verifyBatch)
	if err != nil {
		return nil, err
	}
	upTo := from + int64(len(rows))
	stored, err := rangeHashes(ctx, p.tx, tlog.StoredHashCount(from), tlog.StoredHashCount(upTo))
	if err != nil {
		return nil, err
	}
	marks, err := checkpointsBetween(ctx, p.tx, from, upTo, verifyBatch)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if broken := p.row(r, stored); broken != nil {
			return broken, nil
		}
		if len(marks) > 0 && marks[0].Size == r.id {
			if broken := p.mark(marks[0]); broken != nil {
				return broken, nil
			}
			marks = marks[1:]
		}
		if broken, err := p.outside.compare(p.w, p.s.key.known); err != nil || broken != nil {
			return broken, err
		}
	}
	return nil, nil
}

// row checks one row, and that the stored tree holds it.
func (p *patrol) row(r chained, stored map[int64]tlog.Hash) *Break {
	idx := tlog.StoredHashCount(p.w.Tree.Size)
	fresh, broken := p.w.step(r)
	if broken != nil || r.id > p.signed {
		return broken
	}
	for i, h := range fresh {
		if have, found := stored[idx+int64(i)]; !found || have != h {
			return &Break{r.id, BreakRewritten, fmt.Sprintf("row %d is not the one in the tree that was signed", r.id)}
		}
	}
	return nil
}

// mark checks a checkpoint of the rows so far.
func (p *patrol) mark(stored storedCheckpoint) *Break {
	c, broken := stored.open(p.s.key.known)
	if broken != nil {
		return broken
	}
	if broken := p.w.attest(c); broken != nil {
		return broken
	}
	p.newest = &CheckpointRef{c.Size, c.At}
	return nil
}

func (p *patrol) save(ctx context.Context) error {
	w := p.w
	return saveProgress(ctx, p.s.db, p.id, w.Tree.Size-w.Start, p.last-w.Start, p.newest, w)
}

// end checks what only the whole can show.
func (p *patrol) end(ctx context.Context) (*Break, error) {
	w := p.w
	if p.signed > w.Tree.Size {
		return truncated(p.last, p.signed), nil
	}
	if w.Start > 0 && w.Pruned != w.Start {
		return &Break{1, BreakMissing, fmt.Sprintf("rows 1 to %d are missing, and the trail does not say that they were pruned", w.Start)}, nil
	}
	extra, err := hashesFrom(ctx, p.tx, tlog.StoredHashCount(p.signed))
	if err != nil {
		return nil, err
	}
	if extra > 0 {
		return &Break{p.signed, BreakRewritten, fmt.Sprintf("the stored tree goes on behind the %d rows that were signed", p.signed)}, nil
	}
	if broken, err := p.outside.rest(w, p.s.key.known); err != nil || broken != nil {
		return broken, err
	}
	return nil, p.save(ctx)
}

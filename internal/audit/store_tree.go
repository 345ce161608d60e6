package audit

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"patchmanager/internal/db"
)

// checkpointLock is the advisory lock of whoever extends the tree or prunes.
const checkpointLock int64 = 0x706d_6175_6469_7402

// lockTree takes the tree until the end of tx.
func lockTree(ctx context.Context, tx db.Tx) error {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, checkpointLock); err != nil {
		return fmt.Errorf("lock the tree: %w", err)
	}
	return nil
}

// readHashes reads tree hashes by index; what is missing is left out.
func readHashes(ctx context.Context, q db.Querier, indexes []int64) (map[int64]tlog.Hash, error) {
	rows, err := q.Query(ctx, `select idx, hash from audit_hash where idx = any($1)`, indexes)
	if err != nil {
		return nil, fmt.Errorf("read tree hashes: %w", err)
	}
	return collectHashes(rows)
}

// rangeHashes reads the tree hashes from one index to before another.
func rangeHashes(ctx context.Context, q db.Querier, from, to int64) (map[int64]tlog.Hash, error) {
	rows, err := q.Query(ctx, `select idx, hash from audit_hash where idx >= $1 and idx < $2`, from, to)
	if err != nil {
		return nil, fmt.Errorf("read tree hashes: %w", err)
	}
	return collectHashes(rows)
}

func collectHashes(rows pgx.Rows) (map[int64]tlog.Hash, error) {
	out := map[int64]tlog.Hash{}
	var idx int64
	var b []byte
	_, err := pgx.ForEachRow(rows, []any{&idx, &b}, func() error {
		out[idx] = tlog.Hash(b)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read tree hashes: %w", err)
	}
	return out, nil
}

// readFrontier reads the frontier of a tree; false when a hash of it is missing.
func readFrontier(ctx context.Context, q db.Querier, size int64) (frontier, bool, error) {
	f := frontier{Size: size}
	indexes := frontierIndexes(size)
	have, err := readHashes(ctx, q, indexes)
	if err != nil {
		return f, false, err
	}
	for _, i := range indexes {
		h, ok := have[i]
		if !ok {
			return f, false, nil
		}
		f.Nodes = append(f.Nodes, h)
	}
	return f, true, nil
}

// storeHashes appends to the stored tree, from index from on.
func storeHashes(ctx context.Context, tx db.Tx, from int64, list []tlog.Hash) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"audit_hash"}, []string{"idx", "hash"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) { return []any{from + int64(i), list[i][:]}, nil }))
	if err != nil {
		return fmt.Errorf("store tree hashes: %w", err)
	}
	return nil
}

// hashesFrom counts the stored hashes from an index on.
func hashesFrom(ctx context.Context, q db.Querier, from int64) (n int64, err error) {
	if err = q.QueryRow(ctx, `select count(*) from audit_hash where idx >= $1`, from).Scan(&n); err != nil {
		return 0, fmt.Errorf("count tree hashes: %w", err)
	}
	return n, nil
}

// forgetHashes removes what lies under the first size leaves, but for the
// frontier, of which every later proof takes what it needs.
func forgetHashes(ctx context.Context, tx db.Tx, size int64) error {
	_, err := tx.Exec(ctx, `delete from audit_hash where idx < $1 and idx <> all($2)`,
		tlog.StoredHashCount(size), frontierIndexes(size))
	if err != nil {
		return fmt.Errorf("forget pruned tree hashes: %w", err)
	}
	return nil
}

func insertCheckpoint(ctx context.Context, tx db.Tx, c Checkpoint) error {
	_, err := tx.Exec(ctx, `insert into audit_checkpoint (size, root_hash, at, note) values ($1, $2, $3, $4)`,
		c.Size, c.Root[:], c.At, c.Note)
	if err != nil {
		return fmt.Errorf("store checkpoint: %w", err)
	}
	return nil
}

// storedCheckpoint is a checkpoint's row, not yet believed.
type storedCheckpoint struct {
	Checkpoint // without Head
}

// open checks the signature, and that the columns say what the note says.
func (s storedCheckpoint) open(known note.Verifiers) (Checkpoint, *Break) {
	c, err := openCheckpoint(s.Note, known)
	switch {
	case err != nil:
		return c, &Break{s.Size, BreakForged, fmt.Sprintf("the checkpoint of %d rows is forged: %v", s.Size, err)}
	case c.Size != s.Size || c.Root != s.Root || !c.At.Equal(s.At):
		return c, &Break{s.Size, BreakForged, fmt.Sprintf("the checkpoint of %d rows does not say what was signed", s.Size)}
	}
	return c, nil
}

const checkpointColumns = `select size, root_hash, at, note from audit_checkpoint `

func scanCheckpoint(row pgx.CollectableRow) (storedCheckpoint, error) {
	var c storedCheckpoint
	var root []byte
	err := row.Scan(&c.Size, &root, &c.At, &c.Note)
	copy(c.Root[:], root)
	return c, err
}

func oneCheckpoint(ctx context.Context, q db.Querier, sql string, args ...any) (storedCheckpoint, bool, error) {
	rows, err := q.Query(ctx, checkpointColumns+sql, args...)
	if err != nil {
		return storedCheckpoint{}, false, fmt.Errorf("read checkpoint: %w", err)
	}
	c, err := pgx.CollectOneRow(rows, scanCheckpoint)
	if db.IsNoRows(err) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("read checkpoint: %w", err)
	}
	return c, true, nil
}

func newestCheckpoint(ctx context.Context, q db.Querier) (storedCheckpoint, bool, error) {
	return oneCheckpoint(ctx, q, `order by size desc limit 1`)
}

func checkpointOf(ctx context.Context, q db.Querier, size int64) (storedCheckpoint, bool, error) {
	return oneCheckpoint(ctx, q, `where size = $1`, size)
}

// checkpointsBetween reads those of more than after and at most upTo rows.
func checkpointsBetween(ctx context.Context, q db.Querier, after, upTo int64, limit int) ([]storedCheckpoint, error) {
	rows, err := q.Query(ctx, checkpointColumns+`where size > $1 and size <= $2 order by size limit $3`, after, upTo, limit)
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanCheckpoint)
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	return list, nil
}

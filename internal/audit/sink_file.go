package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"patchmanager/internal/db"
)

// fileSink appends to a file, one checkpoint a line, flushed to the disk.
type fileSink struct{ path string }

func (f *fileSink) name() string { return "file:" + f.path }

func (f *fileSink) put(ctx context.Context, tx db.Tx, last int64) (upTo int64, more bool, err error) {
	file, err := openAppend(f.path)
	if err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	end, err := readEnd(file)
	if err != nil {
		return 0, false, fmt.Errorf("%s: %w", f.path, err)
	}
	from, err := end.goOn(ctx, tx, last)
	if err != nil {
		return 0, false, err
	}
	lines, upTo, err := due(ctx, tx, from)
	if err != nil || len(lines) == 0 {
		return max(from, last), false, err
	}
	if !bytes.HasPrefix(lines[0], end.torn) {
		return 0, false, fmt.Errorf("%s ends with half a line that is not ours; move the file away", f.path)
	}
	if _, err := file.Write(bytes.Join(lines, nil)[len(end.torn):]); err != nil {
		return 0, false, err
	}
	return upTo, len(lines) == exportBatch, file.Sync()
}

// openAppend opens the file, or makes it so that a crash does not lose its name.
func openAppend(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if !errors.Is(err, os.ErrNotExist) {
		return file, err
	}
	if file, err = os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o640); err != nil { //nolint:gosec // the group may collect it
		return nil, err
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// fileEnd is how a file ends.
type fileEnd struct {
	last *exported // the last whole line; nil when there is none
	torn []byte    // what follows it: a line that a crash or a full disk cut off
}

// readEnd reads the last whole line, and what follows it.
func readEnd(file *os.File) (fileEnd, error) {
	st, err := file.Stat()
	if err != nil {
		return fileEnd{}, err
	}
	tail := make([]byte, min(st.Size(), 2*maxLine))
	if _, err := file.ReadAt(tail, st.Size()-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return fileEnd{}, err
	}
	cut := bytes.LastIndexByte(tail, '\n') + 1
	end := fileEnd{torn: tail[cut:]}
	if cut == 0 {
		return end, nil
	}
	begin := bytes.LastIndexByte(tail[:cut-1], '\n') + 1
	end.last = &exported{}
	if err := json.Unmarshal(tail[begin:cut], end.last); err != nil {
		return end, errors.New("its last line is no checkpoint; choose a file that nothing else writes to")
	}
	return end, nil
}

// goOn is the checkpoint behind which to go on: the last one in the file, if it
// is one of ours. A file that was moved away, or that is ahead of a database
// restored from a backup, goes on behind what was noted.
func (e fileEnd) goOn(ctx context.Context, tx db.Tx, noted int64) (int64, error) {
	if e.last == nil {
		return noted, nil
	}
	known, found, err := checkpointOf(ctx, tx, e.last.Size)
	if err != nil {
		return 0, err
	}
	if found && known.Note == e.last.Note {
		return e.last.Size, nil
	}
	return noted, nil
}

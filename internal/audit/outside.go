package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// exported is one line of the file outside of the database: a checkpoint. The
// note is what counts.
type exported struct {
	Size int64     `json:"size"`
	Root string    `json:"root_hash"`
	At   time.Time `json:"at"`
	Note string    `json:"note"`
}

// line is the checkpoint as it is exported; the same one always looks the same.
func (s storedCheckpoint) line() ([]byte, error) {
	b, err := json.Marshal(exported{Size: s.Size, Root: s.Root.String(), At: s.At.UTC(), Note: s.Note})
	if err != nil {
		return nil, fmt.Errorf("encode checkpoint: %w", err)
	}
	return append(b, '\n'), nil
}

// maxLine bounds a line that is read: a checkpoint has about 500 bytes.
const maxLine = 16 << 10

// outside reads the exported checkpoints in the order in which they were
// written, as far as the file went when it was opened.
type outside struct {
	path string
	file *os.File
	read *bufio.Scanner
	line int
	next *exported
}

// openOutside opens the exported file, if there is one.
func (s *Service) openOutside() (*outside, error) {
	set := s.settings()
	if set.Export != ExportFile {
		return &outside{}, nil
	}
	f, err := os.Open(set.ExportPath)
	if errors.Is(err, fs.ErrNotExist) {
		return &outside{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open exported checkpoints: %w", err)
	}
	st, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open exported checkpoints: %w", err), f.Close())
	}
	o := &outside{path: set.ExportPath, file: f, read: bufio.NewScanner(io.LimitReader(f, st.Size()))}
	o.read.Buffer(make([]byte, 0, 4096), maxLine)
	o.read.Split(wholeLines)
	return o, nil
}

// wholeLines leaves out a last line without its end: it is being written.
func wholeLines(data []byte, _ bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	return 0, nil, nil
}

func (o *outside) close() {
	if o.file != nil {
		_ = o.file.Close() // was only read
	}
}

// peek is the next exported checkpoint; nil at the end.
func (o *outside) peek() (*exported, *Break, error) {
	if o.next != nil || o.read == nil {
		return o.next, nil, nil
	}
	if !o.read.Scan() {
		if err := o.read.Err(); err != nil {
			return nil, nil, fmt.Errorf("read exported checkpoints: %w", err)
		}
		return nil, nil, nil
	}
	o.line++
	e, ok := parseExported(o.read.Bytes())
	if !ok {
		return nil, &Break{0, BreakForged, fmt.Sprintf("line %d of %s is no checkpoint", o.line, o.path)}, nil
	}
	o.next = &e
	return o.next, nil, nil
}

// parseExported is false for what is no checkpoint; what it is instead does not matter.
func parseExported(line []byte) (e exported, ok bool) {
	err := json.Unmarshal(line, &e)
	return e, err == nil
}

// compare checks the exported checkpoint of as many rows as were walked over.
// Those of rows that were pruned, or walked over before, are passed by.
func (o *outside) compare(w *walker, known note.Verifiers) (*Break, error) {
	for {
		e, broken, err := o.peek()
		if err != nil || broken != nil || e == nil || e.Size > w.Tree.Size {
			return broken, err
		}
		o.next = nil
		if e.Size < w.Tree.Size {
			continue
		}
		c, broken := o.open(e, known)
		if broken == nil {
			broken = w.attest(c)
		}
		if broken != nil {
			broken.Detail = fmt.Sprintf("%s (line %d of %s)", broken.Detail, o.line, o.path)
			return broken, nil
		}
	}
}

func (o *outside) open(e *exported, known note.Verifiers) (Checkpoint, *Break) {
	c, err := openCheckpoint(e.Note, known)
	if err != nil || c.Size != e.Size {
		return c, &Break{e.Size, BreakForged, fmt.Sprintf("an exported checkpoint of %d rows is forged", e.Size)}
	}
	return c, nil
}

// rest looks whether something was exported that the trail no longer has.
func (o *outside) rest(w *walker, known note.Verifiers) (*Break, error) {
	e, broken, err := o.peek()
	for err == nil && broken == nil && e != nil && e.Size <= w.Tree.Size { // an earlier part of the walk compared it
		o.next = nil
		e, broken, err = o.peek()
	}
	if err != nil || broken != nil || e == nil {
		return broken, err
	}
	if _, broken := o.open(e, known); broken != nil {
		return broken, nil
	}
	return &Break{w.Tree.Size + 1, BreakRestored, fmt.Sprintf("the trail ends with row %d, but %s has a checkpoint of %d rows: "+
		"the end was cut off, or an old backup was restored", w.Tree.Size, o.path, e.Size)}, nil
}

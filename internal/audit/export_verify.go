package audit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	stdhash "hash"
	"io"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ExportReport is what an export proves.
type ExportReport struct {
	Entries    int64     // that hold
	Complete   bool      // all rows from FirstID to TreeSize, not a selection
	FirstID    int64     // the oldest row that was kept
	TreeSize   int64     // rows that the checkpoint signs
	SignedAt   time.Time // of the checkpoint
	ExportedAt time.Time
	KeyName    string
	Filter     map[string]string
	Break      *ExportBreak // nil: everything holds
}

// ExportBreak is the first place where an export does not hold.
type ExportBreak struct {
	Line   int   // of the file, from 1
	ID     int64 // of the row; 0 when it is about the file
	Detail string
}

// maxExportLine bounds a line: details have at most 64 KiB.
const maxExportLine = 1 << 20

// VerifyExport checks an export against public keys, without database or
// network, in memory that does not grow with it. An error says that the file
// could not be read at all.
func VerifyExport(r io.Reader, known note.Verifiers) (ExportReport, error) {
	v := &exportVerifier{known: known, digest: sha256.New(), lines: bufio.NewReaderSize(r, 64<<10)}
	for v.rep.Break == nil && !v.ended {
		line, err := v.next()
		if err != nil {
			return v.rep, err
		}
		v.take(line)
	}
	if v.rep.Break == nil {
		if line, err := v.next(); err != nil || len(line) > 0 {
			_ = v.fail(0, "there is something behind the last line")
			return v.rep, err
		}
	}
	return v.rep, nil
}

type exportVerifier struct {
	known  note.Verifiers
	lines  *bufio.Reader
	digest stdhash.Hash

	rep   ExportReport
	line  int
	check Checkpoint
	last  chained // the entry before
	ended bool
}

// fail notes the break; its result is nil, so that callers end with it.
func (v *exportVerifier) fail(id int64, format string, args ...any) error {
	v.rep.Break = &ExportBreak{Line: v.line, ID: id, Detail: fmt.Sprintf(format, args...)}
	return nil
}

// next reads one line with its end; empty at the end of the file.
func (v *exportVerifier) next() ([]byte, error) {
	var line []byte
	for {
		part, err := v.lines.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxExportLine {
			return nil, fmt.Errorf("line %d is longer than any export's", v.line+1)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read export: %w", err)
		}
		v.line++
		return line, nil
	}
}

func (v *exportVerifier) take(line []byte) {
	if len(line) == 0 || line[len(line)-1] != '\n' {
		_ = v.fail(0, "the export is cut off: its last line is missing")
		return
	}
	var kind struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		_ = v.fail(0, "the line is damaged: it is no JSON object")
		return
	}
	switch {
	case v.line == 1 && kind.Kind == lineHeader:
		v.header(line)
	case v.line > 1 && kind.Kind == lineEntry:
		v.entry(line)
	case v.line > 1 && kind.Kind == lineEnd:
		v.end(line)
		return // it does not sign itself
	default:
		_ = v.fail(0, "a line of kind %q does not belong here", kind.Kind)
	}
	v.digest.Write(line)
}

func (v *exportVerifier) header(line []byte) {
	var h exportHeader
	if err := json.Unmarshal(line, &h); err != nil || h.Format != exportFormat {
		_ = v.fail(0, "the first line is not the header of an export that this program knows (%s)", exportFormat)
		return
	}
	v.rep.Complete, v.rep.Filter, v.rep.FirstID = len(h.Filter) == 0, h.Filter, h.FirstID
	v.rep.TreeSize, v.rep.KeyName, v.rep.ExportedAt = h.TreeSize, h.KeyName, h.ExportedAt
	if h.TreeSize == 0 && h.Checkpoint == "" {
		return // an empty trail
	}
	var err error
	if v.check, err = openCheckpoint(h.Checkpoint, v.known); err != nil {
		_ = v.fail(0, "the checkpoint is forged: %v. The export names the key %q", err, h.KeyName)
		return
	}
	if v.check.Size != h.TreeSize {
		_ = v.fail(0, "the header speaks of %d rows, its checkpoint of %d", h.TreeSize, v.check.Size)
	}
	v.rep.SignedAt = v.check.At
}

func (v *exportVerifier) entry(line []byte) {
	var e exportEntry
	if err := json.Unmarshal(line, &e); err != nil {
		_ = v.fail(0, "the entry is damaged: %v", err)
		return
	}
	r, err := e.chained()
	if err != nil {
		_ = v.fail(e.ID, "the details of entry %d are damaged", e.ID)
		return
	}
	if v.placed(r) && v.written(r) && v.proved(r, e.Proof) {
		v.last = r
		v.rep.Entries++
	}
}

// placed checks the order, and in a complete export that no row is missing.
func (v *exportVerifier) placed(r chained) bool {
	want := v.last.id + 1
	if v.rep.Entries == 0 {
		want = v.rep.FirstID
	}
	switch {
	case r.id < want:
		_ = v.fail(r.id, "entry %d is doubled or not in its place: entry %d stands before it", r.id, v.last.id)
	case r.id > v.rep.TreeSize:
		_ = v.fail(r.id, "entry %d was added: the checkpoint signs %d rows", r.id, v.rep.TreeSize)
	case r.id > want && v.rep.Complete:
		_ = v.fail(want, "entry %d is missing", want)
	}
	return v.rep.Break == nil
}

// written checks the entry's own hash, and the link to its neighbour.
func (v *exportVerifier) written(r chained) bool {
	switch {
	case r.sum(r.prev) != r.own:
		_ = v.fail(r.id, "entry %d is not what was written: its hash does not fit its content", r.id)
	case v.rep.Entries > 0 && v.last.id == r.id-1 && r.prev != v.last.own:
		_ = v.fail(r.id, "entry %d was not written behind entry %d as it is now", r.id, v.last.id)
	}
	return v.rep.Break == nil
}

// proved checks that the entry is in the signed tree.
func (v *exportVerifier) proved(r chained, proof tlog.RecordProof) bool {
	if err := tlog.CheckRecord(proof, v.check.Size, v.check.Root, r.id-1, leafOf(r.own)); err != nil {
		_ = v.fail(r.id, "entry %d is not in the tree that was signed: it was made up or changed together with its hash, or its proof was", r.id)
	}
	return v.rep.Break == nil
}

func (v *exportVerifier) end(line []byte) {
	v.ended = true
	var e exportEnd
	if err := json.Unmarshal(line, &e); err != nil {
		_ = v.fail(0, "the last line is damaged: %v", err)
		return
	}
	if v.rep.Complete && v.rep.TreeSize > 0 && v.last.id != v.rep.TreeSize {
		next := max(v.last.id+1, v.rep.FirstID)
		_ = v.fail(next, "entry %d is missing: the checkpoint signs %d rows", next, v.rep.TreeSize)
		return
	}
	n, err := note.Open([]byte(e.Note), v.known)
	if err != nil {
		_ = v.fail(0, "the last line is forged: %v (%v)", errUnsigned, err)
		return
	}
	want := endText(n.Sigs[0].Name, v.rep.Entries, v.digest)
	if n.Text == want {
		return
	}
	if !bytes.HasPrefix([]byte(n.Text), fmt.Appendf(nil, "%s/export\nentries %d\n", n.Sigs[0].Name, v.rep.Entries)) {
		_ = v.fail(0, "entries were removed or added: %d stand here, and the manager signed another number of them", v.rep.Entries)
		return
	}
	_ = v.fail(0, "the export is not as the manager wrote it: a line was changed or exchanged although each entry holds by itself")
}

package audit

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is a signed statement about the rows 1 … Size; the package comment
// has its form.
type Checkpoint struct {
	Size int64
	Root tlog.Hash
	At   time.Time
	Head hash   // row_hash of row Size
	Note string // text and signature
}

// errUnsigned is a note that none of the known keys has signed.
var errUnsigned = errors.New("it is not signed with the known key")

// sign makes the note of a checkpoint.
func (k *Key) sign(c Checkpoint) (Checkpoint, error) {
	c.At = c.At.UTC().Truncate(time.Microsecond)
	signed, err := note.Sign(&note.Note{Text: c.text(k.Name())}, k.signer)
	if err != nil {
		return c, fmt.Errorf("sign checkpoint: %w", err)
	}
	c.Note = string(signed)
	return c, nil
}

func (c Checkpoint) text(origin string) string {
	return fmt.Sprintf("%s\n%d\n%s\nhead %s\nat %s\n", origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]),
		hex.EncodeToString(c.Head[:]), c.At.Format(time.RFC3339Nano))
}

// openCheckpoint reads a note and checks its signature.
func openCheckpoint(text string, known note.Verifiers) (Checkpoint, error) {
	n, err := note.Open([]byte(text), known)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w (%w)", errUnsigned, err)
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return c, fmt.Errorf("the signed text is not a checkpoint: %w", err)
	}
	if c.text(n.Sigs[0].Name) != n.Text {
		return c, errors.New("the signed text is not a checkpoint of this key")
	}
	c.Note = text
	return c, nil
}

func parseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 6 {
		return c, errors.New("it has not five lines")
	}
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 1 {
		return c, errors.New("its second line is not a number of rows")
	}
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return c, errors.New("its third line is not a hash")
	}
	head, err := hex.DecodeString(strings.TrimPrefix(lines[3], "head "))
	if err != nil || len(head) != len(c.Head) {
		return c, errors.New("its fourth line is not the hash of a row")
	}
	copy(c.Head[:], head)
	if c.At, err = time.Parse(time.RFC3339Nano, strings.TrimPrefix(lines[4], "at ")); err != nil {
		return c, errors.New("its fifth line is not a time")
	}
	return c, nil
}

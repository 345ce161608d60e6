package audit

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	stdhash "hash"
	"io"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Kinds of lines of an export.
const (
	lineHeader = "header"
	lineEntry  = "entry"
	lineEnd    = "end"
)

// exportFormat names the form of a file; a change of it gets a new number.
const exportFormat = "patch-manager audit export v1"

// exportHeader is the first line.
type exportHeader struct {
	Kind       string            `json:"kind"`
	Format     string            `json:"format"`
	ExportedAt time.Time         `json:"exported_at"`
	KeyName    string            `json:"key_name"`
	Filter     map[string]string `json:"filter"`     // empty: every row from first_id to tree_size
	FirstID    int64             `json:"first_id"`   // the oldest row that is kept
	TreeSize   int64             `json:"tree_size"`  // rows that the checkpoint signs; 0: there are none
	Checkpoint string            `json:"checkpoint"` // the signed note
}

// exportEntry is one row with its inclusion proof.
type exportEntry struct {
	Kind      string           `json:"kind"`
	ID        int64            `json:"id"`
	At        time.Time        `json:"at"`
	Actor     exportActor      `json:"actor"`
	Action    string           `json:"action"`
	Target    exportActor      `json:"target"`
	Details   json.RawMessage  `json:"details"`
	Address   string           `json:"address"`
	RequestID string           `json:"request_id"`
	PrevHash  hash             `json:"prev_hash"`
	RowHash   hash             `json:"row_hash"`
	Proof     tlog.RecordProof `json:"proof"`
}

type exportActor struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// exportEnd is the last line. Its note signs the number of entries and the
// SHA-256 of everything before it.
type exportEnd struct {
	Kind    string `json:"kind"`
	Entries int64  `json:"entries"`
	Note    string `json:"note"`
}

// jsonlExport writes one JSON object a line.
type jsonlExport struct {
	e       *Export
	w       io.Writer
	digest  stdhash.Hash
	entries int64
}

func (j *jsonlExport) put(v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // details stay as they were hashed
	if err := enc.Encode(v); err != nil {
		return err
	}
	j.digest.Write(b.Bytes())
	_, err := j.w.Write(b.Bytes())
	return err
}

func (j *jsonlExport) begin(first int64) error {
	return j.put(exportHeader{Kind: lineHeader, Format: exportFormat, ExportedAt: j.e.at, KeyName: j.e.s.key.Name(),
		Filter: j.e.filter.words(), FirstID: first, TreeSize: j.e.checkpoint.Size, Checkpoint: j.e.checkpoint.Note})
}

func (j *jsonlExport) rows(list []chained, proofs []tlog.RecordProof) error {
	for i, r := range list {
		if err := j.put(entryOf(r, proofs[i])); err != nil {
			return fmt.Errorf("write row %d: %w", r.id, err)
		}
		j.entries++
	}
	return nil
}

func entryOf(r chained, proof tlog.RecordProof) exportEntry {
	if proof == nil {
		proof = tlog.RecordProof{}
	}
	return exportEntry{Kind: lineEntry, ID: r.id, At: r.at.UTC(), Actor: exportActor{r.actorKind, r.actorID, r.actorName}, Action: r.action,
		Target: exportActor{r.targetKind, r.targetID, r.targetName}, Details: detailsJSON(r.details), Address: r.address, RequestID: r.requestID,
		PrevHash: r.prev, RowHash: r.own, Proof: proof}
}

// chained is the row that an entry says it is.
func (e exportEntry) chained() (chained, error) {
	details := string(e.Details)
	if strings.HasPrefix(details, `"`) {
		if err := json.Unmarshal(e.Details, &details); err != nil {
			return chained{}, err
		}
	}
	return chained{content: content{id: e.ID, at: e.At, actorKind: e.Actor.Kind, actorID: e.Actor.ID, actorName: e.Actor.Name, action: e.Action,
		targetKind: e.Target.Kind, targetID: e.Target.ID, targetName: e.Target.Name, details: details, address: e.Address, requestID: e.RequestID},
		prev: e.PrevHash, own: e.RowHash}, nil
}

func (j *jsonlExport) end() error {
	n := note.Note{Text: endText(j.e.s.key.Name(), j.entries, j.digest)}
	signed, err := note.Sign(&n, j.e.s.key.signer)
	if err != nil {
		return fmt.Errorf("sign export: %w", err)
	}
	return j.put(exportEnd{Kind: lineEnd, Entries: j.entries, Note: string(signed)})
}

// endText is what the last line signs. Its first line differs from that of a
// checkpoint: neither can be taken for the other.
func endText(origin string, entries int64, digest stdhash.Hash) string {
	return fmt.Sprintf("%s/export\nentries %d\nsha256 %s\n", origin, entries, hex.EncodeToString(digest.Sum(nil)))
}

package audit

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"patchmanager/internal/db"
)

// ExportFormat is how the trail is written out.
type ExportFormat string

// Formats.
const (
	FormatJSONL ExportFormat = "jsonl" // with proofs, to be verified
	FormatCSV   ExportFormat = "csv"   // to be read
)

// Export is a chosen part of the trail, to be written out once.
type Export struct {
	s          *Service
	format     ExportFormat
	filter     Filter
	checkpoint Checkpoint
	count      int64
	at         time.Time
}

// BeginExport signs what is in the trail, counts what the filter chooses of it,
// and writes down who exports that: an export that is not in the trail does
// not happen. by completes the entry, which is not part of the export itself.
func (s *Service) BeginExport(ctx context.Context, format ExportFormat, f Filter, by Entry) (*Export, error) {
	e := &Export{s: s, format: format, filter: f, at: s.now()}
	var err error
	if e.checkpoint, _, err = s.Checkpoint(ctx); err != nil {
		return nil, fmt.Errorf("export audit trail: %w", err)
	}
	if e.count, err = countChosen(ctx, e.s.db, e.filter, e.checkpoint.Size); err != nil {
		return nil, fmt.Errorf("export audit trail: %w", err)
	}
	by.Action, by.Target = actionExport, Target{Kind: "audit"}
	by.Details = map[string]any{"format": string(format), "filter": f.words(), "rows": e.count, "tree_size": e.checkpoint.Size}
	if err := s.db.InTx(ctx, func(tx db.Tx) error { return Append(ctx, tx, by) }); err != nil {
		return nil, fmt.Errorf("export audit trail: %w", err)
	}
	return e, nil
}

// Count is how many rows will be written.
func (e *Export) Count() int64 { return e.count }

// FileName is what a browser saves it as.
func (e *Export) FileName() string {
	return "audit-" + e.at.Format("20060102-150405") + "." + string(e.format)
}

// words is the filter as it is written down.
func (f Filter) words() map[string]string {
	out := map[string]string{}
	for name, value := range map[string]string{"q": f.Query, "action": f.Action, "actor_id": f.ActorID, "actor_kind": f.ActorKind,
		"target_kind": f.TargetKind, "target_id": f.TargetID, "address": f.Address} {
		if value != "" {
			out[name] = value
		}
	}
	if !f.From.IsZero() {
		out["from"] = f.From.UTC().Format(time.RFC3339Nano)
	}
	if !f.To.IsZero() {
		out["to"] = f.To.UTC().Format(time.RFC3339Nano)
	}
	return out
}

// exportRows is how many rows are in memory at a time.
const exportRows = 500

// WriteTo writes the export. Its memory does not grow with the trail. Whoever
// gets only a part of it notices: the last line is missing, or the file is
// shorter than the trail says.
func (e *Export) WriteTo(ctx context.Context, w io.Writer) error {
	buffered := bufio.NewWriterSize(w, 64<<10)
	var to exportWriter = &csvExport{w: csv.NewWriter(buffered)}
	if e.format == FormatJSONL {
		to = &jsonlExport{e: e, w: buffered, digest: sha256.New()}
	}
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, e.s.db.Pool, snapshot, func(tx db.Tx) error { return e.write(ctx, tx, to) })
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return fmt.Errorf("write audit export: %w", err)
	}
	return nil
}

// exportWriter is one format.
type exportWriter interface {
	begin(first int64) error
	rows(list []chained, proofs []tlog.RecordProof) error
	end() error
}

func (e *Export) write(ctx context.Context, tx db.Tx, to exportWriter) error {
	first, err := firstRow(ctx, tx)
	if err != nil {
		return err
	}
	if err := to.begin(first); err != nil {
		return err
	}
	p := newProver(tx, e.checkpoint.Size)
	for last := int64(0); ; {
		list, err := readChosen(ctx, tx, e.filter, last, e.checkpoint.Size, exportRows)
		if err != nil || len(list) == 0 {
			return orEnd(err, to)
		}
		last = list[len(list)-1].id
		var proofs []tlog.RecordProof
		if e.format == FormatJSONL {
			if proofs, err = p.prove(ctx, idsOf(list)); err != nil {
				return err
			}
		}
		if err := to.rows(list, proofs); err != nil {
			return err
		}
	}
}

func orEnd(err error, to exportWriter) error {
	if err != nil {
		return err
	}
	return to.end()
}

func idsOf(list []chained) []int64 {
	out := make([]int64, len(list))
	for i, r := range list {
		out[i] = r.id
	}
	return out
}

// csvExport is for spreadsheets.
type csvExport struct{ w *csv.Writer }

func (c *csvExport) begin(int64) error {
	return c.w.Write([]string{"id", "at", "actor_kind", "actor_id", "actor_name", "action", "target_kind", "target_id",
		"target_name", "details", "address", "request_id", "prev_hash", "row_hash"})
}

func (c *csvExport) rows(list []chained, _ []tlog.RecordProof) error {
	for _, r := range list {
		line := []string{strconv.FormatInt(r.id, 10), r.at.UTC().Format(time.RFC3339Nano), r.actorKind, r.actorID, r.actorName, r.action,
			r.targetKind, r.targetID, r.targetName, r.details, r.address, r.requestID, hex.EncodeToString(r.prev[:]), hex.EncodeToString(r.own[:])}
		for i, cell := range line {
			line[i] = noFormula(cell)
		}
		if err := c.w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

func (c *csvExport) end() error {
	c.w.Flush()
	return c.w.Error()
}

// noFormula keeps spreadsheets from carrying out a cell: a host may call itself
// =HYPERLINK(…).
func noFormula(cell string) string {
	if cell != "" {
		switch cell[0] {
		case '=', '+', '-', '@', '\t', '\r':
			return "'" + cell
		}
	}
	return cell
}

// detailsJSON is the text of details as JSON: itself, or, where somebody has
// tampered with it so that it is none, quoted.
func detailsJSON(text string) json.RawMessage {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	quoted, err := json.Marshal(text)
	if err != nil { // cannot happen: any string can be encoded
		panic(err)
	}
	return quoted
}

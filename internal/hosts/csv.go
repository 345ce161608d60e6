package hosts

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"patchmanager/internal/apierr"
)

// Limits of an import: the largest fleet, at two hundred bytes a host.
const (
	MaxImport     = 2 << 20
	maxImportRows = 10_000
)

// csvColumns are the columns of an import; any order, none twice. One of the
// first two has to be there.
var csvColumns = []string{"name", "address", "port", "groups", "labels", "note"}

// csvRow is one line of an import, as it was written.
type csvRow struct {
	line   int // in the text, from 1; the header is one
	fields map[string]string
	extra  int // fields beyond the header's
}

func (r csvRow) get(column string) string { return r.fields[column] }

// list reads a field with several entries, separated by bars: commas and
// semicolons separate the fields.
func (r csvRow) list(column string) []string {
	var out []string
	for e := range strings.SplitSeq(r.get(column), "|") {
		if e = strings.TrimSpace(e); e != "" && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// port is 0 when none is given.
func (r csvRow) port() (int, bool) {
	text := r.get("port")
	if text == "" {
		return 0, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 1 && n <= 65535
}

// parseCSV reads the text of an import. What makes all of it doubtful is an
// error; what is wrong with one row is said by whoever judges the row.
func parseCSV(text []byte) ([]csvRow, error) {
	if len(text) > MaxImport {
		return nil, badCSV("", "Must have at most %d KiB. Import it in parts.", MaxImport>>10)
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if line := brokenLine(text); line > 0 {
		return nil, badCSV(lineText(line), "This is not UTF-8 text. Save the file as CSV in UTF-8.")
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = delimiter(text), -1, true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, badCSV("", "There is no line in it. The first line names the columns: %s.", strings.Join(csvColumns, ", "))
	}
	if err != nil {
		return nil, syntaxError(err)
	}
	columns, err := readHeader(header)
	if err != nil {
		return nil, err
	}
	return readRows(r, columns)
}

func readRows(r *csv.Reader, columns []string) ([]csvRow, error) {
	var rows []csvRow
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, syntaxError(err)
		}
		if len(rows) == maxImportRows {
			return nil, badCSV("", "Must have at most %d hosts. Import it in parts.", maxImportRows)
		}
		if row, any := readRow(r, columns, record); any {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return nil, badCSV("", "It names columns and no host.")
	}
	return rows, nil
}

// readRow passes over lines of nothing but delimiters, which tables end with.
func readRow(r *csv.Reader, columns, record []string) (row csvRow, any bool) {
	row.fields = make(map[string]string, len(columns))
	row.line, _ = r.FieldPos(0)
	for i, f := range record {
		f = strings.TrimSpace(f)
		any = any || f != ""
		if i < len(columns) {
			row.fields[columns[i]] = f
		} else if f != "" {
			row.extra++
		}
	}
	return row, any
}

func readHeader(header []string) ([]string, error) {
	columns := make([]string, len(header))
	for i, h := range header {
		name := strings.ToLower(strings.TrimSpace(h))
		switch {
		case name == "" && i >= len(header)-1:
			columns = columns[:i] // a delimiter at the end of the line
			continue
		case !slices.Contains(csvColumns, name):
			return nil, badCSV(clip(h, 100), "There is no such column. The columns are %s.", strings.Join(csvColumns, ", "))
		case slices.Contains(columns[:i], name):
			return nil, badCSV(name, "This column is there twice.")
		}
		columns[i] = name
	}
	if !slices.Contains(columns, "name") && !slices.Contains(columns, "address") {
		return nil, badCSV("", "One of the columns name and address has to be there.")
	}
	return columns, nil
}

// delimiter is the one that the first line has more of.
func delimiter(text []byte) rune {
	line, _, _ := bytes.Cut(bytes.TrimLeft(text, "\r\n"), []byte("\n"))
	if bytes.Count(line, []byte(";")) > bytes.Count(line, []byte(",")) {
		return ';'
	}
	return ','
}

// brokenLine is the first line that is no text; 0: none.
func brokenLine(text []byte) int {
	if utf8.Valid(text) && !bytes.ContainsRune(text, 0) {
		return 0
	}
	line := 1
	for l := range bytes.Lines(text) {
		if !utf8.Valid(l) || bytes.ContainsRune(l, 0) {
			break
		}
		line++
	}
	return line
}

func syntaxError(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return badCSV(lineText(p.StartLine), "The quotes do not match: a field with quotes begins and ends with one, and doubles those inside.")
	}
	return badCSV("", "It cannot be read: %s.", err)
}

func lineText(n int) string { return fmt.Sprintf("line %d", n) }

func badCSV(value, format string, args ...any) error {
	return apierr.Invalid(apierr.Detail{Field: "csv", Value: value, Message: fmt.Sprintf(format, args...)})
}

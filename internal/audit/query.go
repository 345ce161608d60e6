package audit

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/db"
)

// Row is a stored entry, for reading.
type Row struct {
	ID        int64
	At        time.Time
	Actor     Actor
	Action    string
	Target    Target
	Details   json.RawMessage
	Address   string
	RequestID string
	PrevHash  string // hex
	RowHash   string // hex
}

// Filter chooses rows; empty fields choose all.
type Filter struct {
	Query      string // words that each begin a word of the row's names, ids or details; or a request id
	TargetKind string
	TargetID   string
	ActorID    string
	ActorKind  string
	Action     string // exactly, or with all below it when it ends in ".": "session."
	Address    string
	From       time.Time // at or after
	To         time.Time // before
	Limit      int       // 0: 50; at most 500
	Offset     int
}

// maxPage bounds one answer.
const maxPage = 500

// MaxTotal is where counting the rows that a filter chooses stops: more rows are
// counted as this many. Nobody turns so many pages, and counting a million rows
// would make each of them slow.
const MaxTotal = 10_000

// List returns the rows that the filter chooses, newest first, and how many
// there are in all, or MaxTotal. Without a filter the number is exact.
func List(ctx context.Context, q db.Querier, f Filter) ([]Row, int, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	total, err := countRows(ctx, q, f)
	if err != nil {
		return nil, 0, fmt.Errorf("list audit entries: %w", err)
	}
	rows, err := listRows(ctx, q, f, total)
	if err != nil {
		return nil, 0, fmt.Errorf("list audit entries: %w", err)
	}
	return rows, total, nil
}

// ForTarget returns what was done to one object, newest first, and how many
// such entries there are. The caller has checked that its reader may see the
// object.
func ForTarget(ctx context.Context, q db.Querier, kind, id string, limit, offset int) ([]Row, int, error) {
	return List(ctx, q, Filter{TargetKind: kind, TargetID: id, Limit: limit, Offset: offset})
}

// where is the condition of a filter. Only what is asked for is in it: each
// combination gets the plan that suits it.
func (f Filter) where() (string, pgx.NamedArgs) {
	conds, args := []string{"true"}, pgx.NamedArgs{}
	equal := func(column, value string) {
		if value != "" {
			conds = append(conds, column+" = @"+column)
			args[column] = value
		}
	}
	equal("target_kind", f.TargetKind)
	equal("target_id", f.TargetID)
	equal("actor_id", f.ActorID)
	equal("actor_kind", f.ActorKind)
	equal("address", f.Address)
	if prefix, ok := strings.CutSuffix(f.Action, "."); ok {
		// "/" follows ".": the range holds exactly what begins with the prefix
		conds = append(conds, `action collate "C" >= @action_from and action collate "C" < @action_to`)
		args["action_from"], args["action_to"] = prefix+".", prefix+"/"
	} else if f.Action != "" {
		conds, args["action"] = append(conds, `action collate "C" = @action`), f.Action
	}
	if !f.From.IsZero() {
		conds, args["at_from"] = append(conds, "at >= @at_from"), f.From
	}
	if !f.To.IsZero() {
		conds, args["at_to"] = append(conds, "at < @at_to"), f.To
	}
	if words := searchWords(f.Query); f.Query != "" {
		conds = append(conds, `(audit_words(actor_name, action, target_id, target_name, details) @@ to_tsquery('simple', @words)
			or (request_id = @request and request_id <> ''))`)
		args["words"], args["request"] = words, strings.ToUpper(strings.TrimSpace(f.Query))
	}
	return strings.Join(conds, " and "), args
}

// searchWords makes a query of words that all must occur, each as a beginning.
// The words are letters and digits alone, as in the index.
func searchWords(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	for i, w := range words {
		words[i] = w + ":*"
	}
	return strings.Join(words, " & ")
}

// isEmpty reports whether the filter chooses every row.
func (f Filter) isEmpty() bool {
	f.Limit, f.Offset = 0, 0
	return f == Filter{}
}

// Get returns one row; false when there is none.
func Get(ctx context.Context, q db.Querier, id int64) (Row, bool, error) {
	list, err := pageOf(ctx, q, `id = @id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return Row{}, false, fmt.Errorf("read audit entry: %w", err)
	}
	if len(list) == 0 {
		return Row{}, false, nil
	}
	return list[0], true, nil
}

func (c chained) row() Row {
	return Row{ID: c.id, At: c.at.UTC(), Actor: Actor{ActorKind(c.actorKind), c.actorID, c.actorName}, Action: c.action,
		Target: Target{c.targetKind, c.targetID, c.targetName}, Details: json.RawMessage(c.details),
		Address: c.address, RequestID: c.requestID, PrevHash: hex.EncodeToString(c.prev[:]), RowHash: hex.EncodeToString(c.own[:])}
}

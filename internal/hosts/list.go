package hosts

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Filter chooses and orders hosts. Empty members choose all.
type Filter struct {
	Query    string
	States   []State
	OS       []string
	Pending  string // any, security, none
	Reboot   *bool
	Groups   []ids.ID // in one of these, as far as the scope knows them
	NoGroup  bool     // or in none
	Sort     string   // name, state, os, pending, security, last_seen
	Desc     bool
	Page     int // from 1
	PageSize int
}

// List returns one page of the hosts in a scope.
func (s *Service) List(ctx context.Context, scope Scope, f Filter) (HostPage, error) {
	page, err := listHosts(ctx, s.db, scope, f)
	if err != nil {
		return page, err
	}
	for i := range page.Items {
		page.Items[i].Next = nextSentence(page.Items[i])
	}
	return page, nil
}

// Get returns one host in a scope.
func (s *Service) Get(ctx context.Context, scope Scope, id ids.ID) (Host, error) {
	h, err := getHost(ctx, s.db, scope, id)
	if db.IsNoRows(err) {
		return h, apierr.NotFound("host")
	}
	h.Next = nextSentence(h.HostRow)
	return h, err
}

// sortKeys are the orders of a list. Unknown numbers come last in both
// directions: they are neither many nor few.
var sortKeys = map[string]string{
	"":          "lower(h.name) %s",
	"name":      "lower(h.name) %s",
	"state":     "array_position(array['unreachable','degraded','unknown','healthy'], h.state::text) %s",
	"os":        "coalesce(h.os, '') %s",
	"pending":   "s.total %s nulls last",
	"security":  "s.security %s nulls last",
	"last_seen": "h.last_seen_at %s nulls last",
}

func (f Filter) where(scope Scope) (string, pgx.NamedArgs) {
	cond := []string{"h.removed_at is null", scope.SQL("h.id")}
	args := pgx.NamedArgs{}
	if f.Query != "" {
		cond = append(cond, `(h.name ilike @q or h.fqdn ilike @q or h.address ilike @q or h.os ilike @q)`)
		args["q"] = "%" + likeEscaper.Replace(f.Query) + "%"
	}
	if len(f.States) > 0 {
		cond = append(cond, "h.state::text = any(@states)")
		args["states"] = texts(stateNames(f.States))
	}
	if len(f.OS) > 0 {
		cond = append(cond, "coalesce(h.os, '') = any(@os)")
		args["os"] = f.OS
	}
	if f.Reboot != nil {
		cond = append(cond, "h.reboot_needed = @reboot")
		args["reboot"] = *f.Reboot
	}
	if cond = append(cond, f.groups(scope)...); len(f.Groups) > 0 {
		args["groups"] = f.Groups
	}
	switch f.Pending {
	case "any":
		cond = append(cond, "s.total > 0")
	case "security":
		cond = append(cond, "s.security > 0")
	case "none":
		cond = append(cond, "s.total = 0")
	}
	return " where " + strings.Join(cond, " and "), args
}

// groups is the condition on the groups of a host. A group that the scope does
// not know chooses nothing: who is in it is not to be found out by filtering.
func (f Filter) groups(scope Scope) []string {
	var any []string
	if len(f.Groups) > 0 {
		any = append(any, `exists (select from host_group_host fg where fg.host_id = h.id and fg.group_id = any(@groups) and `+scope.GroupSQL("fg.group_id")+")")
	}
	if f.NoGroup {
		any = append(any, "not exists (select from host_group_host fn where fn.host_id = h.id)")
	}
	if len(any) == 0 {
		return nil
	}
	return []string{"(" + strings.Join(any, " or ") + ")"}
}

// likeEscaper makes a user's text stand for itself in a pattern.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func stateNames(list []State) []string {
	var names []string
	for _, s := range list {
		names = append(names, string(s))
	}
	return names
}

func (f Filter) order() string {
	dir := "asc"
	if f.Desc {
		dir = "desc"
	}
	key, ok := sortKeys[f.Sort]
	if !ok {
		key = sortKeys[""]
	}
	return " order by " + fmt.Sprintf(key, dir) + ", h.id"
}

// rowTargets are where the columns of rowColumns go; fill must follow.
type rowTargets struct {
	row     *HostRow
	pending [8]*int
	job     struct {
		id          *ids.ID
		kind, state *string
		number      *int64
	}
	groupIDs   []ids.ID
	groupNames []string
}

func (t *rowTargets) list() []any {
	r, p := t.row, &t.pending
	return []any{&r.ID, &r.Name, &r.FQDN, &r.Address, &r.Port, &r.State, &r.StateSince, &r.StateReason,
		&r.OS, &r.OSVersion, &r.Kernel, &r.Architecture, &r.AgentVersion,
		&p[0], &p[1], &p[2], &p[3], &p[4], &p[5], &p[6], &p[7], &r.PendingCheckedAt,
		&r.RebootNeeded, &r.LastSeenAt, &r.EnrolledAt, &t.job.id, &t.job.kind, &t.job.state, &t.job.number, &r.healthDue, &r.refreshing,
		&t.groupIDs, &t.groupNames}
}

func (t *rowTargets) fill() {
	if p := t.pending; p[0] != nil {
		t.row.Pending = &Pending{*p[0], *p[1], *p[2], *p[3], *p[4], *p[5], *p[6], *p[7]}
	} else {
		t.row.PendingCheckedAt = nil
	}
	t.row.Groups = make([]GroupRef, len(t.groupIDs))
	for i := range t.groupIDs {
		t.row.Groups[i] = GroupRef{t.groupIDs[i], t.groupNames[i]}
	}
	if j := t.job; j.id != nil {
		t.row.CurrentJob = &CurrentJob{*j.id, *j.kind, *j.state}
		t.row.currentNumber = *j.number
	}
}

func scanRow(row pgx.CollectableRow) (HostRow, error) {
	var r HostRow
	t := rowTargets{row: &r}
	err := row.Scan(t.list()...)
	t.fill()
	return r, err
}

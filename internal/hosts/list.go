package hosts

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// List returns one page of the hosts in a scope.
func (s *Service) List(ctx context.Context, scope Scope, f Filter) (HostPage, error) {
	page, err := listHosts(ctx, s.db, scope, f, s.now())
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
	"":              "lower(h.name) %s",
	"name":          "lower(h.name) %s",
	"state":         "array_position(array['unreachable','degraded','unknown','healthy'], h.state::text) %s",
	"state_since":   "h.state_since %s",
	"os":            "coalesce(h.os, '') %s",
	"agent_version": versionOrder + " %s nulls last",
	"pending":       "s.total %s nulls last",
	"security":      "s.security %s nulls last",
	"critical":      "s.critical %s nulls last",
	"last_seen":     "h.last_seen_at %s nulls last",
	"certificate":   "h.certificate_expires_at %s nulls last",
	"reboot":        "h.reboot_needed %s nulls last",
	"enrolled_at":   "h.enrolled_at %s nulls last",
}

// versionOrder compares the numbers of an agent's version: as texts 1.10 would
// come before 1.9.
const versionOrder = `string_to_array(substring(h.agent_version from '^\d{1,9}(?:\.\d{1,9})*'), '.')::int[]`

// bySummary says that an order reads s, host_patch_summary_v.
func (f Filter) bySummary() bool {
	return f.Sort == "pending" || f.Sort == "security" || f.Sort == "critical"
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
	groupIDs    []ids.ID
	groupNames  []string
	labelKeys   []string
	labelValues []string
}

func (t *rowTargets) list() []any {
	r, p := t.row, &t.pending
	return []any{&r.ID, &r.Name, &r.FQDN, &r.Address, &r.Port, &r.State, &r.StateSince, &r.StateReason,
		&r.OS, &r.OSVersion, &r.Kernel, &r.Architecture, &r.AgentVersion,
		&p[0], &p[1], &p[2], &p[3], &p[4], &p[5], &p[6], &p[7], &r.PendingCheckedAt,
		&r.RebootNeeded, &r.LastSeenAt, &r.CertificateExpiresAt, &r.EnrolledAt, &r.Note, &t.job.id, &t.job.kind, &t.job.state, &t.job.number, &r.healthDue, &r.refreshing,
		&t.groupIDs, &t.groupNames, &t.labelKeys, &t.labelValues}
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
	t.row.Labels = labelsOf(t.labelKeys, t.labelValues)
	if j := t.job; j.id != nil {
		t.row.CurrentJob = &CurrentJob{*j.id, *j.kind, *j.state}
		t.row.currentNumber = *j.number
	}
}

// scanRow reads rowColumns and what follows them.
func scanRow(row pgx.CollectableRow, more ...any) (HostRow, error) {
	var r HostRow
	t := rowTargets{row: &r}
	err := row.Scan(append(t.list(), more...)...)
	t.fill()
	return r, err
}

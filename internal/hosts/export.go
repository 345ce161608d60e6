package hosts

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
)

// maxExport is more than any fleet has; it keeps one answer from taking all memory.
const maxExport = 100_000

// exportColumns are the columns of an export, the first six as an import reads them.
var exportColumns = []struct {
	name string
	of   func(HostRow) string
}{
	{"name", func(r HostRow) string { return r.Name }},
	{"address", func(r HostRow) string { return r.Address }},
	{"port", func(r HostRow) string { return strconv.Itoa(r.Port) }},
	{"groups", func(r HostRow) string { return strings.Join(namesOf(r.Groups), "|") }},
	{"labels", func(r HostRow) string { return strings.Join(labelTexts(r.Labels), "|") }},
	{"note", func(r HostRow) string { return r.Note }},
	{"fqdn", func(r HostRow) string { return r.FQDN }},
	{"state", func(r HostRow) string { return string(r.State) }},
	{"state_since", func(r HostRow) string { return stamp(&r.StateSince) }},
	{"state_reason", func(r HostRow) string { return r.StateReason }},
	{"os", func(r HostRow) string { return r.OS }},
	{"os_version", func(r HostRow) string { return r.OSVersion }},
	{"kernel", func(r HostRow) string { return r.Kernel }},
	{"architecture", func(r HostRow) string { return r.Architecture }},
	{"agent_version", func(r HostRow) string { return r.AgentVersion }},
	{"pending", pendingOf(func(p Pending) int { return p.Total })},
	{"pending_security", pendingOf(func(p Pending) int { return p.Security })},
	{"pending_critical", pendingOf(func(p Pending) int { return p.Critical })},
	{"pending_high", pendingOf(func(p Pending) int { return p.High })},
	{"pending_medium", pendingOf(func(p Pending) int { return p.Medium })},
	{"pending_low", pendingOf(func(p Pending) int { return p.Low })},
	{"pending_unknown_severity", pendingOf(func(p Pending) int { return p.Unknown })},
	{"pending_checked_at", func(r HostRow) string { return stamp(r.PendingCheckedAt) }},
	{"reboot_needed", func(r HostRow) string { return rebootText(r.RebootNeeded) }},
	{"last_seen_at", func(r HostRow) string { return stamp(r.LastSeenAt) }},
	{"enrolled_at", func(r HostRow) string { return stamp(r.EnrolledAt) }},
	{"id", func(r HostRow) string { return r.ID.String() }},
}

// Export writes the hosts of a scope that a filter chooses as CSV, and down in
// the audit trail. What is not known is empty, never 0.
func (s *Service) Export(ctx context.Context, actor auth.Actor, spec FilterSpec, f Filter) ([]byte, error) {
	if err := actor.Require(auth.SeeFleet); err != nil {
		return nil, err
	}
	f.Page, f.PageSize = 1, maxExport
	var text []byte
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		page, err := listHosts(ctx, tx, ScopeOf(actor), f, s.now())
		if err != nil {
			return err
		}
		if text, err = exportText(page.Items); err != nil {
			return fmt.Errorf("export hosts: %w", err)
		}
		return audit.Append(ctx, tx, actor.Entry("hosts.export", audit.Target{Kind: "hosts", Name: fmt.Sprintf("%d hosts", len(page.Items))},
			map[string]any{"host_count": len(page.Items), "filter": spec}))
	})
	return text, err
}

func exportText(rows []HostRow) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	record := make([]string, len(exportColumns))
	for i, c := range exportColumns {
		record[i] = c.name
	}
	if err := w.Write(record); err != nil {
		return nil, err
	}
	for _, r := range rows {
		for i, c := range exportColumns {
			record[i] = inert(c.of(r))
		}
		if err := w.Write(record); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// inert keeps a spreadsheet from taking what a host says of itself for a formula.
func inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func pendingOf(n func(Pending) int) func(HostRow) string {
	return func(r HostRow) string {
		if r.Pending == nil {
			return ""
		}
		return strconv.Itoa(n(*r.Pending))
	}
}

func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func rebootText(needed *bool) string {
	if needed == nil {
		return ""
	}
	return strconv.FormatBool(*needed)
}

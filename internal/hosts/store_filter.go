package hosts

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// words are the values of a list as the database takes them.
func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// only is the condition when there is one.
func only(when bool, c condition) []condition {
	if !when {
		return nil
	}
	return []condition{c}
}

// likeEscaper makes a user's text stand for itself in a pattern.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func byText(f Filter, _ Scope, _ time.Time) []condition {
	return only(f.Query != "", condition{sql: `(h.name ilike @q or h.fqdn ilike @q or h.address ilike @q or h.os ilike @q)`,
		args: pgx.NamedArgs{"q": "%" + likeEscaper.Replace(f.Query) + "%"}})
}

func byState(f Filter, _ Scope, _ time.Time) []condition {
	return only(len(f.States) > 0, condition{facet: "state", sql: "h.state::text = any(@states)", args: pgx.NamedArgs{"states": words(f.States)}})
}

func byOS(f Filter, _ Scope, _ time.Time) []condition {
	return only(len(f.OS) > 0, condition{facet: "os", sql: "coalesce(h.os, '') = any(@os)", args: pgx.NamedArgs{"os": f.OS}})
}

// byGroup: a group that the scope does not know chooses nothing: who is in it is
// not to be found out by filtering.
func byGroup(f Filter, scope Scope, _ time.Time) []condition {
	var any []string
	if len(f.Groups) > 0 {
		any = append(any, `exists (select from host_group_host fg where fg.host_id = h.id and fg.group_id = any(@groups) and `+scope.GroupSQL("fg.group_id")+")")
	}
	if f.NoGroup {
		any = append(any, "not exists (select from host_group_host fn where fn.host_id = h.id)")
	}
	return only(len(any) > 0, condition{facet: "group", sql: "(" + strings.Join(any, " or ") + ")", args: pgx.NamedArgs{"groups": f.Groups}})
}

func byLabel(f Filter, _ Scope, _ time.Time) []condition {
	var all []condition
	for _, key := range slices.Sorted(maps.Keys(f.Labels)) { // the same text each time: statements are kept prepared
		values := f.Labels[key]
		n := len(all)
		c := condition{facet: labelFacet + key, args: pgx.NamedArgs{fmt.Sprintf("label%d", n): key}}
		value := ""
		if len(values) > 0 {
			value = fmt.Sprintf(" and fl.value = any(@values%d)", n)
			c.args[fmt.Sprintf("values%d", n)] = values
		}
		c.sql = fmt.Sprintf("exists (select from host_label fl where fl.host_id = h.id and fl.key = @label%d%s)", n, value)
		all = append(all, c)
	}
	return all
}

func byAgentVersion(f Filter, _ Scope, _ time.Time) []condition {
	return only(len(f.AgentVersions) > 0, condition{facet: "agent_version", sql: "coalesce(h.agent_version, '') = any(@agents)", args: pgx.NamedArgs{"agents": f.AgentVersions}})
}

func byPending(f Filter, _ Scope, _ time.Time) []condition {
	sql := map[string]string{"any": "s.total > 0", "security": "s.security > 0", "none": "s.total = 0", "unknown": "s.total is null"}[f.Pending]
	return only(sql != "", condition{facet: "pending", sql: sql, summary: true})
}

// severityColumns are the counters of host_patch_summary_v.
var severityColumns = map[Severity]string{"critical": "s.critical", "high": "s.high", "medium": "s.medium", "low": "s.low", "unknown": "s.unknown"}

func bySeverity(f Filter, _ Scope, _ time.Time) []condition {
	var any []string
	for _, v := range f.Severities {
		if column, ok := severityColumns[v]; ok {
			any = append(any, column+" > 0")
		}
	}
	return only(len(any) > 0, condition{facet: "severity", sql: "(" + strings.Join(any, " or ") + ")", summary: true})
}

func byReboot(f Filter, _ Scope, _ time.Time) []condition {
	if f.RebootUnknown {
		return []condition{{facet: "reboot", sql: "h.reboot_needed is null"}}
	}
	return only(f.Reboot != nil, condition{facet: "reboot", sql: "h.reboot_needed = @reboot", args: pgx.NamedArgs{"reboot": f.Reboot}})
}

// SQL is the one definition of compliance, as a condition on summary, a row of
// host_patch_summary_v, and @fresh, before which knowledge is too old to judge by.
func (c Compliance) SQL(summary string) string {
	switch c {
	case Compliant:
		return fmt.Sprintf("(%[1]s.checked_at >= @fresh and %[1]s.security = 0)", summary)
	case NotCompliant:
		return fmt.Sprintf("(%[1]s.checked_at >= @fresh and %[1]s.security > 0)", summary)
	}
	return fmt.Sprintf("(%[1]s.checked_at is null or %[1]s.checked_at < @fresh)", summary)
}

func byCompliance(f Filter, _ Scope, now time.Time) []condition {
	var any []string
	for _, v := range f.Compliance {
		any = append(any, v.SQL("s"))
	}
	return only(len(any) > 0, condition{facet: "compliance", sql: "(" + strings.Join(any, " or ") + ")", args: pgx.NamedArgs{"fresh": now.Add(-FreshFor)}, summary: true})
}

func byFacts(f Filter, _ Scope, now time.Time) []condition {
	sql := map[string]string{"fresh": "s.checked_at >= @fresh", "stale": "s.checked_at < @fresh", "never": "s.checked_at is null"}[f.Facts]
	return only(sql != "", condition{facet: "facts", sql: sql, args: pgx.NamedArgs{"fresh": now.Add(-FreshFor)}, summary: true})
}

func bySeen(f Filter, _ Scope, now time.Time) []condition {
	return only(f.UnseenFor > 0, condition{sql: "(h.last_seen_at is null or h.last_seen_at < @unseen)", args: pgx.NamedArgs{"unseen": now.Add(-f.UnseenFor)}})
}

func byCertificate(f Filter, _ Scope, now time.Time) []condition {
	return only(f.CertificateEnds > 0, condition{sql: "h.certificate_expires_at < @ends", args: pgx.NamedArgs{"ends": now.Add(f.CertificateEnds)}})
}

func byEnrolled(f Filter, _ Scope, _ time.Time) []condition {
	return only(f.Enrolled != nil, condition{facet: "enrolled", sql: "(h.enrolled_at is not null) = @enrolled", args: pgx.NamedArgs{"enrolled": f.Enrolled}})
}

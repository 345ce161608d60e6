package hosts

import (
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/ids"
)

// FreshFor is how old the knowledge of a host's updates may be to be judged by.
const FreshFor = 24 * time.Hour

// Severity is a vendor's word for how dangerous an update leaves a host.
type Severity string

// Compliance is whether a host is as patched as it should be.
type Compliance string

// A host is compliant when no security update is pending on it. What is not
// known, or was known more than FreshFor ago, is judged neither way.
const (
	Compliant         Compliance = "compliant"
	NotCompliant      Compliance = "not_compliant"
	ComplianceUnknown Compliance = "unknown"
)

// Filter chooses and orders hosts. Empty members choose all. FilterSpec is the
// same in the words of the API.
type Filter struct {
	Query           string
	States          []State
	OS              []string
	Groups          []ids.ID            // in one of these, as far as the scope knows them
	NoGroup         bool                // or in none
	Labels          map[string][]string // all keys; each with one of the values, or with any when there are none
	AgentVersions   []string
	Pending         string // any, security, none, unknown
	Severities      []Severity
	Reboot          *bool
	RebootUnknown   bool
	Compliance      []Compliance
	Facts           string // fresh, stale, never
	UnseenFor       time.Duration
	CertificateEnds time.Duration // within that; ended ones too
	Enrolled        *bool
	Sort            string
	Desc            bool
	Page            int // from 1
	PageSize        int
}

// isFiltered reports whether anything but the scope chooses.
func (f Filter) isFiltered() bool {
	for _, part := range conditions {
		if len(part(f, Scope{}, time.Time{})) > 0 {
			return true
		}
	}
	return false
}

// condition is a part of a where clause. Its arguments have names that no other
// part uses. summary says that it reads s, host_patch_summary_v. facet is the
// facet whose choice it is; empty when it is the choice of none.
type condition struct {
	sql     string
	args    pgx.NamedArgs
	summary bool
	facet   string
}

// conditions are all parts of the where clause of a filter; one that has
// nothing to say returns nothing.
var conditions = []func(f Filter, scope Scope, now time.Time) []condition{
	byText, byState, byOS, byGroup, byLabel, byAgentVersion, byPending, bySeverity, byReboot, byCompliance, byFacts,
	bySeen, byCertificate, byEnrolled,
}

const joinSummary = " left join host_patch_summary_v s on s.host_id = h.id"

// where joins all conditions, the scope's first. from is what they read: host h,
// and s when one needs the updates.
func (f Filter) where(scope Scope, now time.Time) (all condition, from string) {
	all = condition{sql: "h.removed_at is null and " + scope.SQL("h.id"), args: pgx.NamedArgs{}}
	for _, part := range conditions {
		for _, c := range part(f, scope, now) {
			all.sql += " and " + c.sql
			all.summary = all.summary || c.summary
			maps.Copy(all.args, c.args)
		}
	}
	from = " from host h"
	if all.summary {
		from += joinSummary
	}
	return all, from
}

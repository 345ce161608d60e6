package hosts

import (
	"fmt"
	"strings"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/ids"
)

// FilterSpec chooses hosts in the words of the API: the query of a list, the
// body of an act on many hosts, a saved view. Members that are absent choose
// all; several members have to hold together, several values of one are
// alternatives, but for labels of different keys.
type FilterSpec struct {
	Query           string       `json:"q,omitempty" query:"q" maxLength:"200" doc:"Part of name, FQDN, address or system."`
	State           []State      `json:"state,omitempty" query:"state" enum:"healthy,degraded,unreachable,unknown" nullable:"false"`
	OS              []string     `json:"os,omitempty" query:"os" maxItems:"50" nullable:"false" doc:"As the host calls its system; empty: not known."`
	GroupID         []string     `json:"group_id,omitempty" query:"group_id,explode" maxItems:"100" nullable:"false" doc:"Repeatable, or a list with commas. none: in no group."`
	Label           []string     `json:"label,omitempty" query:"label,explode" maxItems:"50" nullable:"false" doc:"key or key=value. Repeatable, or a list with commas."`
	AgentVersion    []string     `json:"agent_version,omitempty" query:"agent_version" maxItems:"50" nullable:"false"`
	Pending         string       `json:"pending,omitempty" query:"pending" enum:"any,security,none,unknown"`
	Severity        []Severity   `json:"severity,omitempty" query:"severity" enum:"critical,high,medium,low,unknown" nullable:"false" doc:"At least one update of one of these severities is pending."`
	Reboot          string       `json:"reboot,omitempty" query:"reboot" enum:"true,false,unknown"`
	Compliance      []Compliance `json:"compliance,omitempty" query:"compliance" enum:"compliant,not_compliant,unknown" nullable:"false"`
	Facts           string       `json:"facts,omitempty" query:"facts" enum:"fresh,stale,never" doc:"How old the knowledge of its updates is: stale after 24 hours."`
	UnseenHours     int          `json:"unseen_hours,omitempty" query:"unseen_hours" minimum:"0" maximum:"87600" doc:"It has not answered for so long, or never. 0: all."`
	CertificateDays int          `json:"certificate_days,omitempty" query:"certificate_days" minimum:"0" maximum:"3650" doc:"Its certificate ends within so many days, or has ended. 0: all."`
	Enrolled        string       `json:"enrolled,omitempty" query:"enrolled" enum:"true,false" doc:"false: registered by a person, and its agent has not enrolled yet."`
}

// Filter checks a spec and reads it.
func (s FilterSpec) Filter() (Filter, error) {
	f := Filter{Query: strings.TrimSpace(s.Query), States: s.State, OS: s.OS, AgentVersions: s.AgentVersion, Pending: s.Pending,
		Severities: s.Severity, Compliance: s.Compliance, Facts: s.Facts, Reboot: truth(s.Reboot), RebootUnknown: s.Reboot == "unknown",
		Enrolled: truth(s.Enrolled), UnseenFor: time.Duration(s.UnseenHours) * time.Hour,
		CertificateEnds: time.Duration(s.CertificateDays) * 24 * time.Hour}
	var err error
	if f.Groups, f.NoGroup, err = groupChoice(s.GroupID); err != nil {
		return f, err
	}
	f.Labels, err = byKey(parts(s.Label))
	return f, err
}

// truth reads true and false; anything else is nil.
func truth(text string) *bool {
	if text != "true" && text != "false" {
		return nil
	}
	v := text == "true"
	return &v
}

// parts reads a parameter that is repeated, or one list with commas.
func parts(list []string) []string {
	var all []string
	for text := range strings.SplitSeq(strings.Join(list, ","), ",") {
		if text != "" {
			all = append(all, text)
		}
	}
	return all
}

// noGroup in place of a group's id chooses hosts that are in none.
const noGroup = "none"

func groupChoice(list []string) (groups []ids.ID, none bool, err error) {
	for n, text := range parts(list) {
		if text == noGroup {
			none = true
			continue
		}
		id, err := ids.Parse(text)
		if err != nil {
			return nil, false, apierr.Invalid(apierr.Detail{Field: fmt.Sprintf("group_id[%d]", n), Value: text, Message: `Must be the id of a group, or "none".`})
		}
		groups = append(groups, id)
	}
	return groups, none, nil
}

package hosts

import (
	"context"
	"slices"
	"strings"

	"patchmanager/internal/ids"
)

// ValueCount is one value of a filter and how many hosts it chooses.
type ValueCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// GroupCount is a group and how many hosts in the scope are in it.
type GroupCount struct {
	ID    ids.ID `json:"id"`
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// LabelCount is a label and how many hosts have it.
type LabelCount struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Count int    `json:"count"`
}

// StateCounts counts hosts by state.
type StateCounts struct {
	Healthy     int `json:"healthy"`
	Degraded    int `json:"degraded"`
	Unreachable int `json:"unreachable"`
	Unknown     int `json:"unknown"`
}

// Facets are what a list of hosts can be filtered by. Each part is counted under
// the filter without that part itself, so that a count is the length of the list
// that its value would choose in place of what is chosen there. Each key of a
// label is a part of its own.
type Facets struct {
	Total         int          `json:"total" doc:"Hosts that the whole filter chooses."`
	States        StateCounts  `json:"states"`
	OS            []ValueCount `json:"os" nullable:"false" doc:"The 200 with the most hosts."`
	Groups        []GroupCount `json:"groups" nullable:"false" doc:"Those that the reader knows, also empty ones."`
	NoGroup       int          `json:"no_group" doc:"Hosts in no group: what group_id=none chooses."`
	Labels        []LabelCount `json:"labels" nullable:"false" doc:"The 500 with the most hosts."`
	LabelKeys     []ValueCount `json:"label_keys" nullable:"false" doc:"The 200 with the most hosts, whatever the value."`
	AgentVersions []ValueCount `json:"agent_versions" nullable:"false" doc:"The 200 with the most hosts."`
	Pending       []ValueCount `json:"pending" nullable:"false"`
	Severity      []ValueCount `json:"severity" nullable:"false" doc:"A host may have updates of several."`
	Reboot        []ValueCount `json:"reboot" nullable:"false"`
	Compliance    []ValueCount `json:"compliance" nullable:"false"`
	Facts         []ValueCount `json:"facts" nullable:"false"`
	Enrolled      []ValueCount `json:"enrolled" nullable:"false"`
}

// Facets counts the hosts in a scope by everything that a filter can choose
// from a list.
func (s *Service) Facets(ctx context.Context, scope Scope, f Filter) (Facets, error) {
	counts, err := countFacets(ctx, s.db, scope, f, s.now())
	if err != nil {
		return Facets{}, err
	}
	return newFacets(counts), nil
}

// facetCount is one value of one facet.
type facetCount struct {
	Facet, Key, Value string
	Group             *ids.ID
	Count             int
}

// newFacets sorts counts into their places. Values of fixed words are all there,
// in the order of fixedWords.
func newFacets(counts []facetCount) Facets {
	f := Facets{Groups: []GroupCount{}, Labels: []LabelCount{}}
	values := map[string][]ValueCount{}
	for _, c := range counts {
		switch {
		case c.Facet == "label":
			f.Labels = append(f.Labels, LabelCount{c.Key, c.Value, c.Count})
		case c.Group != nil:
			f.Groups = append(f.Groups, GroupCount{*c.Group, c.Value, c.Count})
		default:
			values[c.Facet] = append(values[c.Facet], ValueCount{c.Value, c.Count})
		}
	}
	slices.SortStableFunc(f.Groups, func(a, b GroupCount) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	word := func(facet, value string) int { return wordCount(values[facet], value) }
	f.Total, f.NoGroup = word("total", ""), word("no_group", "")
	f.States = StateCounts{word("state", "healthy"), word("state", "degraded"), word("state", "unreachable"), word("state", "unknown")}
	f.OS, f.AgentVersions, f.LabelKeys = orNone(values["os"]), orNone(values["agent_version"]), orNone(values["label_key"])
	for facet, into := range map[string]*[]ValueCount{"pending": &f.Pending, "severity": &f.Severity, "reboot": &f.Reboot,
		"compliance": &f.Compliance, "facts": &f.Facts, "enrolled": &f.Enrolled} {
		for _, value := range fixedWords[facet] {
			*into = append(*into, ValueCount{value, word(facet, value)})
		}
	}
	return f
}

// fixedWords are the values of the facets that no host can add to.
var fixedWords = map[string][]string{
	"pending":    {"any", "security", "none", "unknown"},
	"severity":   {"critical", "high", "medium", "low", "unknown"},
	"reboot":     {"true", "false", "unknown"},
	"compliance": {string(Compliant), string(NotCompliant), string(ComplianceUnknown)},
	"facts":      {"fresh", "stale", "never"},
	"enrolled":   {"true", "false"},
}

func wordCount(list []ValueCount, value string) int {
	for _, v := range list {
		if v.Value == value {
			return v.Count
		}
	}
	return 0
}

func orNone(list []ValueCount) []ValueCount {
	if list == nil {
		return []ValueCount{}
	}
	return list
}

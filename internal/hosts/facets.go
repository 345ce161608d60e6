package hosts

import (
	"context"

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

// StateCounts counts hosts by state.
type StateCounts struct {
	Healthy     int `json:"healthy"`
	Degraded    int `json:"degraded"`
	Unreachable int `json:"unreachable"`
	Unknown     int `json:"unknown"`
}

// Facets are what a list of hosts can be filtered by.
type Facets struct {
	States StateCounts  `json:"states"`
	OS     []ValueCount `json:"os" nullable:"false"`
	Groups []GroupCount `json:"groups" nullable:"false" doc:"Those that the reader knows, also empty ones."`
	// NoGroup is what group_id=none chooses.
	NoGroup int `json:"no_group" doc:"Hosts in no group."`
}

// Facets counts the hosts in a scope by state, operating system and group.
func (s *Service) Facets(ctx context.Context, scope Scope) (Facets, error) {
	f, err := countHosts(ctx, s.db, scope)
	if err != nil {
		return f, err
	}
	f.Groups, err = countByGroup(ctx, s.db, scope)
	return f, err
}

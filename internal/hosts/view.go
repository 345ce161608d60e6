package hosts

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/ids"
)

// SavedView is a filter that somebody keeps under a name. A shared one is seen by
// everybody; what it chooses is still limited to each reader's own hosts.
type SavedView struct {
	ID        ids.ID     `json:"id"`
	Name      string     `json:"name"`
	OwnerID   ids.ID     `json:"owner_id"`
	Owner     string     `json:"owner" doc:"Name of the user who made it."`
	Mine      bool       `json:"mine" doc:"The reader made it."`
	Shared    bool       `json:"shared" doc:"Everybody sees it."`
	Filter    FilterSpec `json:"filter"`
	Sort      string     `json:"sort"`
	Order     string     `json:"order" enum:"asc,desc"`
	Columns   []string   `json:"columns" nullable:"false" doc:"Shown ones, for the page; empty: as the reader has them."`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
}

// SavedViewInput is what a view is made of.
type SavedViewInput struct {
	Name    string     `json:"name" minLength:"1" maxLength:"100"`
	Shared  bool       `json:"shared,omitempty"`
	Filter  FilterSpec `json:"filter"`
	Sort    string     `json:"sort,omitempty" default:"name" enum:"name,state,state_since,os,agent_version,pending,security,critical,last_seen,certificate,reboot,enrolled_at"`
	Order   string     `json:"order,omitempty" default:"asc" enum:"asc,desc"`
	Columns []string   `json:"columns,omitempty" nullable:"false" maxItems:"40"`
}

// SavedViewChange is a change of a view; what is absent stays. A filter is replaced
// whole.
type SavedViewChange struct {
	Name    *string     `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Shared  *bool       `json:"shared,omitempty"`
	Filter  *FilterSpec `json:"filter,omitempty"`
	Sort    *string     `json:"sort,omitempty" enum:"name,state,state_since,os,agent_version,pending,security,critical,last_seen,certificate,reboot,enrolled_at"`
	Order   *string     `json:"order,omitempty" enum:"asc,desc"`
	Columns *[]string   `json:"columns,omitempty" maxItems:"40"`
}

// SavedViewList is all views that somebody sees, the own ones first.
type SavedViewList struct {
	Items []SavedView `json:"items" nullable:"false"`
}

// maxViews is how many views a user may have.
const maxViews = 50

// normal checks an input and fills in what it leaves to us.
func (in SavedViewInput) normal() (SavedViewInput, error) {
	in.Name = strings.TrimSpace(in.Name)
	if in.Sort == "" {
		in.Sort = "name"
	}
	if in.Order == "" {
		in.Order = "asc"
	}
	if in.Columns == nil {
		in.Columns = []string{}
	}
	bad := in.faults()
	if _, err := in.Filter.Filter(); err != nil {
		e, ok := apierr.As(err)
		if !ok {
			return in, err
		}
		for _, d := range e.Details {
			d.Field = "filter." + d.Field
			bad = append(bad, d)
		}
	}
	if len(bad) > 0 {
		return in, apierr.Invalid(bad...)
	}
	return in, nil
}

func (in SavedViewInput) faults() (bad []apierr.Detail) {
	if n := utf8.RuneCountInString(in.Name); n == 0 || n > 100 || strings.ContainsFunc(in.Name, unicode.IsControl) {
		bad = append(bad, apierr.Detail{Field: "name", Value: in.Name, Message: "Must be 1 to 100 printable characters."})
	}
	if _, known := sortKeys[in.Sort]; !known {
		bad = append(bad, apierr.Detail{Field: "sort", Value: in.Sort, Message: "Hosts cannot be sorted by this. Choose one of the orders of GET /hosts."})
	}
	if in.Order != "asc" && in.Order != "desc" {
		bad = append(bad, apierr.Detail{Field: "order", Value: in.Order, Message: `Must be "asc" or "desc".`})
	}
	for n, c := range in.Columns {
		if c == "" || len(c) > 40 || strings.Trim(c, "abcdefghijklmnopqrstuvwxyz_") != "" {
			bad = append(bad, apierr.Detail{Field: fmt.Sprintf("columns[%d]", n), Value: c, Message: "Must be the name of a column: 1 to 40 small letters and underscores."})
		} else if slices.Index(in.Columns, c) < n {
			bad = append(bad, apierr.Detail{Field: fmt.Sprintf("columns[%d]", n), Value: c, Message: "This column is there already."})
		}
	}
	return bad
}

// on is the view with the change made.
func (c SavedViewChange) on(v SavedView) SavedViewInput {
	in := SavedViewInput{v.Name, v.Shared, v.Filter, v.Sort, v.Order, v.Columns}
	set(&in.Name, c.Name)
	set(&in.Shared, c.Shared)
	set(&in.Filter, c.Filter)
	set(&in.Sort, c.Sort)
	set(&in.Order, c.Order)
	set(&in.Columns, c.Columns)
	return in
}

func set[T any](to *T, value *T) {
	if value != nil {
		*to = *value
	}
}

// apply puts an input into a view.
func (v *SavedView) apply(in SavedViewInput, now time.Time) {
	v.Name, v.Shared, v.Filter, v.Sort, v.Order, v.Columns, v.UpdatedAt = in.Name, in.Shared, in.Filter, in.Sort, in.Order, in.Columns, now
}

func (v SavedView) entry(actor auth.Actor, action string) audit.Entry {
	return actor.Entry(action, audit.Target{Kind: "host_view", ID: v.ID.String(), Name: v.Name},
		map[string]any{"owner": v.Owner, "shared": v.Shared, "filter": v.Filter, "sort": v.Sort, "order": v.Order, "columns": v.Columns})
}

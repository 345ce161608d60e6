package hosts

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/ids"
)

// GroupRef names a group.
type GroupRef struct {
	ID   ids.ID `json:"id"`
	Name string `json:"name"`
}

// Group joins hosts with the operators who may see and touch them. A host and a
// user may be in any number of groups.
type Group struct {
	ID          ids.ID    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	HostCount   int       `json:"host_count"`
	MemberCount int       `json:"member_count" doc:"Users in this group."`
	CreatedAt   time.Time `json:"created_at"`
}

// GroupPage is one page of groups, by name.
type GroupPage struct {
	Items []Group `json:"items" nullable:"false"`
	Total int     `json:"total"`
}

// GroupInput is a new group.
type GroupInput struct {
	Name        string `json:"name" maxLength:"100"`
	Description string `json:"description,omitempty" maxLength:"1000"`
}

// GroupChange is what is to be different; what is absent stays.
type GroupChange struct {
	Name        *string `json:"name,omitempty" maxLength:"100"`
	Description *string `json:"description,omitempty" maxLength:"1000"`
}

// Limits of the database, in characters.
const (
	maxGroupName        = 100
	maxGroupDescription = 1000
)

// normal is the input as it is stored: the name without space around it.
func (in GroupInput) normal() (GroupInput, error) {
	in.Name, in.Description = strings.TrimSpace(in.Name), strings.TrimSpace(in.Description)
	var bad []apierr.Detail
	if n := utf8.RuneCountInString(in.Name); n < 1 || n > maxGroupName {
		bad = append(bad, apierr.Detail{Field: "name", Value: in.Name, Message: fmt.Sprintf("Must have 1 to %d characters.", maxGroupName)})
	}
	if utf8.RuneCountInString(in.Description) > maxGroupDescription {
		bad = append(bad, apierr.Detail{Field: "description", Message: fmt.Sprintf("Must have at most %d characters.", maxGroupDescription)})
	}
	if len(bad) > 0 {
		return in, apierr.Invalid(bad...)
	}
	return in, nil
}

func (g GroupRef) target() audit.Target {
	return audit.Target{Kind: "group", ID: g.ID.String(), Name: g.Name}
}

func errGroupName(name string) error {
	return apierr.Conflict("group_exists", "There is a group %q already. Choose another name.", name)
}

// maxBulk is the largest number of hosts in one change: the largest fleet.
const maxBulk = 10_000

// checkIDs refuses a list that is empty, too long, or names something twice.
func checkIDs(field, what string, list []ids.ID, least int) error {
	switch {
	case len(list) < least:
		return apierr.Invalid(apierr.Detail{Field: field, Message: "Choose at least one " + what + "."})
	case len(list) > maxBulk:
		return apierr.Invalid(apierr.Detail{Field: field, Value: fmt.Sprint(len(list)), Message: fmt.Sprintf("At most %d.", maxBulk)})
	}
	seen := make(map[ids.ID]bool, len(list))
	for i, id := range list {
		if seen[id] {
			return apierr.Invalid(apierr.Detail{Field: fmt.Sprintf("%s[%d]", field, i), Value: id.String(), Message: "This " + what + " is named twice."})
		}
		seen[id] = true
	}
	return nil
}

// maxDetails keeps the refusal of a long list readable.
const maxDetails = 100

// errUnknown names those of a list that do not exist for the actor.
func errUnknown(field, what string, list []ids.ID, known map[ids.ID]string) error {
	var bad []apierr.Detail
	for i, id := range list {
		if _, ok := known[id]; !ok {
			bad = append(bad, apierr.Detail{Field: fmt.Sprintf("%s[%d]", field, i), Value: id.String(), Message: "There is no such " + what + "."})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	e := apierr.Invalid(bad...)
	e.Details = firstOf(bad, maxDetails)
	return e
}

package hosts

import (
	"context"
	"fmt"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Target is the hosts that an act is for: named one by one, or all that a filter
// chooses. Who names a filter says how many hosts were shown, so that the act
// never reaches one that nobody has looked at.
type Target struct {
	HostIDs []ids.ID    `json:"host_ids,omitempty" nullable:"false" maxItems:"10000"`
	Filter  *FilterSpec `json:"filter,omitempty"`
	Expect  *int        `json:"expect,omitempty" minimum:"1" maximum:"10000" doc:"With a filter: how many hosts it has chosen so far. Another number now refuses the act."`
}

// Resolve returns the hosts of a target, each once. All of them are in the scope.
func (s *Service) Resolve(ctx context.Context, q db.Querier, scope Scope, t Target) ([]ids.ID, error) {
	c, err := s.resolve(ctx, q, scope, t)
	return c.ids, err
}

// chosenHosts are the hosts of an act, by id, and what they are called.
type chosenHosts struct {
	ids   []ids.ID
	names map[ids.ID]string
}

func (s *Service) resolve(ctx context.Context, q db.Querier, scope Scope, t Target) (chosenHosts, error) {
	if err := t.check(); err != nil {
		return chosenHosts{}, err
	}
	if t.Filter == nil {
		names, err := knownHosts(ctx, q, scope, t.HostIDs)
		if err != nil {
			return chosenHosts{}, err
		}
		return chosenHosts{uniqueIDs(t.HostIDs), names}, errUnknown("host_ids", "host", t.HostIDs, names)
	}
	f, err := t.Filter.Filter()
	if err != nil {
		return chosenHosts{}, err
	}
	c, err := filteredHosts(ctx, q, scope, f, s.now())
	if err != nil {
		return chosenHosts{}, err
	}
	return c, t.expected(len(c.ids))
}

func (t Target) check() error {
	switch {
	case t.Filter == nil:
		return checkIDs("host_ids", "host", t.HostIDs, 1)
	case len(t.HostIDs) > 0:
		return apierr.Invalid(apierr.Detail{Field: "host_ids", Message: "Name hosts or a filter, not both."})
	case t.Expect == nil:
		return apierr.Invalid(apierr.Detail{Field: "expect", Message: "Say how many hosts the filter has chosen so far."})
	}
	return nil
}

func (t Target) expected(n int) error {
	switch {
	case n > maxBulk:
		return apierr.Invalid(apierr.Detail{Field: "filter", Value: fmt.Sprint(n), Message: fmt.Sprintf("At most %d hosts at once. Narrow the filter.", maxBulk)})
	case n != *t.Expect:
		e := apierr.Conflict("hosts_changed", "The filter chooses %d hosts now, not %d. Look at them again.", n, *t.Expect)
		e.Details = []apierr.Detail{{Field: "expect", Value: fmt.Sprint(n), Message: "How many hosts the filter chooses now."}}
		return e
	}
	return nil
}

// note is what the audit trail keeps of a target.
func (t Target) note(details map[string]any) map[string]any {
	if t.Filter != nil {
		details["filter"] = t.Filter
	}
	return details
}

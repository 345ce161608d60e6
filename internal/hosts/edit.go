package hosts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// HostChange is what is to be different; what is absent stays. Which machine a
// host is cannot be changed: enrolling says that.
type HostChange struct {
	Name    *string  `json:"name,omitempty" maxLength:"253" doc:"How it is called here; enrolling again does not change it back."`
	Address *string  `json:"address,omitempty" maxLength:"253" doc:"IPv4, IPv6, or a host name that is looked up at once."`
	Port    *int     `json:"port,omitempty" minimum:"1" maximum:"65535"`
	Note    *string  `json:"note,omitempty" maxLength:"2000" doc:"Operators may change this of their hosts, and nothing else."`
	Labels  *[]Label `json:"labels,omitempty" maxItems:"32" doc:"All of them."`
}

func (c HostChange) permission() auth.Permission {
	if c.Name == nil && c.Address == nil && c.Port == nil && c.Labels == nil {
		return auth.OperateFleet
	}
	return auth.ManageHosts
}

// editable is what people say about a host.
type editable struct {
	Name, FQDN, Address string
	Port                int
	Note                string
	Labels              []Label
	Enrolled            bool
}

func (e editable) endpoint() string { return endpoint(e.Address, e.Port) }

// Update changes what people say about a host. At a new address it is asked at
// once.
func (s *Service) Update(ctx context.Context, actor auth.Actor, id ids.ID, c HostChange) (Host, error) {
	if err := actor.Require(c.permission()); err != nil {
		return Host{}, err
	}
	scope := ScopeOf(actor)
	if _, err := s.Get(ctx, scope, id); err != nil {
		return Host{}, err // before any name is looked up
	}
	var at *place
	if c.Address != nil {
		p, why := s.locate(ctx, strings.TrimSpace(*c.Address))
		if why != "" {
			return Host{}, apierr.Invalid(apierr.Detail{Field: "address", Value: clip(*c.Address, 100), Message: string(why)})
		}
		at = &p
	}
	err := s.db.InTx(ctx, func(tx db.Tx) error { return s.update(ctx, tx, actor, id, c, at) })
	if err != nil {
		return Host{}, err
	}
	return s.Get(ctx, scope, id)
}

func (s *Service) update(ctx context.Context, tx db.Tx, actor auth.Actor, id ids.ID, c HostChange, at *place) error {
	if err := lockRegistration(ctx, tx); err != nil {
		return err
	}
	if err := lockPolls(ctx, tx, id); err != nil {
		return err
	}
	before, err := lockEditable(ctx, tx, ScopeOf(actor), id)
	if err != nil {
		return err
	}
	after := c.on(before, at)
	if bad := after.check(c); len(bad) > 0 {
		return apierr.Invalid(bad...)
	}
	details := differences(before, after)
	if len(details) == 0 {
		return nil
	}
	if after.Name != before.Name || after.endpoint() != before.endpoint() {
		if err := refuseTaken(ctx, tx, ScopeOf(actor), id, before, after); err != nil {
			return err
		}
	}
	if err := s.store(ctx, tx, actor, id, before, after); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor.Entry("host.update", hostTarget(id, after.Name), details))
}

func (s *Service) store(ctx context.Context, tx db.Tx, actor auth.Actor, id ids.ID, before, after editable) error {
	now := s.now()
	if err := setEditable(ctx, tx, id, before, after, actor.Name, now); err != nil {
		return err
	}
	if err := replaceLabels(ctx, tx, id, before.Labels, after.Labels); err != nil {
		return err
	}
	if after.Enrolled && after.endpoint() != before.endpoint() {
		if err := RequestRefresh(ctx, tx, id, now); err != nil {
			return err
		}
	}
	return NotifyChanged(ctx, tx, id)
}

// on is the host with the change made.
func (c HostChange) on(e editable, at *place) editable {
	if c.Name != nil {
		e.Name = strings.TrimSpace(*c.Name)
	}
	if at != nil {
		e.Address = at.address
		if !e.Enrolled { // later its agent knows better
			e.FQDN = at.fqdn
		}
	}
	if c.Port != nil {
		e.Port = *c.Port
	}
	if c.Note != nil {
		e.Note = strings.TrimSpace(*c.Note)
	}
	if c.Labels != nil {
		e.Labels = slices.Clone(*c.Labels)
		slices.SortFunc(e.Labels, func(a, b Label) int { return strings.Compare(a.Key, b.Key) })
	}
	return e
}

// check is about the fields that were given: one that an agent told long ago
// stands in nobody's way.
func (e editable) check(c HostChange) (bad []apierr.Detail) {
	if why := badName(e.Name); c.Name != nil && why != "" {
		bad = append(bad, apierr.Detail{Field: "name", Value: clip(e.Name, 100), Message: why})
	}
	if c.Port != nil && (e.Port < 1 || e.Port > 65535) {
		bad = append(bad, apierr.Detail{Field: "port", Value: fmt.Sprint(e.Port), Message: "Must be a TCP port, 1 to 65535."})
	}
	if why := badNote(e.Note); why != "" {
		bad = append(bad, apierr.Detail{Field: "note", Message: why})
	}
	if c.Labels != nil {
		bad = append(bad, CheckLabels("labels", *c.Labels)...)
	}
	return bad
}

// differences are before and after, for the audit trail; empty: nothing changes.
func differences(before, after editable) map[string]any {
	d := map[string]any{}
	note := func(field string, a, b any, differs bool) {
		if differs {
			d[field], d[field+"_before"] = b, a
		}
	}
	note("name", before.Name, after.Name, before.Name != after.Name)
	note("address", before.endpoint(), after.endpoint(), before.endpoint() != after.endpoint())
	note("note", before.Note, after.Note, before.Note != after.Note)
	note("labels", labelTexts(before.Labels), labelTexts(after.Labels), !slices.Equal(before.Labels, after.Labels))
	return d
}

// refuseTaken keeps two hosts from one name or one place; what stays as it was
// is not compared, because machines that enrolled may have had one name.
func refuseTaken(ctx context.Context, tx db.Tx, scope Scope, id ids.ID, before, after editable) error {
	found, err := findTaken(ctx, tx, scope, []NewHost{{Name: after.Name, Address: after.Address, Port: after.Port}})
	if err != nil {
		return err
	}
	for _, t := range found {
		if t.ID == id {
			continue
		}
		t.ByName = t.ByName && after.Name != before.Name
		t.ByAt = t.ByAt && after.endpoint() != before.endpoint()
		if t.ByName || t.ByAt {
			return t.refusal()
		}
	}
	return nil
}

package discovery

import (
	"context"
	"fmt"
	"net/netip"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

// maxRegister is how many addresses are registered at once, in one transaction
// that other registrations wait for.
const maxRegister = 500

// DiscoveryRegistration says which of the found machines become hosts.
type DiscoveryRegistration struct {
	Addresses []string      `json:"addresses" nullable:"false" minItems:"1" maxItems:"500" doc:"Of results of this scan."`
	Port      int           `json:"port,omitempty" minimum:"1" maximum:"65535" doc:"Where the agent will listen; 12443 when absent. The scan may have been of another port."`
	GroupIDs  []ids.ID      `json:"group_ids,omitempty" nullable:"false" maxItems:"100"`
	Labels    []hosts.Label `json:"labels,omitempty" nullable:"false" maxItems:"32"`
}

// DiscoveryOutcome says what has become of one address.
type DiscoveryOutcome struct {
	Address string  `json:"address"`
	Outcome string  `json:"outcome" enum:"registered,refused"`
	HostID  *ids.ID `json:"host_id" doc:"The new host."`
	Name    string  `json:"name" doc:"Of the new host."`
	Message string  `json:"message" doc:"Why it was refused."`
}

// DiscoveryRegistered is the report, and what to do next.
type DiscoveryRegistered struct {
	Items      []DiscoveryOutcome `json:"items" nullable:"false"`
	Registered int                `json:"registered"`
	Refused    int                `json:"refused"`
	Command    string             `json:"command" doc:"What to run on each of the machines; its request is then attached to the host. Empty when the manager does not know its own address."`
}

// RegisterFound makes hosts of machines that a scan has found. They wait for
// their agents. An address that cannot be one is refused by itself; the others
// are registered, all in one transaction with one audit entry.
func (s *Service) RegisterFound(ctx context.Context, actor auth.Actor, id ids.ID, in DiscoveryRegistration) (DiscoveryRegistered, error) {
	for _, p := range []auth.Permission{auth.ScanNetworks, auth.ManageHosts} {
		if err := actor.Require(p); err != nil {
			return DiscoveryRegistered{}, err
		}
	}
	wanted, err := s.checkRegistration(&in)
	if err != nil {
		return DiscoveryRegistered{}, err
	}
	scan, err := s.Scan(ctx, actor, id)
	if err != nil {
		return DiscoveryRegistered{}, err
	}
	out := DiscoveryRegistered{Command: s.deps.EnrollCommand()}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		out.Items, out.Registered, out.Refused = make([]DiscoveryOutcome, 0, len(wanted)), 0, 0
		if err := s.registerAll(ctx, tx, actor, id, wanted, in, &out); err != nil || out.Registered == 0 {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry("discovery.register", target(id, scan.Targets), out.details(in)))
	})
	if err != nil {
		return DiscoveryRegistered{}, err
	}
	return out, nil
}

func (s *Service) checkRegistration(in *DiscoveryRegistration) ([]netip.Addr, error) {
	if in.Port == 0 {
		in.Port = agentapi.DefaultPort
	}
	if n := len(in.Addresses); n < 1 || n > maxRegister {
		return nil, invalid("addresses", fmt.Sprint(n), fmt.Sprintf("Name 1 to %d addresses; register more in parts.", maxRegister))
	}
	if bad := hosts.CheckLabels("labels", in.Labels); len(bad) > 0 {
		return nil, apierr.Invalid(bad...)
	}
	t, err := parseList(in.Addresses)
	return t.list, err
}

func (s *Service) registerAll(ctx context.Context, tx db.Tx, actor auth.Actor, scan ids.ID, wanted []netip.Addr, in DiscoveryRegistration, out *DiscoveryRegistered) error {
	results, err := resultsAt(ctx, tx, hosts.ScopeOf(actor), scan, wanted)
	if err != nil {
		return err
	}
	for _, a := range wanted {
		r, err := s.registerOne(ctx, tx, actor, results[a], a, in)
		if err != nil {
			return err
		}
		out.Items = append(out.Items, r)
		if r.HostID != nil {
			out.Registered++
		} else {
			out.Refused++
		}
	}
	return nil
}

// registerOne registers one address, or says why it does not. Problems of the
// whole request, such as a group that is unknown, are errors.
func (s *Service) registerOne(ctx context.Context, tx db.Tx, actor auth.Actor, r DiscoveryResult, a netip.Addr, in DiscoveryRegistration) (DiscoveryOutcome, error) {
	out := DiscoveryOutcome{Address: a.String(), Outcome: "refused"}
	switch {
	case r.Kind == "":
		out.Message = "This scan has found nothing at this address."
		return out, nil
	case !r.Registrable && r.Host != nil:
		out.Message = fmt.Sprintf("It is host %s already.", r.Host.Name)
		return out, nil
	}
	id, err := hosts.Register(ctx, tx, actor, hosts.NewHost{FQDN: r.Name, Address: out.Address, Port: in.Port, Groups: in.GroupIDs}, s.now())
	if why, ok := apierr.As(err); ok && why.Code == "host_exists" {
		out.Message = why.Message
		return out, nil
	}
	if err == nil && len(in.Labels) > 0 {
		err = hosts.MergeLabels(ctx, tx, id, in.Labels)
	}
	if err != nil {
		return out, err
	}
	out.Outcome, out.HostID, out.Name = "registered", &id, r.Name
	if out.Name == "" {
		out.Name = out.Address
	}
	return out, nil
}

// maxNamed bounds the trail's entry; each host's own timeline has its line.
const maxNamed = 20

func (d DiscoveryRegistered) details(in DiscoveryRegistration) map[string]any {
	var named []string
	for _, r := range d.Items {
		if r.HostID != nil && len(named) < maxNamed {
			named = append(named, r.Name)
		}
	}
	return map[string]any{"host_count": d.Registered, "refused": d.Refused, "hosts": named, "port": in.Port, "group_ids": in.GroupIDs, "labels": in.Labels}
}

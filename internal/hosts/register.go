package hosts

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// NewHost is a host that people name before its agent enrolls.
type NewHost struct {
	Name    string // empty: the FQDN, or the address
	FQDN    string // as the name servers know it; may be empty
	Address string // an IP address
	Port    int    // 0: the usual one
	Groups  []ids.ID
	Labels  []Label
	Note    string
}

// RegisterInput is what a person or a program says of a new host.
type RegisterInput struct {
	Name     string   `json:"name,omitempty" maxLength:"253" doc:"How it is called here. Empty: as the address. Without an address it must be a host name, or an address."`
	Address  string   `json:"address,omitempty" maxLength:"253" doc:"IPv4, IPv6, or a host name that is looked up at once. Empty: the name."`
	Port     int      `json:"port,omitempty" minimum:"1" maximum:"65535" doc:"Of its agent; 12443 when absent."`
	GroupIDs []ids.ID `json:"group_ids,omitempty" nullable:"false" maxItems:"100"`
	Labels   []Label  `json:"labels,omitempty" nullable:"false" maxItems:"32"`
	Note     string   `json:"note,omitempty" maxLength:"2000"`
}

// RegisteredHost is a host that was registered, and all that the name servers
// answered; the host's address is the first usable one of them.
type RegisteredHost struct {
	Host     Host     `json:"host"`
	Resolved []string `json:"resolved" nullable:"false"`
}

// RegisterHost makes a host known before its agent enrolls. The request of an
// agent with this name or address is attached to it, see enrollment.
func (s *Service) RegisterHost(ctx context.Context, actor auth.Actor, in RegisterInput) (RegisteredHost, error) {
	if err := actor.Require(auth.ManageHosts); err != nil {
		return RegisteredHost{}, err
	}
	n, found, err := s.newHost(ctx, in)
	if err != nil {
		return RegisteredHost{}, err
	}
	var id ids.ID
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		if id, err = register(ctx, tx, actor, n, s.now()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor.Entry("host.register", hostTarget(id, n.name()), map[string]any{"address": n.endpoint(), "resolved": found}))
	})
	if err != nil {
		return RegisteredHost{}, err
	}
	h, err := s.Get(ctx, ScopeOf(actor), id)
	return RegisteredHost{Host: h, Resolved: found}, err
}

// Register is RegisterHost for an act on many hosts, of which the caller appends
// the one audit entry; the host's own timeline gets its line here.
func Register(ctx context.Context, tx db.Tx, actor auth.Actor, n NewHost, now time.Time) (ids.ID, error) {
	if err := actor.Require(auth.ManageHosts); err != nil {
		return ids.ID{}, err
	}
	id, err := register(ctx, tx, actor, n, now)
	if err != nil {
		return ids.ID{}, err
	}
	return id, insertActs(ctx, tx, act{Action: "host.register", Actor: actor.Name, At: now}, []ids.ID{id})
}

func register(ctx context.Context, tx db.Tx, actor auth.Actor, n NewHost, now time.Time) (ids.ID, error) {
	if bad := n.check(); len(bad) > 0 {
		return ids.ID{}, apierr.Invalid(bad...)
	}
	scope := ScopeOf(actor)
	if err := lockRegistration(ctx, tx); err != nil {
		return ids.ID{}, err
	}
	if err := allowGroups(ctx, tx, scope, n.Groups); err != nil {
		return ids.ID{}, err
	}
	taken, err := findTaken(ctx, tx, scope, []NewHost{n})
	if err != nil {
		return ids.ID{}, err
	}
	if len(taken) > 0 {
		return ids.ID{}, taken[0].refusal()
	}
	return insertOne(ctx, tx, n, actor.Name, now)
}

func insertOne(ctx context.Context, tx db.Tx, n NewHost, by string, now time.Time) (ids.ID, error) {
	made, err := insertRegistered(ctx, tx, []NewHost{n}, by, now)
	if err != nil {
		return ids.ID{}, err
	}
	return made[0], NotifyChanged(ctx, tx, made...)
}

// newHost looks the place up before any transaction begins.
func (s *Service) newHost(ctx context.Context, in RegisterInput) (NewHost, []string, error) {
	name, field, at := strings.TrimSpace(in.Name), "address", strings.TrimSpace(in.Address)
	if at == "" {
		field, at = "name", name
	}
	if at == "" {
		return NewHost{}, nil, apierr.Invalid(apierr.Detail{Field: "name", Message: "Give a host name or an address."})
	}
	p, why := s.locate(ctx, at)
	if why != "" {
		return NewHost{}, nil, apierr.Invalid(apierr.Detail{Field: field, Value: clip(at, 100), Message: string(why)})
	}
	found := make([]string, len(p.all))
	for i, a := range p.all {
		found[i] = a.String()
	}
	if field == "name" {
		name = nameAsked(name)
	}
	return NewHost{Name: name, FQDN: p.fqdn, Address: p.address, Port: in.Port, Groups: in.GroupIDs, Labels: in.Labels, Note: strings.TrimSpace(in.Note)}, found, nil
}

// nameAsked is the name of a host that was given in one text with its address:
// none for a bare address, so that the agent gives it one when it enrolls.
func nameAsked(text string) string {
	if _, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return ""
	}
	return strings.TrimSuffix(text, ".")
}

func (n NewHost) name() string { return cmp.Or(n.Name, n.FQDN, n.Address) }

func (n NewHost) port() int {
	if n.Port == 0 {
		return agentapi.DefaultPort
	}
	return n.Port
}

func (n NewHost) endpoint() string { return endpoint(n.Address, n.port()) }

// check says all that is wrong with the form.
func (n NewHost) check() (bad []apierr.Detail) {
	if why := badName(n.name()); why != "" {
		bad = append(bad, apierr.Detail{Field: "name", Value: clip(n.name(), 100), Message: why})
	}
	if a, err := netip.ParseAddr(n.Address); err != nil || unusable(a) != "" {
		bad = append(bad, apierr.Detail{Field: "address", Value: clip(n.Address, 100), Message: "Must be the IP address of one machine."})
	}
	if p := n.port(); p < 1 || p > 65535 {
		bad = append(bad, apierr.Detail{Field: "port", Value: fmt.Sprint(p), Message: "Must be a TCP port, 1 to 65535."})
	}
	if why := badNote(n.Note); why != "" {
		bad = append(bad, apierr.Detail{Field: "note", Message: why})
	}
	return append(bad, CheckLabels("labels", n.Labels)...)
}

// maxName is the limit of the database, in characters.
const maxName = 253

func badName(name string) string {
	switch n := utf8.RuneCountInString(name); {
	case n < 1 || n > maxName:
		return fmt.Sprintf("Must have 1 to %d characters.", maxName)
	case strings.TrimSpace(name) != name:
		return "Must not begin or end with space."
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "Must be one line of letters, digits, signs and spaces."
	}
	return ""
}

// maxNote is the limit of the database, in characters.
const maxNote = 2000

func badNote(note string) string {
	switch {
	case utf8.RuneCountInString(note) > maxNote:
		return fmt.Sprintf("Must have at most %d characters.", maxNote)
	case !utf8.ValidString(note) || strings.ContainsRune(note, 0):
		return "Must be text."
	}
	return ""
}

// allowGroups refuses groups that the scope does not know, and a host that its
// own maker would not see: it would be lost between two admins.
func allowGroups(ctx context.Context, tx db.Tx, scope Scope, groups []ids.ID) error {
	if len(groups) == 0 {
		if scope.IsAll() {
			return nil
		}
		return apierr.Invalid(apierr.Detail{Field: "group_ids", Message: "You see only the hosts of groups: name at least one of your groups, or the new host would be out of your sight."})
	}
	if err := checkIDs("group_ids", "group", groups, 0); err != nil {
		return err
	}
	names, err := lockGroups(ctx, tx, scope, groups)
	if err != nil {
		return err
	}
	return errUnknown("group_ids", "group", groups, names)
}

// taken is a host that is there already, under the name or the place of a new one.
type taken struct {
	N             int // which of the new hosts, from 0
	ID            ids.ID
	Name, Address string
	Port          int
	ByName, ByAt  bool
	Seen          bool // by whoever registers
}

func (t taken) refusal() error {
	if !t.Seen {
		return apierr.Conflict("host_exists", "A host with this name or address is there already, and it is not in your groups. Ask an admin for it.")
	}
	e := apierr.Conflict("host_exists", "Host %s is there already with %s. Change that one, or give another name or address.", t.Name, t.what())
	e.Details = []apierr.Detail{{Field: "host_id", Value: t.ID.String(), Message: "The host that is there."}}
	return e
}

func (t taken) what() string {
	switch {
	case t.ByName && t.ByAt:
		return "this name and address"
	case t.ByAt:
		return "the address " + endpoint(t.Address, t.Port)
	}
	return "this name, at " + endpoint(t.Address, t.Port)
}

func endpoint(address string, port int) string {
	return net.JoinHostPort(address, strconv.Itoa(port))
}

func hostTarget(id ids.ID, name string) audit.Target {
	return audit.Target{Kind: "host", ID: id.String(), Name: name}
}

// uniqueIDs is the list without what it names twice.
func uniqueIDs(list []ids.ID) []ids.ID {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b ids.ID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(out)
}

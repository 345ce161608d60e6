package hosts

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Outcome says what an import does with a row.
type Outcome string

// Outcomes.
const (
	OutcomeNew    Outcome = "new"    // becomes a host
	OutcomeExists Outcome = "exists" // is a host already; nothing changes
	OutcomeError  Outcome = "error"  // nothing of the file is imported
)

// ImportRow is what an import makes of one row.
type ImportRow struct {
	Line     int             `json:"line" doc:"In the file, from 1."`
	Name     string          `json:"name"`
	Address  string          `json:"address" doc:"Where its agent is asked; empty while it is not known."`
	Port     int             `json:"port"`
	Outcome  Outcome         `json:"outcome" enum:"new,exists,error"`
	HostID   *ids.ID         `json:"host_id" doc:"The host that it has become, or that is there."`
	Problems []apierr.Detail `json:"problems" nullable:"false"`
}

// ImportReport says of each row what an import would do, or has done.
type ImportReport struct {
	DryRun   bool        `json:"dry_run"`
	Imported bool        `json:"imported" doc:"The new ones are hosts now. All of them are, or none."`
	New      int         `json:"new"`
	Exists   int         `json:"exists"`
	Errors   int         `json:"errors"`
	Rows     []ImportRow `json:"rows" nullable:"false"`
}

// Import registers the hosts of a CSV text: all rows that are no host yet, or,
// when one row has an error, none. A dry run gives the same report and changes
// nothing.
func (s *Service) Import(ctx context.Context, actor auth.Actor, text []byte, dryRun bool) (ImportReport, error) {
	if err := actor.Require(auth.ManageHosts); err != nil {
		return ImportReport{}, err
	}
	rows, err := parseCSV(text)
	if err != nil {
		return ImportReport{}, err
	}
	list := make([]*candidate, len(rows))
	for i, r := range rows {
		list[i] = newCandidate(r)
	}
	if err := s.locateAll(ctx, list); err != nil {
		return ImportReport{}, err
	}
	refuseTwins(list)
	err = s.db.InTx(ctx, func(tx db.Tx) error { return s.importRows(ctx, tx, actor, list, dryRun) })
	if err != nil {
		return ImportReport{}, err
	}
	return report(list, dryRun), nil
}

const (
	// importLookups is how many names are looked up at once.
	importLookups = 32
	// importTime is how long all look-ups of one import may take together.
	importTime = 45 * time.Second
)

// locateAll looks up every place, each text once, and checks the form of what
// has become of the rows.
func (s *Service) locateAll(ctx context.Context, list []*candidate) error {
	rows := map[string][]*candidate{}
	var texts []string
	for _, c := range list {
		if c.asked != "" && rows[c.asked] == nil {
			texts = append(texts, c.asked)
		}
		rows[c.asked] = append(rows[c.asked], c)
	}
	limited, cancel := context.WithTimeout(ctx, importTime)
	defer cancel()
	var g errgroup.Group
	g.SetLimit(importLookups)
	for _, text := range texts {
		g.Go(func() error {
			place, why := s.locate(limited, text)
			if why != "" && limited.Err() != nil {
				why = "The names of this file took too long to look up. Import it in parts, or give addresses."
			}
			for _, c := range rows[text] {
				c.locate(place, why)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("look up names of an import: %w", ctx.Err())
	}
	return nil
}

// importRows compares with what is there and makes the new hosts, unless
// something is wrong or nothing is meant to be made.
func (s *Service) importRows(ctx context.Context, tx db.Tx, actor auth.Actor, list []*candidate, dryRun bool) error {
	if err := lockRegistration(ctx, tx); err != nil {
		return err
	}
	scope := ScopeOf(actor)
	if err := assignGroups(ctx, tx, scope, list); err != nil {
		return err
	}
	if err := findExisting(ctx, tx, scope, list); err != nil {
		return err
	}
	fresh := chosen(list, OutcomeNew)
	if dryRun || len(fresh) == 0 || len(chosen(list, OutcomeError)) > 0 {
		return nil
	}
	return s.makeImported(ctx, tx, actor, fresh, len(list))
}

func (s *Service) makeImported(ctx context.Context, tx db.Tx, actor auth.Actor, fresh []*candidate, rows int) error {
	hosts, names := make([]NewHost, len(fresh)), make([]string, len(fresh))
	for i, c := range fresh {
		hosts[i], names[i] = c.host, c.host.name()
	}
	now := s.now()
	made, err := insertRegistered(ctx, tx, hosts, actor.Name, now)
	if err != nil {
		return err
	}
	for i, c := range fresh {
		c.report.HostID = &made[i]
	}
	if err := insertActs(ctx, tx, act{Action: "host.register", Detail: "by an import", Actor: actor.Name, At: now}, made); err != nil {
		return err
	}
	if err := NotifyChanged(ctx, tx, made...); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor.Entry("host.import", audit.Target{Kind: "hosts", Name: fmt.Sprintf("%d imported hosts", len(made))},
		map[string]any{"rows": rows, "host_count": len(made), "hosts": firstOf(names, maxAuditNames)}))
}

// assignGroups finds the groups of all rows by their names.
func assignGroups(ctx context.Context, tx db.Tx, scope Scope, list []*candidate) error {
	var wanted []string
	for _, c := range list {
		wanted = append(wanted, c.row.list("groups")...)
	}
	slices.Sort(wanted)
	known, err := groupsByName(ctx, tx, scope, slices.Compact(wanted))
	if err != nil {
		return err
	}
	for _, c := range list {
		for _, name := range c.row.list("groups") {
			if id, ok := known[name]; ok {
				c.host.Groups = append(c.host.Groups, id)
			} else {
				c.refuse("groups", name, "There is no such group. Make it first, or correct the name; a bar (|) separates several.")
			}
		}
		if !scope.IsAll() && len(c.row.list("groups")) == 0 {
			c.refuse("groups", "", "You see only the hosts of groups: name at least one of your groups.")
		}
	}
	return nil
}

// findExisting marks rows that are hosts already. A row is the host that is
// there when all that it says fits; otherwise it is an error, because nobody
// can know which of the two is right.
func findExisting(ctx context.Context, tx db.Tx, scope Scope, list []*candidate) error {
	good := chosen(list, OutcomeNew)
	hosts := make([]NewHost, len(good))
	for i, c := range good {
		hosts[i] = c.host
	}
	found, err := findTaken(ctx, tx, scope, hosts)
	if err != nil {
		return err
	}
	for i, t := range found {
		if i == 0 || found[i-1].N != t.N { // the others are further reasons for the same
			good[t.N].exists(t, i+1 < len(found) && found[i+1].N == t.N)
		}
	}
	return nil
}

package hosts

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	"patchmanager/internal/apierr"
)

// candidate is a row on its way to become a host.
type candidate struct {
	row    csvRow
	report ImportRow
	host   NewHost
	asked  string // the text that gives the place
	field  string // where it stands
}

func (c *candidate) refuse(field, value, message string) {
	c.report.Outcome = OutcomeError
	c.report.Problems = append(c.report.Problems, apierr.Detail{Field: field, Value: clip(value, 100), Message: message})
}

// newCandidate checks what can be said of a row alone.
func newCandidate(r csvRow) *candidate {
	c := &candidate{row: r, report: ImportRow{Line: r.line, Outcome: OutcomeNew, Problems: []apierr.Detail{}}}
	c.field, c.asked = "address", r.get("address")
	if c.asked == "" {
		c.field, c.asked = "name", r.get("name")
	}
	port, ok := r.port()
	if !ok {
		c.refuse("port", r.get("port"), "Must be a TCP port, 1 to 65535, or empty for 12443.")
	}
	if r.extra > 0 {
		c.refuse("", "", "The row has more fields than the first line has columns. Put quotes around a field that contains the delimiter.")
	}
	if c.asked == "" {
		c.refuse("name", "", "Give a host name or an address.")
	}
	c.host = NewHost{Name: r.get("name"), Port: port, Note: r.get("note")}
	for _, text := range r.list("labels") {
		c.host.Labels = append(c.host.Labels, splitLabel(text))
	}
	if c.field == "name" {
		c.host.Name = nameAsked(c.host.Name)
	}
	return c
}

func (c *candidate) locate(p place, why problem) {
	if why != "" {
		c.refuse(c.field, c.asked, string(why))
	} else {
		c.host.Address, c.host.FQDN = p.address, p.fqdn
		for _, d := range c.host.check() {
			if d.Field != "port" { // said already, with the text that was written
				field, _, _ := strings.Cut(d.Field, "[") // the column, not the place in its list
				c.refuse(field, d.Value, d.Message)
			}
		}
	}
	c.report.Name, c.report.Address, c.report.Port = cmp.Or(c.host.name(), c.asked), c.host.Address, c.host.port()
}

// refuseTwins finds rows that would become the same host.
func refuseTwins(list []*candidate) {
	names, places := map[string]int{}, map[string]int{}
	for _, c := range list {
		if c.report.Outcome == OutcomeError {
			continue
		}
		for _, k := range []struct {
			seen       map[string]int
			key, field string
		}{{names, strings.ToLower(c.host.name()), "name"}, {places, c.host.endpoint(), "address"}} {
			if line, twice := k.seen[k.key]; twice {
				c.refuse(k.field, k.key, fmt.Sprintf("This is the same as in line %d. Take one of them out.", line))
				break
			}
			k.seen[k.key] = c.report.Line
		}
	}
}

func (c *candidate) exists(t taken, more bool) {
	_, literal := netip.ParseAddr(c.asked)
	fits := (t.ByName || c.host.Name == "") && (t.ByAt || (c.field == "name" && literal != nil))
	if t.Seen && fits && !more {
		c.report.Outcome, c.report.HostID = OutcomeExists, &t.ID
		c.report.Name, c.report.Address, c.report.Port = t.Name, t.Address, t.Port
		return
	}
	field, value := "name", c.host.name()
	if !t.ByName {
		field, value = "address", c.host.endpoint()
	}
	message := t.refusal().Error()
	if more && t.Seen {
		message = "The name is that of one host and the address that of another one. Correct the row."
	}
	c.refuse(field, value, message)
}

func chosen(list []*candidate, o Outcome) (out []*candidate) {
	for _, c := range list {
		if c.report.Outcome == o {
			out = append(out, c)
		}
	}
	return out
}

func report(list []*candidate, dryRun bool) ImportReport {
	r := ImportReport{DryRun: dryRun, New: len(chosen(list, OutcomeNew)), Exists: len(chosen(list, OutcomeExists)),
		Errors: len(chosen(list, OutcomeError)), Rows: make([]ImportRow, len(list))}
	r.Imported = !dryRun && r.Errors == 0
	for i, c := range list {
		r.Rows[i] = c.report
	}
	return r
}

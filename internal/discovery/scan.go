package discovery

import (
	"math"
	"time"

	"patchmanager/internal/audit"
	"patchmanager/internal/ids"
)

// State is how far a scan is.
type State string

// States.
const (
	StateQueued    State = "queued"    // waits for its turn
	StateRunning   State = "running"   // a worker has it, or had it until its lease ended
	StateFinished  State = "finished"  // every address was probed
	StateCancelled State = "cancelled" // somebody stopped it; what was found stays
	StateFailed    State = "failed"    // no worker got on with it
)

// DiscoveryScan is a scan as people see it.
type DiscoveryScan struct {
	ID         ids.ID     `json:"id"`
	Targets    string     `json:"targets" doc:"The network, or the first address of a list and how many more."`
	Port       int        `json:"port"`
	ReverseDNS bool       `json:"reverse_dns" doc:"Names of what is found are looked up."`
	State      State      `json:"state" enum:"queued,running,finished,cancelled,failed"`
	Failure    string     `json:"failure" doc:"Why it failed; empty otherwise."`
	CreatedAt  time.Time  `json:"created_at"`
	CreatedBy  string     `json:"created_by"`
	StartedAt  *time.Time `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`

	Total       int      `json:"total" doc:"Addresses to probe."`
	Probed      int      `json:"probed"`
	Rate        *float64 `json:"rate" doc:"Addresses a second, lately; null unless it is running."`
	SecondsLeft *int     `json:"seconds_left" doc:"At this rate; null when nobody can tell."`

	Found       DiscoveryCounts `json:"found"`
	Closed      int             `json:"closed" doc:"A machine answered that nothing listens on the port."`
	Silent      int             `json:"silent" doc:"No answer in time."`
	Unreachable int             `json:"unreachable" doc:"The network said that there is no way."`
	Skipped     int             `json:"skipped" doc:"The manager's machine had no room to try, again and again."`
}

// DiscoveryCounts are the addresses that accept connections, by kind.
type DiscoveryCounts struct {
	Enrolled   int `json:"enrolled"`
	Elsewhere  int `json:"elsewhere"`
	Ended      int `json:"ended"`
	OtherAgent int `json:"other_agent"`
	OtherTLS   int `json:"other_tls"`
	Open       int `json:"open"`
}

// add counts one more of a kind.
func (c *DiscoveryCounts) add(k Kind) {
	switch k {
	case KindEnrolled:
		c.Enrolled++
	case KindElsewhere:
		c.Elsewhere++
	case KindEnded:
		c.Ended++
	case KindOtherAgent:
		c.OtherAgent++
	case KindOtherTLS:
		c.OtherTLS++
	case KindOpen:
		c.Open++
	}
}

// DiscoveryScanList is all scans that are kept, the newest first.
type DiscoveryScanList struct {
	Items []DiscoveryScan `json:"items" nullable:"false"`
	Total int             `json:"total"`
}

// estimate fills in what is left. A scan that no worker has at the moment has
// no rate.
func (d *DiscoveryScan) estimate(held bool) {
	if d.State != StateRunning || !held || d.Rate == nil || *d.Rate <= 0 {
		d.Rate = nil
		return
	}
	left := int(math.Ceil(float64(d.Total-d.Probed) / *d.Rate))
	d.SecondsLeft = &left
}

func (d *DiscoveryScan) isFinal() bool { return d.FinishedAt != nil }

func target(id ids.ID, text string) audit.Target {
	return audit.Target{Kind: "discovery_scan", ID: id.String(), Name: text}
}

package hostbed

import (
	"testing"
)

// Fault is how a repository misbehaves.
type Fault struct {
	// Kind is one of the Fault… constants; empty means it works.
	Kind string `json:"kind"`
	// Prefix limits all kinds but FaultDead to paths that start so
	// (/demo/pool/, say); empty: everything.
	Prefix string `json:"prefix"`
	// Rate is the speed of FaultSlow in bytes a second.
	Rate int `json:"rate"`
}

// Kinds of faults.
const (
	FaultDead         = "dead"          // connections are refused
	FaultMissing      = "missing"       // 404
	FaultSlow         = "slow"          // at most Rate bytes a second
	FaultStall        = "stall"         // accepts and never answers
	FaultBadSignature = "bad-signature" // Release files that were changed after signing
	FaultCorrupt      = "corrupt"       // package files of the right size and wrong content
)

// Repositories that can be broken.
const (
	RepoDebian   = "debian"
	RepoSecurity = "debian-security"
	RepoDemo     = "demo"
)

// Break makes a repository of this host misbehave until Mend; other hosts see
// no difference.
func (h *Host) Break(tb testing.TB, repo string, f Fault) {
	tb.Helper()
	if err := h.ask(request{Cmd: "fault", Repo: repo, Fault: f}); err != nil {
		tb.Fatalf("break repository %s of %s: %v", repo, h.Name, err)
	}
}

// Mend makes a repository work again.
func (h *Host) Mend(tb testing.TB, repo string) {
	tb.Helper()
	h.Break(tb, repo, Fault{})
}

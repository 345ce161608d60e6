package agenttest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"patchmanager/internal/agentapi"
)

// facts is what the agent says about its host. Guarded by Agent.mu.
type facts struct {
	health   agentapi.Health
	info     agentapi.SystemInfo
	packages []agentapi.Package
	patches  agentapi.PatchList
	plan     func(agentapi.ApplyRequest) (agentapi.Plan, *agentapi.Error)
}

func defaultFacts(o Options) facts {
	now := o.Clock.Now()
	name := "host-" + o.HostID.String()[20:]
	return facts{
		health: agentapi.Health{Status: agentapi.HealthHealthy, Reasons: []string{}, Version: "1.0.0", BootID: "boot-1",
			Capabilities: []agentapi.Capability{agentapi.CapPlan, agentapi.CapApply, agentapi.CapRollback, agentapi.CapReboot,
				agentapi.CapEvents, agentapi.CapCertificate}, CRLStatus: "none", CertificateExpiresAt: now.AddDate(0, 3, 0)},
		info: agentapi.SystemInfo{Hostname: name, FQDN: name + ".example.com", MachineID: o.HostID.String(), BootID: "boot-1",
			BootedAt: now.Add(-time.Hour), OS: "Debian GNU/Linux 12 (bookworm)", OSID: "debian", OSVersion: "12", Codename: "bookworm",
			Kernel: "6.1.0-1-amd64", Architecture: "amd64", PackageManager: "apt", Virtualization: "container", PackageDBClean: true,
			LastUpdateCheck: &now},
		patches: agentapi.PatchList{Patches: []agentapi.Patch{}, CheckedAt: &now},
	}
}

// SetHealth changes what the agent says about itself.
func (a *Agent) SetHealth(change func(*agentapi.Health)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.facts.health)
}

// SetInfo changes what the agent says about the host.
func (a *Agent) SetInfo(change func(*agentapi.SystemInfo)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.facts.info)
}

// SetPackages replaces the installed packages.
func (a *Agent) SetPackages(p ...agentapi.Package) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.facts.packages = slices.Clone(p)
}

// SetPatches replaces the pending updates.
func (a *Agent) SetPatches(p ...agentapi.Patch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.facts.patches.Patches = slices.Clone(p)
}

// Packages returns the installed packages, changed by the jobs that ran.
func (a *Agent) Packages() []agentapi.Package {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.facts.packages)
}

// SetPlan replaces how plans are made; nil means "all pending updates that the
// request selects".
func (a *Agent) SetPlan(fn func(agentapi.ApplyRequest) (agentapi.Plan, *agentapi.Error)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.facts.plan = fn
}

func (a *Agent) patchList() agentapi.PatchList {
	l := a.facts.patches
	l.Patches = slices.Clone(l.Patches)
	l.Total = len(l.Patches)
	for _, p := range l.Patches {
		if p.Security {
			l.Security++
		}
		if p.Held {
			l.Held++
		}
	}
	return l
}

// makePlan is called with the lock held.
func (a *Agent) makePlan(r agentapi.ApplyRequest) (agentapi.Plan, *agentapi.Error) {
	if a.facts.plan != nil {
		return a.facts.plan(r)
	}
	p := agentapi.Plan{Changes: []agentapi.Change{}, RebootReasons: []string{}, Restarts: []string{}, KeptBack: []agentapi.Kept{},
		Preflight:  []agentapi.Check{{Name: "space", Level: agentapi.CheckOK, Detail: "There is space."}},
		Rollback:   agentapi.Rollback{State: agentapi.RollbackReady, Reasons: []string{}},
		ComputedAt: a.opts.Clock.Now()}
	for _, u := range a.facts.patches.Patches {
		if reason := leftOut(r, u); reason != "" {
			p.KeptBack = append(p.KeptBack, agentapi.Kept{Name: u.Name, Reason: reason})
			continue
		}
		p.DownloadBytes += u.SizeBytes
		p.Reboot = p.Reboot || u.RequiresReboot
		p.Changes = append(p.Changes, agentapi.Change{Action: agentapi.ActionUpgrade, Name: u.Name, Arch: u.Arch,
			FromVersion: u.CurrentVersion, ToVersion: u.AvailableVersion, Origin: u.Origin, Suite: u.Suite, Security: u.Security,
			SizeBytes: u.SizeBytes})
	}
	p.PlanHash = planHash(p.Changes)
	return p, nil
}

func leftOut(r agentapi.ApplyRequest, u agentapi.Patch) string {
	switch {
	case u.Held:
		return "held"
	case u.Phased:
		return "phased"
	case slices.Contains(r.Exclude, u.Name):
		return "excluded"
	case r.SecurityOnly && !u.Security:
		return "not_security"
	case r.Packages != nil && !slices.Contains(r.Packages, u.Name):
		return "not_selected"
	}
	return u.KeptBack
}

func planHash(c []agentapi.Change) string { return tag(c) }

// tag is a short digest of anything that encodes to JSON.
func tag(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only our own types come here
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

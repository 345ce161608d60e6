package agentclient

import (
	"patchmanager/internal/agentapi"
)

const (
	maxETag     = 256
	maxPackages = 50_000 // a host with more is no host: the largest distributions install about 10,000
)

func checkHealth(op string, h agentapi.Health) error {
	switch h.Status {
	case agentapi.HealthHealthy, agentapi.HealthDegraded:
		return nil
	}
	return protocolError(op, 0, "the agent's health is %q, which means nothing here", h.Status)
}

func checkPackages(op string, l *agentapi.PackageList) error {
	if len(l.Packages) > maxPackages {
		return protocolError(op, 0, "%d installed packages are not believed", len(l.Packages))
	}
	for i := range l.Packages {
		p := &l.Packages[i]
		if p.Name == "" || p.Version == "" {
			return protocolError(op, 0, "package %d has no name or no version", i)
		}
		if tooLong(p.Name, p.Version, p.Source, p.SourceVersion, p.Origin) || len(p.Arch) > 64 {
			return protocolError(op, 0, "package %.60q has a text of more than %d bytes", p.Name, agentapi.MaxNameLength)
		}
	}
	return nil
}

// checkPatches also turns an unknown word for a severity into "unknown": a new
// agent may know more words than we do.
func checkPatches(op string, l *agentapi.PatchList) error {
	if len(l.Patches) > maxPackages {
		return protocolError(op, 0, "%d pending updates are not believed", len(l.Patches))
	}
	for i := range l.Patches {
		p := &l.Patches[i]
		if p.Name == "" || p.AvailableVersion == "" {
			return protocolError(op, 0, "patch %d has no name or no version", i)
		}
		if tooLong(p.Name, p.CurrentVersion, p.AvailableVersion, p.Source, p.Origin, p.Suite) || len(p.Arch) > 64 {
			return protocolError(op, 0, "patch %.60q has a text of more than %d bytes", p.Name, agentapi.MaxNameLength)
		}
		switch p.Severity {
		case agentapi.SeverityCritical, agentapi.SeverityHigh, agentapi.SeverityMedium, agentapi.SeverityLow:
		default:
			p.Severity = agentapi.SeverityUnknown
		}
	}
	return nil
}

func tooLong(texts ...string) bool {
	for _, s := range texts {
		if len(s) > agentapi.MaxNameLength {
			return true
		}
	}
	return false
}

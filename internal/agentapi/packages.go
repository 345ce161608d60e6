package agentapi

import "time"

// Package is one installed package. A package in state "rc" (removed, its
// configuration kept) is not installed and never listed.
type Package struct {
	Name          string     `json:"name"`
	Arch          string     `json:"arch"`
	Version       string     `json:"version"`
	Source        string     `json:"source"`
	SourceVersion string     `json:"source_version"`
	Origin        string     `json:"origin,omitempty"`
	SizeBytes     int64      `json:"size_bytes"`
	InstalledAt   *time.Time `json:"installed_at,omitempty"`
	Held          bool       `json:"held"`
	Auto          bool       `json:"auto"`            // installed as a dependency
	State         string     `json:"state,omitempty"` // empty when cleanly installed, else the tool's own word
}

// PackageList answers GET /packages; its ETag changes when any package does.
type PackageList struct {
	Packages []Package `json:"packages"`
}

// Severity of a patch as the vendor says it. Unknown is never a guess.
type Severity string

// Severities, worst first.
const (
	SeverityCritical Severity = "critical"
	SeverityHigh     Severity = "high"
	SeverityMedium   Severity = "medium"
	SeverityLow      Severity = "low"
	SeverityUnknown  Severity = "unknown"
)

// Patch is one pending update of one installed package.
type Patch struct {
	Name             string     `json:"name"`
	Arch             string     `json:"arch"`
	Source           string     `json:"source"`
	CurrentVersion   string     `json:"current_version"`
	AvailableVersion string     `json:"available_version"`
	Origin           string     `json:"origin"` // Label of the repository, e.g. Debian-Security
	Suite            string     `json:"suite"`
	Security         bool       `json:"security"` // a version between installed and available came from a security pocket
	Severity         Severity   `json:"severity"`
	Advisories       []string   `json:"advisories"`
	CVEIDs           []string   `json:"cve_ids"`
	RequiresReboot   bool       `json:"requires_reboot"`
	Restarts         []string   `json:"restarts"`
	SizeBytes        int64      `json:"size_bytes"`          // of the download
	Held             bool       `json:"held"`                // will not be installed: held on the host
	Phased           bool       `json:"phased"`              // will not be installed yet: phased by the vendor
	KeptBack         string     `json:"kept_back,omitempty"` // why the resolver leaves it out although neither held nor phased
	PublishedAt      *time.Time `json:"published_at,omitempty"`
}

// PatchList answers GET /patches.
type PatchList struct {
	Patches   []Patch    `json:"patches"`
	Total     int        `json:"total"`
	Security  int        `json:"security"`
	Held      int        `json:"held"`
	CheckedAt *time.Time `json:"checked_at"` // age of the package lists this was computed from
}

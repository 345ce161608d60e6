package patches

import (
	"time"

	"patchmanager/internal/agentapi"
)

// Patch is one update that a host misses.
type Patch struct {
	Name             string            `json:"name"`
	Arch             string            `json:"arch"`
	Source           string            `json:"source"`
	CurrentVersion   string            `json:"current_version"`
	AvailableVersion string            `json:"available_version"`
	Origin           string            `json:"origin"`
	Suite            string            `json:"suite"`
	Security         bool              `json:"security"`
	Severity         agentapi.Severity `json:"severity" enum:"critical,high,medium,low,unknown"`
	SizeBytes        int64             `json:"size_bytes" doc:"Of the download."`
	Held             bool              `json:"held"`
	Phased           bool              `json:"phased"`
	KeptBack         string            `json:"kept_back" doc:"Why the resolver leaves it out although it is neither held nor phased; empty when it does not."`
	Advisories       []string          `json:"advisories" nullable:"false"`
	CVEIDs           []string          `json:"cve_ids" nullable:"false"`
	RequiresReboot   bool              `json:"requires_reboot"`
}

// PatchPage is one page of the updates of a host.
type PatchPage struct {
	Items     []Patch    `json:"items" nullable:"false"`
	Total     int        `json:"total"`
	CheckedAt *time.Time `json:"checked_at" doc:"How old the answer is; null: never known."`
}

// Package is one installed package of a host.
type Package struct {
	Name          string `json:"name"`
	Arch          string `json:"arch"`
	Version       string `json:"version"`
	Source        string `json:"source"`
	SourceVersion string `json:"source_version"`
	Origin        string `json:"origin"`
	SizeBytes     int64  `json:"size_bytes"`
	Held          bool   `json:"held"`
	Auto          bool   `json:"auto" doc:"Installed as a dependency."`
}

// PackagePage is one page of the packages of a host.
type PackagePage struct {
	Items []Package `json:"items" nullable:"false"`
	Total int       `json:"total"`
}

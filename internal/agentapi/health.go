package agentapi

import "time"

// Capability names something an agent can do. The manager offers only what the
// agent advertises; an agent without any is one of the older generation.
type Capability string

// Capabilities of this generation of agents.
const (
	CapPlan        Capability = "plan"        // POST /patches/plan
	CapApply       Capability = "apply"       // POST /patches/apply with idempotency keys
	CapRollback    Capability = "rollback"    // POST /jobs/{id}/rollback restores recorded versions
	CapReboot      Capability = "reboot"      // reboot verified by boot id
	CapEvents      Capability = "events"      // numbered events over /ws/jobs
	CapCertificate Capability = "certificate" // POST /pki/csr, PUT /pki/certificate
)

// HealthStatus is the agent's own judgement of itself.
type HealthStatus string

// Health states. Degraded always comes with reasons.
const (
	HealthHealthy  HealthStatus = "healthy"
	HealthDegraded HealthStatus = "degraded"
)

// Health answers GET /health.
type Health struct {
	Status        HealthStatus `json:"status"`
	Reasons       []string     `json:"reasons"`
	Version       string       `json:"version"`
	UptimeSeconds int64        `json:"uptime_seconds"` // of the agent process, not of the host
	BootID        string       `json:"boot_id"`
	Capabilities  []Capability `json:"capabilities"`
	CRLStatus     string       `json:"crl_status"` // none, valid, expired
	// CertificateExpiresAt is the end of the agent's own server certificate.
	CertificateExpiresAt time.Time `json:"certificate_expires_at"`
	// RunningJob is the id of the job under way, empty when idle.
	RunningJob string `json:"running_job,omitempty"`
}

// SystemInfo answers GET /system/info.
type SystemInfo struct {
	Hostname         string       `json:"hostname"`
	FQDN             string       `json:"fqdn"`
	MachineID        string       `json:"machine_id"`
	BootID           string       `json:"boot_id"`
	BootedAt         time.Time    `json:"booted_at"`
	OS               string       `json:"os"`         // PRETTY_NAME of os-release
	OSID             string       `json:"os_id"`      // ID of os-release: debian, ubuntu
	OSIDLike         []string     `json:"os_id_like"` // ID_LIKE of os-release
	OSVersion        string       `json:"os_version"` // VERSION_ID of os-release
	Codename         string       `json:"codename"`   // VERSION_CODENAME of os-release
	Kernel           string       `json:"kernel"`     // of the running kernel
	Architecture     string       `json:"architecture"`
	PackageManager   string       `json:"package_manager"` // apt
	Virtualization   string       `json:"virtualization"`  // none, container, vm or a more exact word
	Addresses        []string     `json:"addresses"`
	LastUpdateCheck  *time.Time   `json:"last_update_check"` // when the package lists were last fetched
	LastUpdateApply  *time.Time   `json:"last_update_apply"` // when packages last changed
	PendingReboot    bool         `json:"pending_reboot"`
	RebootReasons    []string     `json:"reboot_reasons"`
	ServicesRestart  []string     `json:"services_to_restart"` // still running files that were replaced
	PackageDBClean   bool         `json:"package_db_clean"`
	PackageDBProblem []string     `json:"package_db_problems"`
	Held             []string     `json:"held"`
	Repositories     []Repository `json:"repositories"`
}

// Repository is one configured package source.
type Repository struct {
	URI       string     `json:"uri"`
	Suite     string     `json:"suite"`
	Origin    string     `json:"origin"`
	Label     string     `json:"label"`
	Codename  string     `json:"codename"`
	Security  bool       `json:"security"`
	UpdatedAt *time.Time `json:"updated_at"` // Date of its Release file
	Problem   string     `json:"problem,omitempty"`
}

// RebootRequest is the body of POST /system/reboot.
type RebootRequest struct {
	DelaySeconds int    `json:"delay_seconds"`
	Reason       string `json:"reason"`
}

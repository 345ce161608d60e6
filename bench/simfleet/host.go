package simfleet

import (
	"fmt"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"patchmanager/internal/agent/identity"
	"patchmanager/internal/agentapi"
)

// host is one simulated host.
type host struct {
	no         int
	address    netip.Addr
	template   template
	booted     time.Time
	fleet      *Fleet
	store      *identity.Store
	generation atomic.Int64 // of its inventory
	asked      atomic.Int64 // when its health was asked last, Unix nanoseconds
}

func (h *host) name() string { return fmt.Sprintf("sim-%05d", h.no) }

func (h *host) machineID() string { return fmt.Sprintf("%032x", 0x5e1f<<32|h.no) }

func (h *host) bootID() string { return fmt.Sprintf("boot-%05d", h.no) }

func (h *host) subject() identity.Subject {
	return identity.Subject{Hostname: h.name(), FQDN: h.name() + ".example.com"}
}

// claim is what it enrolls with.
func (h *host) claim() agentapi.EnrollRequest {
	d := h.template.distro
	return agentapi.EnrollRequest{MachineID: h.machineID(), Hostname: h.name(), FQDN: h.name() + ".example.com",
		IPAddress: h.address.String(), Port: h.fleet.opts.Port,
		OSDetails: map[string]string{"id": d.id, "version_id": d.version, "pretty_name": d.name, "arch": d.arch, "agent_version": agentVersion}}
}

const agentVersion = "1.0.0-sim"

func (h *host) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+agentapi.BasePath+"/health", h.health)
	mux.HandleFunc("GET "+agentapi.BasePath+"/system/info", h.info)
	mux.HandleFunc("GET "+agentapi.BasePath+"/packages", h.packages)
	mux.HandleFunc("GET "+agentapi.BasePath+"/patches", h.patches)
	mux.HandleFunc("POST "+agentapi.BasePath+"/pki/csr", h.csr)
	mux.HandleFunc("PUT "+agentapi.BasePath+"/pki/certificate", h.certificate)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, agentapi.NewError(agentapi.CodeUnsupported, "a simulated host does not know %s %s", r.Method, r.URL.Path))
	})
	return mux
}

func (h *host) health(w http.ResponseWriter, _ *http.Request) {
	now := time.Now()
	h.asked.Store(now.UnixNano())
	h.fleet.counts.Health.Add(1)
	answer(w, agentapi.Health{Status: agentapi.HealthHealthy, Reasons: []string{}, Version: agentVersion, BootID: h.bootID(),
		UptimeSeconds: int64(now.Sub(h.booted) / time.Second), Capabilities: []agentapi.Capability{agentapi.CapCertificate}, CRLStatus: "none",
		CertificateExpiresAt: h.store.Current().Certificate.Leaf.NotAfter.UTC()})
}

func (h *host) info(w http.ResponseWriter, _ *http.Request) {
	h.fleet.counts.Info.Add(1)
	d, now := h.template.distro, time.Now()
	answer(w, agentapi.SystemInfo{Hostname: h.name(), FQDN: h.name() + ".example.com", MachineID: h.machineID(), BootID: h.bootID(), BootedAt: h.booted,
		OS: d.name, OSID: d.id, OSVersion: d.version, Kernel: d.kernel, Architecture: d.arch, PackageManager: d.manager, Virtualization: "vm",
		Addresses: []string{h.address.String()}, LastUpdateCheck: &now, PendingReboot: h.no%20 == 0, RebootReasons: []string{},
		ServicesRestart: []string{}, PackageDBClean: true, PackageDBProblem: []string{}, Held: []string{},
		Repositories: []agentapi.Repository{{URI: "https://packages.example.com/" + d.id, Suite: "updates", Origin: d.id, UpdatedAt: &now},
			{URI: "https://packages.example.com/" + d.id, Suite: "security", Origin: d.id, Security: true, UpdatedAt: &now}}})
}

func (h *host) packages(w http.ResponseWriter, r *http.Request) {
	h.list(w, r, "packages", &h.fleet.counts.Packages, func(g int) any { return h.template.packages(g) })
}

func (h *host) patches(w http.ResponseWriter, r *http.Request) {
	h.list(w, r, "patches", &h.fleet.counts.Patches, func(g int) any { return h.template.patches(g) })
}

// list answers with an ETag, as the real agent does.
func (h *host) list(w http.ResponseWriter, r *http.Request, kind string, n *calls, of func(generation int) any) {
	generation := int(h.generation.Load())
	tag := fmt.Sprintf(`"%s-%d-%d"`, kind, h.template.no, generation)
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		n.Unchanged.Add(1)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	data, err := h.fleet.answers.get(tag, func() any { return of(generation) })
	if err != nil {
		refuse(w, agentapi.NewError(agentapi.CodeInternal, "%v", err))
		return
	}
	n.Full.Add(1)
	answer(w, data)
}

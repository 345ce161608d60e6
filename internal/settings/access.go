package settings

import (
	"net/netip"

	"patchmanager/internal/apierr"
)

// Access is who may connect, and which proxies are believed. An empty list lets
// everybody in.
type Access struct {
	UI             Ranges `json:"ui" nullable:"false" doc:"Who may use the interface and the API."`
	Enrollment     Ranges `json:"enrollment" nullable:"false" doc:"From where agents may enroll."`
	Metrics        Ranges `json:"metrics" nullable:"false" doc:"Who may read /metrics."`
	TrustedProxies Ranges `json:"trusted_proxies" nullable:"false" doc:"Whose X-Forwarded-For is believed; empty: nobody's."`
}

var access = section[Access]{
	name:     "access",
	defaults: Access{UI: Ranges{}, Enrollment: Ranges{}, Metrics: Ranges{}, TrustedProxies: Ranges{}},
	check:    Access.check,
}

// check refuses a trusted range that holds everybody: then every client could
// choose its address.
func (v Access) check() []apierr.Detail {
	for _, p := range v.TrustedProxies {
		if p.Bits() == 0 {
			return []apierr.Detail{{Field: "trusted_proxies", Value: p.String(),
				Message: "With this, every client could claim any address. Name the proxies themselves."}}
		}
	}
	return nil
}

// AdmitsUI reports whether an address may use the interface and the API.
func (v Access) AdmitsUI(a netip.Addr) bool { return v.UI.admits(a) }

// AdmitsEnrollment reports whether an agent may enroll from an address.
func (v Access) AdmitsEnrollment(a netip.Addr) bool { return v.Enrollment.admits(a) }

// AdmitsMetrics reports whether an address may read the metrics.
func (v Access) AdmitsMetrics(a netip.Addr) bool { return v.Metrics.admits(a) }

// AdmitsHealth reports whether an address may ask whether the product works:
// this machine, the proxies, and whoever may use the interface or the metrics.
func (v Access) AdmitsHealth(a netip.Addr) bool {
	return a.IsLoopback() || v.TrustedProxies.Holds(a) || v.AdmitsUI(a) || v.AdmitsMetrics(a)
}

// Trusts reports whether what an address says of its client is believed.
func (v Access) Trusts(proxy netip.Addr) bool { return v.TrustedProxies.Holds(proxy) }

// parseAccess reads the four lists, and names every bad entry of them.
func parseAccess(ui, enrollment, metrics, proxies []string) (Access, []apierr.Detail) {
	var v Access
	var bad []apierr.Detail
	for _, l := range []struct {
		field string
		list  []string
		to    *Ranges
	}{
		{"ui", ui, &v.UI}, {"enrollment", enrollment, &v.Enrollment}, {"metrics", metrics, &v.Metrics},
		{"trusted_proxies", proxies, &v.TrustedProxies},
	} {
		r, wrong := parseRanges(l.field, l.list)
		*l.to, bad = r, append(bad, wrong...)
	}
	return v, bad
}

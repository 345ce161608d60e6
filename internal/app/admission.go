package app

import (
	"context"
	"net/netip"
	"path"
	"strings"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/httpx"
	"patchmanager/internal/ids"
	"patchmanager/internal/settings"
)

// Paths with a list of their own. Everything else is the interface and the API.
const (
	metricsPath = "/metrics"
	healthPath  = "/status/health"
	enrollPath  = httpx.BasePath + "/enroll"
)

// admits decides by the path alone, before anything looks at the request. A path
// that the router would first clean counts as the interface's: nothing like
// /api/v1/enroll/../jobs gets in by the list of the agents.
func admits(lists settings.Access, asked string, from netip.Addr) bool {
	switch {
	case asked == metricsPath:
		return lists.AdmitsMetrics(from)
	case asked == healthPath || asked == httpx.BasePath+healthPath:
		return lists.AdmitsHealth(from)
	case asked == enrollPath, strings.HasPrefix(asked, enrollPath+"/") && path.Clean(asked) == asked:
		return lists.AdmitsEnrollment(from)
	}
	return lists.AdmitsUI(from)
}

// admittedSessions ends live connections from addresses that are no longer
// allowed: they were let in once, and no request of theirs is looked at since.
type admittedSessions struct {
	auth     *auth.Service
	settings *settings.Service
}

// SessionActor is auth's, for an address that may use the interface.
func (a admittedSessions) SessionActor(ctx context.Context, session ids.ID, from netip.Addr) (auth.Actor, error) {
	if !a.settings.Access().AdmitsUI(from) {
		return auth.Actor{}, apierr.Forbidden("address_not_allowed", "This address may not use this service.")
	}
	return a.auth.SessionActor(ctx, session, from)
}

package httpx

import (
	"net/http"
	"net/netip"

	"patchmanager/internal/apierr"
)

// refuseStrangers answers 403 to an address that may not use a path, whatever
// the path holds: pages, files, sign-in and WebSocket alike. The answer names
// the caller's own address, so that a wrong list or proxy is found, and nothing
// of the list.
func refuseStrangers(next http.Handler, admits func(path string, from netip.Addr) bool) http.Handler {
	if admits == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := ClientAddr(r.Context()); !admits(r.URL.Path, from) {
			WriteError(w, r, apierr.New(http.StatusForbidden, "address_not_allowed", "The address %s may not use this service.", from))
			return
		}
		next.ServeHTTP(w, r)
	})
}

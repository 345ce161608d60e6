package sysinfo

import (
	"os"
	"time"
)

// LastUpdateCheck is when the package lists below root were last fetched; nil
// when they never were. Lists that did not change keep the server's time, but
// each fetch makes and removes files in the directory of partial ones.
func LastUpdateCheck(root string) *time.Time {
	h := Host{Root: root}
	return h.newest(
		"/var/lib/apt/lists",
		"/var/lib/apt/lists/partial",
		"/var/lib/apt/periodic/update-success-stamp",
	)
}

// lastUpdateApply is when packages last changed: dpkg rewrites its status file
// with every package and with nothing else.
func (h Host) lastUpdateApply() *time.Time { return h.newest("/var/lib/dpkg/status") }

func (h Host) newest(files ...string) *time.Time {
	var newest time.Time
	for _, file := range files {
		if info, err := os.Stat(h.path(file)); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime().UTC()
		}
	}
	if newest.IsZero() {
		return nil
	}
	return &newest
}

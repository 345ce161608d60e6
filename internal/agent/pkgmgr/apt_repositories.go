package pkgmgr

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"time"

	"patchmanager/internal/agentapi"
)

// Repositories implements [Manager].
func (a *APT) Repositories(ctx context.Context) ([]agentapi.Repository, error) {
	targets, err := a.targets(ctx)
	if err != nil {
		return nil, err
	}
	all := []agentapi.Repository{}
	seen := map[string]bool{}
	for _, t := range targets {
		if id := t.RepoURI + " " + t.Release; !seen[id] {
			seen[id] = true
			all = append(all, a.repository(t))
		}
	}
	return all, nil
}

func (a *APT) repository(t indexTarget) agentapi.Repository {
	r := agentapi.Repository{
		URI: maskCredentials(t.RepoURI), Suite: t.Release, Origin: t.Origin, Label: t.Label, Codename: t.Codename,
		Security: t.security(),
	}
	release, err := a.releaseFile(t)
	if err != nil {
		r.Problem = err.Error()
		return r
	}
	r.UpdatedAt = release.date
	if release.validUntil != nil && release.validUntil.Before(a.clock.Now()) {
		r.Problem = "its Release file expired on " + release.validUntil.Format(time.RFC3339) + "; apt refuses it until the repository is signed again"
	}
	return r
}

// releaseInfo is what a Release file says about its own age.
type releaseInfo struct{ date, validUntil *time.Time }

var errNotFetched = errors.New("its package lists have not been fetched")

// releaseFile reads the signed description of a repository that apt keeps.
func (a *APT) releaseFile(t indexTarget) (releaseInfo, error) {
	base := releaseBase(t)
	for _, name := range []string{"InRelease", "Release"} {
		f, err := os.Open(a.host.Path(base + name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return releaseInfo{}, fmt.Errorf("its Release file cannot be read: %w", err)
		}
		defer f.Close()
		for s, err := range stanzas(f) {
			if err != nil {
				return releaseInfo{}, fmt.Errorf("its Release file cannot be read: %w", err)
			}
			if s["Date"] != "" {
				return releaseInfo{date: releaseDate(s["Date"]), validUntil: releaseDate(s["Valid-Until"])}, nil
			}
		}
	}
	return releaseInfo{}, errNotFetched
}

// releaseBase is the common beginning of the names that apt gives the files of
// a repository: "/var/lib/apt/lists/example.org_debian_dists_bookworm_".
func releaseBase(t indexTarget) string {
	key := strings.ReplaceAll(t.MetaKey, "/", "_")
	dir, file := path.Split(t.File)
	if at := strings.LastIndex(file, key); at >= 0 && key != "" {
		file = file[:at]
	}
	return dir + file
}

// releaseDate reads RFC 2822 dates, which Release files give in UTC.
func releaseDate(text string) *time.Time {
	for _, layout := range []string{"Mon, _2 Jan 2006 15:04:05 MST", "Mon, _2 Jan 2006 15:04:05 -0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			at = at.UTC()
			return &at
		}
	}
	return nil
}

var credentials = regexp.MustCompile(`://[^/@\s']+@`)

// maskCredentials hides the user and password that a source may carry.
func maskCredentials(text string) string { return credentials.ReplaceAllString(text, "://***@") }

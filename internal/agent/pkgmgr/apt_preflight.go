package pkgmgr

import (
	"context"
	"fmt"
	"strings"
	"time"

	"patchmanager/internal/agent/sysinfo"
	"patchmanager/internal/agentapi"
)

// Names of the preflight checks, as the wire has them.
const (
	checkSpace        = "space"
	checkLock         = "lock"
	checkDatabase     = "database"
	checkRepositories = "repositories"
	checkClock        = "clock"
	checkReboot       = "reboot"
	checkHolds        = "holds"
)

// Preflight implements [Manager]. Only what would make the run fail is a
// failure: a lock may be free a minute later, and an expired repository matters
// only when something has to be fetched from it.
func (a *APT) Preflight(ctx context.Context, p agentapi.Plan, cacheDir string) []agentapi.Check {
	return []agentapi.Check{
		a.spaceCheck(ctx, p, cacheDir),
		a.lockCheck(ctx),
		a.databaseCheck(ctx),
		a.repositoryCheck(ctx),
		a.clockCheck(ctx),
		a.rebootCheck(),
		a.holdCheck(ctx),
	}
}

func fine(name, detail string) agentapi.Check {
	return agentapi.Check{Name: name, Level: agentapi.CheckOK, Detail: detail}
}

func warn(name, format string, args ...any) agentapi.Check {
	return agentapi.Check{Name: name, Level: agentapi.CheckWarn, Detail: fmt.Sprintf(format, args...)}
}

func fail(name string, code agentapi.Code, format string, args ...any) agentapi.Check {
	return agentapi.Check{Name: name, Level: agentapi.CheckFail, Code: code, Detail: fmt.Sprintf(format, args...)}
}

func (a *APT) spaceCheck(ctx context.Context, p agentapi.Plan, cacheDir string) agentapi.Check {
	needs, err := a.needs(ctx, p, cacheDir)
	if err != nil {
		return warn(checkSpace, "free space could not be looked at: %v", err)
	}
	mounts, err := a.mounts(needs)
	if err != nil {
		return warn(checkSpace, "free space could not be looked at: %v", err)
	}
	var lacks []string
	for _, m := range mounts {
		if lack := m.lack(); lack != "" {
			lacks = append(lacks, lack)
		}
	}
	if len(lacks) > 0 {
		return fail(checkSpace, agentapi.CodeDiskFull, "not enough space: %s", strings.Join(lacks, "; "))
	}
	return fine(checkSpace, "enough space on every file system the update writes to")
}

func (a *APT) lockCheck(ctx context.Context) agentapi.Check {
	holder, err := a.Busy(ctx)
	switch {
	case err != nil:
		return warn(checkLock, "the package lock could not be looked at: %v", err)
	case holder != "":
		return warn(checkLock, "the package lock is held by %s; a job waits for it", holder)
	}
	return fine(checkLock, "no other package tool is running")
}

// databaseCheck fails on what no run of apt can get past. Packages that only
// wait to be configured are configured by the run itself.
func (a *APT) databaseCheck(ctx context.Context) agentapi.Check {
	problems, err := a.Problems(ctx)
	if err != nil {
		return fail(checkDatabase, agentapi.CodeDBBroken, "the package database cannot be read: %v", err)
	}
	for _, p := range problems {
		if strings.Contains(p, "reinst-required") || strings.Contains(p, "interrupted") {
			return fail(checkDatabase, agentapi.CodeDBBroken, "the package database has to be repaired first: %s", strings.Join(problems, "; "))
		}
	}
	if len(problems) > 0 {
		return warn(checkDatabase, "an earlier run left packages unfinished, this one will try again: %s", strings.Join(problems, "; "))
	}
	return fine(checkDatabase, "every package is completely installed")
}

func (a *APT) repositoryCheck(ctx context.Context) agentapi.Check {
	repositories, err := a.Repositories(ctx)
	if err != nil {
		return warn(checkRepositories, "the package sources cannot be read: %v", err)
	}
	if len(repositories) == 0 {
		return warn(checkRepositories, "no package source is configured")
	}
	var problems []string
	for _, r := range repositories {
		if r.Problem != "" {
			problems = append(problems, r.URI+" "+r.Suite+": "+r.Problem)
		}
	}
	if len(problems) > 0 {
		return warn(checkRepositories, "%s", strings.Join(problems, "; "))
	}
	return fine(checkRepositories, fmt.Sprintf("the lists of all %d repositories are valid", len(repositories)))
}

// clockCheck compares the clock with the newest signature: a clock that is
// behind makes apt refuse repositories as "not valid yet".
func (a *APT) clockCheck(ctx context.Context) agentapi.Check {
	repositories, err := a.Repositories(ctx)
	if err != nil {
		return warn(checkClock, "the clock could not be compared: %v", err)
	}
	now := a.clock.Now()
	for _, r := range repositories {
		if r.UpdatedAt != nil && now.Before(*r.UpdatedAt) {
			return warn(checkClock, "the host's clock says %s, before %s was signed (%s): it is wrong",
				now.Format(time.RFC3339), r.URI, r.UpdatedAt.Format(time.RFC3339))
		}
	}
	return fine(checkClock, "the clock agrees with the signatures of the repositories")
}

func (a *APT) rebootCheck() agentapi.Check {
	needed, reasons, err := sysinfo.RebootNeed(a.host.Root)
	switch {
	case err != nil:
		return warn(checkReboot, "whether a reboot is pending is unknown: %v", err)
	case needed:
		return warn(checkReboot, "a reboot is pending already: %s", strings.Join(reasons, "; "))
	}
	return fine(checkReboot, "no reboot is pending")
}

func (a *APT) holdCheck(ctx context.Context) agentapi.Check {
	held, err := a.Held(ctx)
	switch {
	case err != nil:
		return warn(checkHolds, "held packages could not be listed: %v", err)
	case len(held) > 0:
		return warn(checkHolds, "held on the host and left alone: %s", strings.Join(held, ", "))
	}
	return fine(checkHolds, "no package is held")
}

// Held lists the packages that the host's administrator holds.
func (a *APT) Held(ctx context.Context) ([]string, error) {
	inv, err := a.inventory(ctx)
	if err != nil {
		return nil, err
	}
	held := []string{}
	for _, p := range inv.packages {
		if p.held() {
			held = append(held, p.qualifiedFor(inv))
		}
	}
	return held, nil
}

// NeedsReboot implements [Manager].
func (a *APT) NeedsReboot(_ context.Context) (bool, []string, error) {
	return sysinfo.RebootNeed(a.host.Root)
}

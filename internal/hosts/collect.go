package hosts

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
)

// plainResult is the result of a poll whose facts are already stored, or that
// failed and changes none.
func (p *poller) plainResult(c claim, what string, err error) result {
	r := result{host: c.HostID, polls: []pollKind{c.Kind}, sql: finishOnly, changed: c.Failures > 0 && err == nil}
	if err == nil {
		r.args = p.finishArgs(c, 0, c.Seen, "")
		return r
	}
	r.args = p.finishArgs(c, c.Failures+1, c.Seen, clip(what+": "+reasonOf(err), maxText))
	return r
}

func (p *poller) finishArgs(c claim, failures int, seen bool, problem string) pgx.NamedArgs {
	retries := failures
	if problem != "" {
		retries = max(failures, 1) // a refusal counts no silence, and is still no success
	}
	return pgx.NamedArgs{"host": c.HostID, "kind": c.Kind, "owner": p.owner, "claimed": c.ClaimedAt,
		"failures": failures, "error": problem, "due": p.due(c, retries, seen), "now": p.s.now()}
}

// reasonOf is the cause in words; the name of the call is for logs.
func reasonOf(err error) string {
	var e *agentclient.Error
	if errors.As(err, &e) {
		return e.Reason()
	}
	return err.Error()
}

func (p *poller) health(ctx context.Context, agent *agentclient.Agent, c claim) result {
	h, err := agent.Health(ctx)
	o := observation{health: h}
	if c.Failures == 0 && c.State != Unreachable {
		o.problems = c.Problems // else they failed because the host was away, and are asked again now
	}
	if err != nil {
		o.failure, o.reason = agentclient.KindOf(err), reasonOf(err)
	}
	v := next(c.State, c.Failures, o)
	args := p.finishArgs(c, v.failures, c.Seen || err == nil, clip(o.reason, maxText))
	maps.Copy(args, pgx.NamedArgs{"state": v.state, "reason": v.reason, "seen": nil, "version": nil, "boot": nil,
		"capabilities": nil, "expires": nil, "restarted": false, "back": false})
	if err == nil {
		maps.Copy(args, healthFacts(c, h, p.s.now()))
	}
	return result{host: c.HostID, polls: healthWrites(args), sql: finishHealth, args: args, changed: v.state != c.State || v.reason != c.Reason}
}

// healthWrites are the polls that finishHealth may write: also those that it wakes.
func healthWrites(args pgx.NamedArgs) []pollKind {
	if args["restarted"] == true || args["back"] == true {
		return []pollKind{pollHealth, pollInventory, pollPatches}
	}
	return []pollKind{pollHealth}
}

func healthFacts(c claim, h agentapi.Health, now time.Time) pgx.NamedArgs {
	var caps []string
	for _, k := range h.Capabilities {
		caps = append(caps, clip(string(k), 64))
	}
	boot := clip(h.BootID, 128)
	return pgx.NamedArgs{"seen": now, "version": clip(h.Version, 64), "boot": orNull(boot), "capabilities": firstOf(caps, 100),
		"expires": timeOrNull(h.CertificateExpiresAt), "restarted": boot != "" && c.BootID != "" && boot != c.BootID,
		"back": !c.Seen || c.State == Unreachable || c.Failures > 0}
}

func (p *poller) inventory(ctx context.Context, agent *agentclient.Agent, c claim) result {
	info, err := agent.SystemInfo(ctx)
	if err != nil {
		return p.plainResult(c, "Its system could not be read", err)
	}
	args := p.finishArgs(c, 0, true, "")
	repos, err := json.Marshal(firstOf(info.Repositories, maxList))
	if err != nil {
		return p.plainResult(c, "Its system could not be read", err)
	}
	maps.Copy(args, pgx.NamedArgs{
		"os": clip(info.OS, 256), "os_id": clip(info.OSID, 64), "os_version": clip(info.OSVersion, 64), "fqdn": fqdnOf(info),
		"kernel": clip(info.Kernel, 256), "architecture": clip(info.Architecture, 64), "booted": timeOrNull(info.BootedAt),
		"reboot": info.PendingReboot, "checked": info.LastUpdateCheck, "applied": info.LastUpdateApply,
		"virtualization": clip(info.Virtualization, 64), "addresses": texts(info.Addresses), "repositories": string(repos),
		"reboot_reasons": texts(info.RebootReasons), "services": texts(info.ServicesRestart), "db_clean": info.PackageDBClean,
		"db_problems": texts(info.PackageDBProblem), "held": texts(info.Held)})
	return result{host: c.HostID, polls: []pollKind{c.Kind}, sql: finishInventory, args: args, changed: true}
}

// maxList is the longest list of facts that is kept of one host.
const maxList = 1000

// texts bounds a list from outside; never null.
func texts(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range firstOf(list, maxList) {
		out = append(out, clip(s, 500))
	}
	return out
}

// firstOf is the first n of a list; never null.
func firstOf[T any](list []T, n int) []T {
	if list == nil {
		return []T{}
	}
	return slices.Clip(list[:min(n, len(list))])
}

func fqdnOf(info agentapi.SystemInfo) string {
	if len(info.FQDN) > 253 {
		return ""
	}
	return info.FQDN
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"patchmanager/internal/agentclient"
	"patchmanager/internal/audit"
	"patchmanager/internal/audittrail"
	"patchmanager/internal/auth"
	"patchmanager/internal/ca"
	"patchmanager/internal/config"
	"patchmanager/internal/dashboard"
	"patchmanager/internal/db"
	"patchmanager/internal/discovery"
	"patchmanager/internal/enrollment"
	"patchmanager/internal/hosts"
	"patchmanager/internal/jobs"
	"patchmanager/internal/live"
	"patchmanager/internal/patches"
	"patchmanager/internal/queue"
	"patchmanager/internal/sealed"
	"patchmanager/internal/settings"
)

// domains are the services of every domain.
type domains struct {
	settings   *settings.Service
	agents     *agentclient.Client
	audit      *audit.Service
	trail      *audittrail.Service
	auth       *auth.Service
	ca         *ca.Authority
	hosts      *hosts.Service
	enrollment *enrollment.Service
	discovery  *discovery.Service
	patches    *patches.Service
	jobs       *jobs.Service
	dashboard  *dashboard.Service
	live       *live.Service
	sockets    *sync.WaitGroup // live connections, which http.Server does not count
}

// newDomains makes them in the order of the floors. ctx ends the subscriptions
// to notifications, so it must live as long as the process.
func newDomains(ctx context.Context, p *process, box *sealed.Box) (domains, error) {
	inserter, err := queue.NewInserter(p.db, slog.Default())
	if err != nil {
		return domains{}, err
	}
	d := domains{sockets: &sync.WaitGroup{}, ca: p.ca, agents: agentclient.New(agentclient.Config{TLS: p.ca.ClientTLS, Clock: p.clock})}
	d.settings = settings.New(settings.Deps{DB: p.db, Clock: p.clock, Nudge: p.notified.Nudge(ctx, db.ChannelSettings)})
	if err := d.settings.Load(ctx); err != nil { // before the first request: they say who may come in
		return domains{}, err
	}
	d.auth = auth.New(auth.Deps{DB: p.db, Clock: p.clock, Sealer: box, Argon: argon(p.cfg), PasswordChanged: forgetFirstPassword(p.cfg), Rules: signInRules(d.settings),
		Origins: pageOrigins(p.cfg), PublicURL: publicURL(p.cfg)})
	d.audit = audit.New(audit.Deps{DB: p.db, Clock: p.clock, Queue: inserter, Key: p.auditKey, Settings: trailRules(d.settings)})
	d.trail = audittrail.New(audittrail.Deps{DB: p.db, Trail: d.audit})
	d.patches = patches.New(patches.Deps{DB: p.db, Clock: p.clock})
	d.hosts = hosts.New(hosts.Deps{DB: p.db, Clock: p.clock, Certificates: p.ca, Agents: d.agents, Patches: d.patches,
		Nudge: p.notified.Nudge(ctx, db.ChannelPolls), Intervals: intervals(p.cfg), MaxCalls: p.cfg.Polling.MaxCalls})
	d.enrollment = enrollment.New(enrollment.Deps{DB: p.db, Clock: p.clock, CA: p.ca})
	d.discovery = discovery.New(discovery.Deps{DB: p.db, Clock: p.clock, TLS: p.ca.ClientTLS, Nudge: p.notified.Nudge(ctx, db.ChannelDiscovery),
		EnrollCommand: p.ca.EnrollCommand})
	d.jobs = jobs.New(jobs.Deps{DB: p.db, Clock: p.clock, Queue: inserter, Agents: jobs.AgentsOf(d.agents), Listener: p.notified,
		StepUpHosts: func() int { return d.settings.Security().StepUpHosts }})
	d.dashboard = dashboard.New(dashboard.Deps{DB: p.db, Clock: p.clock, Jobs: d.jobs})
	d.live = live.New(live.Deps{DB: p.db, Clock: p.clock, Jobs: d.jobs, Sessions: admittedSessions{d.auth, d.settings}, Listener: p.notified})
	return d, nil
}

func intervals(cfg config.Config) hosts.Intervals {
	return hosts.Intervals{Health: time.Duration(cfg.Polling.Health), Inventory: time.Duration(cfg.Polling.Inventory),
		Patches: time.Duration(cfg.Polling.Patches)}
}

// describe makes the services without anything behind them, for their routes.
func describe() domains {
	return domains{
		trail: audittrail.New(audittrail.Deps{}), settings: settings.New(settings.Deps{}), auth: auth.New(auth.Deps{}), ca: &ca.Authority{},
		hosts: hosts.New(hosts.Deps{}), enrollment: enrollment.New(enrollment.Deps{}), discovery: discovery.New(discovery.Deps{}), patches: patches.New(patches.Deps{}), jobs: jobs.New(jobs.Deps{}),
		dashboard: dashboard.New(dashboard.Deps{}), live: live.New(live.Deps{}), sockets: &sync.WaitGroup{},
	}
}

package ca

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/agentclient"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/runner"
)

const (
	renewInterval = 15 * time.Minute
	// renewRetry is short against the 30 days that are left when renewal starts.
	renewRetry = time.Hour
	renewBatch = 20
)

// Loops are the renewals: of this process's own certificates, and, where
// agents is not nil, of the hosts' over their existing connection.
func (a *Authority) Loops(agents *agentclient.Client) []runner.Loop {
	loops := []runner.Loop{{Name: "renew own certificates", Interval: renewInterval, Jitter: time.Minute, Once: a.renewOwn}}
	if agents != nil {
		loops = append(loops, runner.Loop{Name: "renew host certificates", Interval: renewInterval, Jitter: time.Minute,
			Once: func(ctx context.Context) (bool, error) { return a.renewHosts(ctx, agents) }})
	}
	return loops
}

func (a *Authority) renewOwn(ctx context.Context) (bool, error) {
	err := a.renewManager(ctx)
	a.mu.Lock()
	names := a.uiNames
	a.mu.Unlock()
	if names != nil {
		err = errors.Join(err, a.renewUI(ctx, names))
	}
	return false, err
}

// renewHosts renews one batch. A host that does not answer is tried again an
// hour later, for as long as its certificate lives.
func (a *Authority) renewHosts(ctx context.Context, agents *agentclient.Client) (bool, error) {
	now := a.now()
	list, err := claimRenewals(ctx, a.deps.DB, now, now.Add(renewRetry), renewBatch)
	if err != nil {
		return false, err
	}
	for _, r := range list {
		agent := agents.For(agentclient.Target{HostID: r.HostID, Address: r.Address, Port: r.Port})
		err := a.renewHost(ctx, agent, r)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err != nil {
			slog.WarnContext(ctx, "host certificate not renewed", "host", r.Name, "host_id", r.HostID, "error", err)
			retry := now.Add(renewRetry)
			if err := setRenewAt(ctx, a.deps.DB, r.Serial, &retry, err.Error()); err != nil {
				return false, err
			}
		}
	}
	return len(list) == renewBatch, nil
}

// renewHost lets the agent make a new key, signs it and hands the certificate
// over. When the answer to the last step is lost the agent may already serve
// with the new one, so neither is revoked: both name the same host.
func (a *Authority) renewHost(ctx context.Context, agent *agentclient.Agent, r renewal) error {
	req, err := agent.CSR(ctx)
	if err != nil {
		return err
	}
	csr, err := ParseCSR(req.CSR)
	if err != nil {
		return fmt.Errorf("the agent's request: %w", err)
	}
	var issued Issued
	err = a.deps.DB.InTx(ctx, func(tx db.Tx) error {
		if issued, err = a.IssueHost(ctx, tx, csr, r.HostID); err != nil {
			return err
		}
		if err := setRenewAt(ctx, tx, issued.Serial, nil, ""); err != nil {
			return err
		}
		return audit.Append(ctx, tx, auth.System("ca").Entry("certificate.renew",
			audit.Target{Kind: "host", ID: r.HostID.String(), Name: r.Name},
			map[string]any{"serial": fmt.Sprintf("%x", issued.Serial), "not_after": issued.NotAfter.Format(time.RFC3339)}))
	})
	if err != nil {
		return err
	}
	update := agentapi.CertificateUpdate{ServerCrt: issued.PEM, CAChain: string(a.RootPEM())}
	if err := agent.PutCertificate(ctx, update); err != nil {
		return err
	}
	return a.deps.DB.InTx(ctx, func(tx db.Tx) error {
		at := renewAt(issued.NotAfter.Add(-leafLife-backdate), issued.NotAfter)
		if err := setRenewAt(ctx, tx, issued.Serial, &at, ""); err != nil {
			return err
		}
		return markRenewed(ctx, tx, r.HostID, issued.Serial)
	})
}

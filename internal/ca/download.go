package ca

import (
	"context"
	"fmt"
	"time"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
)

// noteAgainAfter is how long one row stands for the downloads of an address.
// Anybody may download, as often as they like: the trail must not grow with it.
const noteAgainAfter = time.Minute

const actionRootDownload = "root_certificate.download"

// noteDownload writes down who took the root certificate.
func (a *Authority) noteDownload(ctx context.Context, actor auth.Actor) error {
	e := actor.Entry(actionRootDownload, audit.Target{Kind: "certificate", ID: a.Fingerprint(), Name: "root"}, nil)
	_, known, err := audit.List(ctx, a.deps.DB, audit.Filter{Action: actionRootDownload, Address: e.Address, From: a.now().Add(-noteAgainAfter), Limit: 1})
	if err != nil || known > 0 {
		return err
	}
	e.At = a.now()
	if err := a.deps.DB.InTx(ctx, func(tx db.Tx) error { return audit.Append(ctx, tx, e) }); err != nil {
		return fmt.Errorf("note download of the root certificate: %w", err)
	}
	return nil
}

package jobs

import (
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

func TestAHostWhoseAgentHasNotEnrolledTakesNoOrders(t *testing.T) {
	b := newBed(t)
	hs := b.bareHosts(1)
	var awaited ids.ID
	require.NoError(t, b.db.InTx(t.Context(), func(tx db.Tx) (err error) {
		awaited, err = hosts.Register(t.Context(), tx, b.admin, hosts.NewHost{Name: "front", Address: "192.0.2.1"}, b.clock.Now())
		return err
	}))
	all := []ids.ID{hs[0], awaited}
	_, jobErr := b.s.Create(t.Context(), b.admin, JobInput{Kind: KindRefresh, HostIDs: all})
	_, planErr := b.s.CreatePlan(t.Context(), b.admin, PlanInput{HostIDs: all, Selection: Selection{Mode: ModeAll}})
	for _, err := range []error{jobErr, planErr} {
		e := refused(t, err)
		require.Len(t, e.Details, 1)
		require.Equal(t, "host_ids[1]", e.Details[0].Field)
		require.Equal(t, "front takes no orders. Its agent has not enrolled yet: run the enrollment command on it first.", e.Details[0].Message)
	}
}

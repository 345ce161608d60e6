package jobs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/ids"
	"patchmanager/internal/testkit/agenttest"
)

// An order for more hosts than the setting says needs a fresh second factor,
// whichever way it comes.
func TestAnOrderThatReachesFarNeedsAFreshFactor(t *testing.T) {
	t.Parallel()
	b, limit := newBed(t), 1
	b.s.stepUp = func() int { return limit }
	good := b.host("web-01", nil)
	bad := b.host("web-02", func(*agenttest.Run) *agentapi.Error {
		return agentapi.NewError(agentapi.CodeMaintainerScript, "broken")
	})
	b.updates(good, "curl")
	fresh, token := b.admin, b.admin
	fresh.FreshUntil, token.TokenID = b.clock.Now().Add(time.Hour), ids.New()

	in := JobInput{Kind: KindPatch, HostIDs: []ids.ID{good, bad}, Selection: &Selection{Mode: ModeAll}, Reboot: "never"}
	_, err := b.s.Create(t.Context(), b.admin, in)
	requireCode(t, "step_up_required", err)
	_, err = b.s.Create(t.Context(), token, in)
	requireCode(t, "person_required", err)
	require.Zero(t, b.count("select count(*) from job"))
	j, err := b.s.Create(t.Context(), fresh, in)
	require.NoError(t, err)
	b.work(b.s)
	require.Equal(t, StatePartiallyFailed, b.job(j.ID).State)

	limit = 0 // the setting is asked with each order
	_, err = b.s.Rollback(t.Context(), b.admin, j.ID, []ids.ID{good})
	requireCode(t, "step_up_required", err)
	_, err = b.s.Rerun(t.Context(), b.admin, j.ID, nil)
	requireCode(t, "step_up_required", err)
	require.Equal(t, 1, b.count("select count(*) from job"))

	limit = 1 // one host is not more than one
	_, err = b.s.Rollback(t.Context(), b.admin, j.ID, []ids.ID{good})
	require.NoError(t, err)
	_, err = b.s.Rerun(t.Context(), b.admin, j.ID, nil)
	require.NoError(t, err)
}

package audit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const day = 24 * time.Hour

// aged is a trail with 24 rows a day of which 10 days lie behind the retention.
func aged(t *testing.T) *rig {
	r := newRig(t)
	r.set.RetentionDays = 30
	for range 20 {
		r.fill(24, 5) // checkpoints of 5, 10, 15, 20 rows, then of the rest
		r.signAll()
		r.clock.Advance(2 * day)
	}
	return r
}

func TestPruneKeepsTheTrailVerifiable(t *testing.T) {
	r := aged(t)
	r.intact()
	n, err := r.Prune(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 5*24, n, "days 0, 2, 4, 6, 8 of 40")
	r.signAll()
	v := r.intact()
	require.EqualValues(t, 15*24+2, v.Checked, "with the rows of the first verification's result and of the prune")
	rows, _, err := List(t.Context(), r.db, Filter{Action: actionPrune})
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Contains(t, string(rows[0].Details), `"up_to":120`)

	n, err = r.Prune(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)

	r.clock.Advance(7 * day)
	n, err = r.Prune(t.Context())
	require.NoError(t, err)
	require.Positive(t, n)
	r.signAll()
	r.intact()
	_, err = r.Prove(t.Context(), 300)
	require.NoError(t, err)

	file := r.export(FormatJSONL, Filter{})
	rep := r.check(file)
	require.Nil(t, rep.Break)
	require.True(t, rep.Complete)
	require.Greater(t, rep.FirstID, int64(120))
}

func TestPrunedTrailIsStillGuarded(t *testing.T) {
	for name, c := range map[string]struct {
		sql  []string
		kind BreakKind
	}{
		"first kept row edited":   {[]string{`update audit_entry set action = 'host.add' where id = 121`}, BreakEdited},
		"more cut off":            {[]string{`delete from audit_entry where id = 121`}, BreakMissing},
		"cut off to a checkpoint": {[]string{`delete from audit_entry where id <= 125`, `delete from audit_checkpoint where size < 125`}, BreakMissing},
		"anchor gone":             {[]string{`delete from audit_checkpoint where size = 120`}, BreakMissing},
		"kept tree edited":        {[]string{`update audit_hash set hash = sha256('x') where idx = (select min(idx) from audit_hash)`}, BreakRewritten},
	} {
		t.Run(name, func(t *testing.T) {
			r := aged(t)
			_, err := r.Prune(t.Context())
			require.NoError(t, err)
			r.signAll()
			r.tamper(c.sql...)
			v := r.verify()
			require.NotNil(t, v.Break)
			require.Equal(t, c.kind, v.Break.Kind, v.Break.Detail)
		})
	}
}

// What is not outside yet stays, and so does a trail that was found broken: it
// is the evidence.
func TestPruneWaits(t *testing.T) {
	r := aged(t)
	r.outsideFile()
	n, err := r.Prune(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "nothing was exported")

	r.exportNow()
	v, err := r.StartVerification(t.Context(), TriggerPeriodic, Entry{})
	require.NoError(t, err)
	n, err = r.Prune(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "a verification runs")

	require.NoError(t, r.finish(t.Context(), v.ID, VerificationBroken, &Break{1, BreakEdited, "x"}))
	n, err = r.Prune(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "broken")

	r.intact()
	n, err = r.Prune(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 120, n)
}

// Young rows between old ones: a row says its own time.
func TestPruneStopsBeforeAYoungRow(t *testing.T) {
	r := newRig(t)
	r.set.RetentionDays = 30
	r.fill(4, 2)
	r.clock.Advance(40 * day)
	r.fill(2, 2)
	r.clock.Advance(-40 * day)
	r.fill(4, 2)
	r.clock.Advance(40 * day)
	n, err := r.Prune(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 4, n)
}

package auth

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"patchmanager/internal/clock"
)

// machine costs a time per MiB and pass.
func machine(perMiB time.Duration) func(Params) time.Duration {
	return func(p Params) time.Duration { return time.Duration(p.Memory/1024) * time.Duration(p.Time) * perMiB }
}

func TestCalibrate(t *testing.T) {
	for name, c := range map[string]struct {
		perMiB time.Duration
		want   Params
	}{
		"a server":   {time.Millisecond, Params{Memory: 64 * 1024, Time: 4, Lanes: 1}},
		"fast":       {200 * time.Microsecond, Params{Memory: 64 * 1024, Time: 20, Lanes: 1}},
		"slow":       {6 * time.Millisecond, Params{Memory: 64 * 1024, Time: 1, Lanes: 1}},
		"very slow":  {9 * time.Millisecond, Params{Memory: 48 * 1024, Time: 1, Lanes: 1}},
		"hopeless":   {100 * time.Millisecond, Params{Memory: MinArgonMemory, Time: 1, Lanes: 1}},
		"impossible": {time.Nanosecond, Params{Memory: 64 * 1024, Time: MaxArgonPasses, Lanes: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			got, tried := Calibrate(machine(c.perMiB))
			require.Equal(t, c.want, got.Params)
			require.Contains(t, tried, got)
			require.Empty(t, got.Params.Check())
		})
	}
}

// Whatever is measured, also nonsense, it ends with parameters that the
// configuration takes.
func TestCalibrateEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		got, tried := Calibrate(func(Params) time.Duration {
			return time.Duration(rapid.Int64Range(-10, 2_000_000_000).Draw(t, "took"))
		})
		require.Empty(t, got.Params.Check())
		require.LessOrEqual(t, len(tried), 2*MaxArgonPasses+4)
	})
}

func TestMeasureArgonMeasures(t *testing.T) {
	require.Positive(t, MeasureArgon(clock.System())(Params{Memory: 1024, Time: 1, Lanes: 1}))
}

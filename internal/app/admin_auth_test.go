package app

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/auth"
	"patchmanager/internal/config"
)

// What the configuration takes and what auth takes is the same.
func TestTheCostOfPasswordsHasOneLimit(t *testing.T) {
	load := func(memory, passes, lanes int) (config.Config, error) {
		path := filepath.Join(t.TempDir(), "manager.toml")
		text := fmt.Sprintf("[data]\ndir = %q\n[auth]\nargon_memory_kib = %d\nargon_passes = %d\nargon_lanes = %d\n", t.TempDir(), memory, passes, lanes)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return config.Load(path, nil)
	}
	for _, p := range []auth.Params{
		{Memory: auth.MinArgonMemory, Time: 1, Lanes: 1}, {Memory: auth.MaxArgonMemory, Time: auth.MaxArgonPasses, Lanes: auth.MaxArgonLanes},
	} {
		cfg, err := load(int(p.Memory), int(p.Time), int(p.Lanes))
		require.NoError(t, err)
		require.Equal(t, p, argon(cfg))
		require.Empty(t, p.Check())
	}
	for _, p := range []auth.Params{
		{Memory: auth.MinArgonMemory - 1, Time: 1, Lanes: 1}, {Memory: auth.MaxArgonMemory + 1, Time: 1, Lanes: 1},
		{Memory: 65536, Time: 0, Lanes: 1}, {Memory: 65536, Time: auth.MaxArgonPasses + 1, Lanes: 1},
		{Memory: 65536, Time: 1, Lanes: 0}, {Memory: 65536, Time: 1, Lanes: auth.MaxArgonLanes + 1},
	} {
		_, err := load(int(p.Memory), int(p.Time), int(p.Lanes))
		require.Error(t, err, "%v", p)
		require.NotEmpty(t, p.Check(), "%v", p)
	}
	require.Equal(t, auth.DefaultParams, argon(config.Default()))
}

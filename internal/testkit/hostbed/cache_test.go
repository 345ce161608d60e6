package hostbed

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnceBuildsOnceForAll(t *testing.T) {
	dir := t.TempDir()
	var builds atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			got, err := once(dir, "thing", func(tmp string) error {
				builds.Add(1)
				return os.WriteFile(filepath.Join(tmp, "f"), nil, 0o644)
			})
			if err != nil || !exists(filepath.Join(got, "f")) {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, builds.Load())
}

func TestOnceLeavesNothingHalfBuilt(t *testing.T) {
	dir := t.TempDir()
	_, err := once(dir, "thing", func(tmp string) error {
		require.NoError(t, os.WriteFile(filepath.Join(tmp, "half"), nil, 0o644))
		return errors.New("no more room")
	})
	require.ErrorContains(t, err, "no more room")
	got, err := once(dir, "thing", func(tmp string) error { return nil })
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(got, "half"))
}

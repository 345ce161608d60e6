package hostbed

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func openKept(t *testing.T, dir string) *Kept {
	t.Helper()
	k, err := OpenKept(dir)
	require.NoError(t, err)
	t.Cleanup(k.Close)
	return k
}

func TestKeptHostsComeBackWithTheirDisks(t *testing.T) {
	dir := t.TempDir()
	k := openKept(t, dir)
	made, err := k.Up("web-1", KindDemo)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, openRemoveAll(dir)) })
	other, err := k.Up("db-1", KindDemo)
	require.NoError(t, err)
	require.NotEqual(t, made.IP, other.IP)

	h, err := k.Host("web-1")
	require.NoError(t, err)
	h.Exec(t, "sh", "-c", "echo kept > /etc/kept")
	log := "beat.log"
	require.NoError(t, h.Service([]string{"sh", "-c", "echo started; sleep 1000"}, log))
	eventuallyContains(t, filepath.Join(h.Dir(), log), "started\n")
	k.Close()

	k = openKept(t, dir)
	require.NoError(t, k.Down("web-1"))
	require.Equal(t, []bool{true, false}, running(k))
	again, err := k.Up("web-1", KindDebian)
	require.NoError(t, err)
	require.Equal(t, made.IP, again.IP)
	require.Equal(t, KindDemo, again.Kind)
	h, err = k.Host("web-1")
	require.NoError(t, err)
	require.Equal(t, "kept\n", h.Exec(t, "cat", "/etc/kept"))
	eventuallyContains(t, filepath.Join(h.Dir(), log), "started\nstarted\n")
}

func running(k *Kept) []bool {
	var all []bool
	for _, h := range k.List() {
		all = append(all, h.Running)
	}
	return all
}

func openRemoveAll(dir string) error {
	k, err := OpenKept(dir)
	if err != nil {
		return err
	}
	defer k.Close()
	for _, h := range k.List() {
		if err := k.Remove(h.Name); err != nil {
			return err
		}
	}
	return nil
}

func eventuallyContains(t *testing.T, name, words string) {
	t.Helper()
	require.Eventually(t, func() bool {
		b, err := os.ReadFile(name)
		return err == nil && string(b) == words
	}, 10*time.Second, time.Millisecond)
}

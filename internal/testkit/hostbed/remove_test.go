package hostbed

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestMountsOfADirectoryAreFound(t *testing.T) {
	t.Parallel()
	const text = "22 1 0:20 / / rw - ext4 /dev/x rw\n30 22 0:5 / /a/b rw - proc proc rw\n31 30 0:6 / /a/b/c\\040d rw - tmpfs tmpfs rw\n32 22 0:7 / /a/bc rw - tmpfs tmpfs rw\n"
	require.Equal(t, []string{"/a/b/c d"}, mountsBelow(text, "/a/b"))
	require.Equal(t, []string{"/a/b", "/a/b/c d", "/a/bc"}, mountsBelow(text, "/a/"))
}

func TestRemovingWhatAKilledBuildLeftSparesWhatIsMountedInIt(t *testing.T) {
	dir, mine := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(mine, "device"), nil, 0o600))
	at := filepath.Join(dir, "build", "dev")
	require.NoError(t, os.MkdirAll(at, 0o700))
	require.NoError(t, unix.Mount(mine, at, "", unix.MS_BIND, ""))
	t.Cleanup(func() { unix.Unmount(at, unix.MNT_DETACH) }) //nolint:errcheck // gone already when the test passes
	require.NoError(t, removeTree(filepath.Join(dir, "build")))
	require.NoDirExists(t, filepath.Join(dir, "build"))
	require.FileExists(t, filepath.Join(mine, "device"))
}

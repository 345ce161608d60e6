package pgserver_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/clock"
	"patchmanager/internal/pgserver"
	"patchmanager/internal/testkit/pgtest"
)

func refused(t *testing.T, dir string) error {
	s, err := pgserver.Start(t.Context(), pgserver.Config{Dir: dir, Clock: clock.System()})
	require.Nil(t, s)
	require.Error(t, err)
	return err
}

func TestAForeignClusterIsRefusedAndNotTouched(t *testing.T) {
	cases(t, func(t *testing.T, p person, dir string) {
		p.once(t, dir)
		mark := filepath.Join(dir, "data", "patch-manager-cluster")
		require.FileExists(t, mark)
		require.NoError(t, os.Remove(mark)) // the same files, made by somebody else
		before := snapshot(t, dir)
		require.ErrorIs(t, refused(t, dir), pgserver.ErrForeign)
		require.Equal(t, before, snapshot(t, dir))
	})
}

func TestADirectoryWithSomebodysFilesIsRefused(t *testing.T) {
	dir := pgtest.Dir(t)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "data"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "data", "letters.txt"), []byte("dear"), 0o600))
	before := snapshot(t, dir)
	require.ErrorIs(t, refused(t, dir), pgserver.ErrForeign)
	require.Equal(t, before, snapshot(t, dir))
}

// snapshot is every path with its mode, size, time and owner.
func snapshot(t *testing.T, dir string) map[string]string {
	m := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := os.Lstat(path)
		if err != nil {
			return err
		}
		m[path] = strings.Join([]string{st.Mode().String(), st.ModTime().String(), string(rune(st.Sys().(*syscall.Stat_t).Uid))}, " ")
		return nil
	}))
	return m
}

func TestAClosedParentIsSaidInPlainWords(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root drops to another account")
		return
	}
	closed := filepath.Join(pgtest.Dir(t), "closed")
	require.NoError(t, os.Mkdir(closed, 0o700))
	err := refused(t, filepath.Join(closed, "pg"))
	require.ErrorContains(t, err, closed+" is closed to the account postgres")
	require.NoDirExists(t, filepath.Join(closed, "pg"))
}

func TestAPathTooLongForASocketIsSaidBeforeAnythingIsMade(t *testing.T) {
	dir := filepath.Join(pgtest.Dir(t), strings.Repeat("d", 120))
	require.ErrorContains(t, refused(t, dir), "too long for a unix socket")
	require.NoDirExists(t, dir)
}

func TestAnAccountThatDoesNotExistIsNamed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root drops to another account")
		return
	}
	_, err := pgserver.Start(t.Context(), pgserver.Config{Dir: filepath.Join(pgtest.Dir(t), "pg"), RunAs: "no-such-account", Clock: clock.System()})
	require.ErrorContains(t, err, "no-such-account")
}

func TestAMissingVersionIsNamed(t *testing.T) {
	_, err := pgserver.FindBin(9)
	require.ErrorContains(t, err, "install the package postgresql-9")
}

func TestAnotherAccountCannotConnect(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("needs root to become somebody else")
		return
	}
	s := pgtest.Server(t)
	connect := func(c *syscall.Credential) string {
		cmd := exec.Command(executable)
		cmd.Dir, cmd.Env = "/", append(os.Environ(), envConnect+"="+s.URL())
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c}
		out, _ := cmd.CombinedOutput() // the words are what is compared
		return string(out)
	}
	require.Contains(t, connect(nil), "connected")
	require.Contains(t, connect(account(t, "nobody")), "permission denied")
	require.NoError(t, os.Chmod(filepath.Join(s.Dir(), "run"), 0o777))
	require.NoError(t, os.Chmod(filepath.Join(s.Dir(), "run", ".s.PGSQL.5432"), 0o777))
	require.Contains(t, connect(account(t, "nobody")), "Peer authentication failed")
}

func TestASettingThatTheServerRefusesIsInTheError(t *testing.T) {
	_, err := pgserver.Start(t.Context(), pgserver.Config{Dir: filepath.Join(pgtest.Dir(t), "pg"), Clock: clock.System(), NoSync: true,
		Settings: map[string]string{"shared_buffers": "one bucket"}})
	require.ErrorContains(t, err, "shared_buffers")
}

// The directory may be reached by a symbolic link, as on machines whose data
// lives on another disk.
func TestASymbolicLinkToTheDirectory(t *testing.T) {
	real := pgtest.Dir(t)
	link := filepath.Join(pgtest.Dir(t), "link")
	require.NoError(t, os.Symlink(real, link))
	for range 2 {
		s, err := pgserver.Start(t.Context(), pgserver.Config{Dir: link, Clock: clock.System(), NoSync: true})
		require.NoError(t, err)
		require.NoError(t, s.Stop(t.Context()))
	}
}

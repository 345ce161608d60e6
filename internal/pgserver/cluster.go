package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// markName is the file that tells our clusters from everybody else's. It is
// written before the cluster gets its final name, so a cluster of ours is never
// without it, and a copy (a base backup, a moved disk) carries it along.
const markName = "patch-manager-cluster"

const markText = "This PostgreSQL cluster belongs to Linux Patch Manager, which starts and stops it by itself.\n"

// ErrForeign refuses a data directory that this package did not make.
var ErrForeign = errors.New("was not made by the patch manager and will not be touched; choose another data directory, or set database.url to use a server of your own")

// clusterMajor is the version of the cluster in data, 0 when there is none yet.
func clusterMajor(data string) (int, error) {
	entries, err := os.ReadDir(data)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read database directory: %w", err)
	}
	if _, err := os.Lstat(filepath.Join(data, markName)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return 0, fmt.Errorf("%s %w", data, ErrForeign)
		}
		return 0, fmt.Errorf("read mark of database directory: %w", err)
	}
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil {
		return 0, fmt.Errorf("read version of database directory: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0, fmt.Errorf("read version of database directory: %w", err)
	}
	return major, nil
}

// ensureCluster makes the cluster aside and renames it, so that a crash half
// way leaves nothing that looks like a cluster. It asks again whether there is
// one: another process may have made it before this one got the lock.
func (s *Server) ensureCluster(ctx context.Context) error {
	major, err := clusterMajor(s.data)
	if err != nil || major != 0 {
		return err
	}
	fresh := s.data + ".init"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("remove half-made database: %w", err)
	}
	if err := s.acct.ownDir(fresh); err != nil {
		return fmt.Errorf("make database directory: %w", err)
	}
	if err := s.initdb(ctx, fresh); err != nil {
		return err
	}
	if err := s.mark(fresh); err != nil {
		return fmt.Errorf("mark database directory: %w", err)
	}
	if err := os.Rename(fresh, s.data); err != nil {
		return fmt.Errorf("finish database directory: %w", err)
	}
	return syncDir(s.cfg.Dir)
}

func (s *Server) initdb(ctx context.Context, dir string) error {
	args := []string{"-D", dir, "-U", role, "-E", "UTF8", "--no-locale", "--data-checksums",
		"--auth-local=peer", "--auth-host=reject", "--no-instructions"}
	if s.cfg.NoSync {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"), args...)
	cmd.Dir = s.cfg.Dir // the caller's own may be closed to the other account
	cmd.Env = environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.acct.cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make database: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

func (s *Server) mark(dir string) error {
	path := filepath.Join(dir, markName)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(markText)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := s.acct.own(path); err != nil {
		return err
	}
	return syncDir(dir)
}

// writeAccess lets in the manager's account, the server's own and root (who
// could become either, and runs the admin commands) over the socket, and nobody
// else. A manager that runs as root keeps the files out of the server's reach.
func (s *Server) writeAccess() error {
	accounts := []string{s.acct.me, s.acct.name, "root"}
	slices.Sort(accounts)
	ident := ""
	for _, a := range slices.Compact(accounts) {
		ident += fmt.Sprintf("pm %q %s\n", a, role)
	}
	return errors.Join(
		s.replace("pg_hba.conf", "local all "+role+" peer map=pm\n"),
		s.replace("pg_ident.conf", ident))
}

// replace works also when root wrote the file at an earlier start.
func (s *Server) replace(name, text string) error {
	path := filepath.Join(s.cfg.Dir, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
		return fmt.Errorf("write database access rules: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write database access rules: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("flush directory: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("flush directory: %w", err)
	}
	return nil
}

package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clearStale deals with what an earlier run left behind. PostgreSQL itself
// clears a lock file whose process is gone (and checks the shared memory first);
// it gives up when the number now belongs to another process or to a zombie, so
// those are cleared here, but only when no server works in the data directory
// any more.
func (s *Server) clearStale(ctx context.Context) error {
	if err := s.endOrphans(ctx); err != nil {
		return err
	}
	if err := s.removeStalePid(); err != nil {
		return err
	}
	for _, name := range []string{socketName, socketName + ".lock"} {
		if err := os.Remove(filepath.Join(s.run, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove stale socket: %w", err)
		}
	}
	return nil
}

// Orphans get a fast shutdown for 30 s, then an immediate one for 10 s.
const (
	orphanFast  = 30 * time.Second
	orphanLimit = 40 * time.Second
)

// endOrphans stops server processes of an earlier run. We hold the directory's
// lock, so nobody else is meant to be running them.
func (s *Server) endOrphans(ctx context.Context) error {
	began := s.cfg.Clock.Now()
	for {
		pids, err := serverPids(s.data)
		if err != nil || len(pids) == 0 {
			return err
		}
		waited := s.cfg.Clock.Now().Sub(began)
		if waited > orphanLimit {
			return fmt.Errorf("processes %v still work in %s and do not end", pids, s.data)
		}
		signal := syscall.SIGINT // ends the postmaster and its orphaned children alike
		if waited > orphanFast {
			signal = syscall.SIGQUIT
		}
		s.cfg.Logger.WarnContext(ctx, "stopping a database server left by an earlier run", "pids", pids)
		for _, pid := range pids {
			if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("stop database process %d of an earlier run: %w", pid, err)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.cfg.Clock.After(200 * time.Millisecond):
		}
	}
}

// serverPids lists the live PostgreSQL processes that work in data: each of
// them has it as its working directory. Somebody's shell there is not one.
func serverPids(data string) ([]int, error) {
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var pids []int
	for _, l := range links {
		dir, err := os.Readlink(l)
		if err != nil || dir != data {
			continue // ended meanwhile, a zombie, or of an account that we may not look at
		}
		comm, err := os.ReadFile(filepath.Join(filepath.Dir(l), "comm"))
		if name := strings.TrimSpace(string(comm)); err != nil || name != "postgres" && name != "postmaster" {
			continue
		}
		pid, err := strconv.Atoi(strings.Split(l, "/")[2])
		if err != nil {
			return nil, fmt.Errorf("read process id: %w", err)
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

func (s *Server) removeStalePid() error {
	path := filepath.Join(s.data, "postmaster.pid")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read stale process file: %w", err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err == nil && pid > 0 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nil // nobody has that number: PostgreSQL clears the file with its own checks
	}
	s.cfg.Logger.Warn("removing a stale postmaster.pid", "pid", pid)
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove stale process file: %w", err)
	}
	return nil
}

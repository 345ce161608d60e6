package pgserver

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"syscall"
)

// settings of a small server beside one application. 60 connections are web and
// worker pools of 16 each, listeners, backup and a person with psql.
func (s *Server) settings() map[string]string {
	m := map[string]string{
		"listen_addresses": "", "port": "5432", "unix_socket_permissions": "0700",
		"hba_file":        filepath.Join(s.cfg.Dir, "pg_hba.conf"),
		"ident_file":      filepath.Join(s.cfg.Dir, "pg_ident.conf"),
		"max_connections": "60", "shared_buffers": "128MB",
		"logging_collector": "off", "log_timezone": "UTC", "log_line_prefix": "",
		"jit": "off", // compiling costs more than our short queries, and needs writable code pages
	}
	for k, v := range s.cfg.Settings {
		m[k] = v
	}
	return m
}

func (s *Server) arguments() []string {
	args := []string{"-D", s.data, "-k", s.run}
	settings := s.settings()
	keys := make([]string, 0, len(settings))
	for k := range settings {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		args = append(args, "-c", k+"="+settings[k])
	}
	return args
}

// environment keeps the caller's PG* variables and locale out of the server.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "TZ=UTC", "LC_ALL=C.UTF-8"}
}

// spawn starts the server and a goroutine that waits for its end.
func (s *Server) spawn() error {
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), s.arguments()...)
	cmd.Dir, cmd.Env = s.data, environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: s.acct.cred,
		Setpgid:    true,           // Ctrl-C in our terminal must not reach the server before us
		Pdeathsig:  syscall.SIGINT, // we are killed: it shuts down by itself
	}
	pr, pw, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start database server: %w", err)
	}
	cmd.Stdout, cmd.Stderr = pw, pw
	s.cmd, s.done, s.tail = cmd, make(chan struct{}), &tail{}
	read := make(chan struct{})
	go func() {
		defer close(read)
		s.follow(pr)
	}()
	started := make(chan error)
	go s.attend(pw, started, read)
	if err := <-started; err != nil {
		return fmt.Errorf("start database server: %w", err)
	}
	return nil
}

// attend forks the server and waits for it on one locked thread, because the
// kernel counts the death of the forking *thread* as the death of the parent
// (golang/go#27505).
func (s *Server) attend(pw *os.File, started chan<- error, read <-chan struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := s.cmd.Start()
	pw.Close() // ours; the server has its own copy
	started <- err
	if err != nil {
		return
	}
	if err := s.cmd.Wait(); err != nil {
		<-read // its last words say why
		s.ended = fmt.Errorf("the database server ended: %w: %s", err, s.tail.text())
	}
	close(s.done)
}

// follow carries the server's messages into our log. Errors of statements are
// the callers' to report, so they are for debugging only.
func (s *Server) follow(r *os.File) {
	defer r.Close()
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadString('\n')
		if line = strings.TrimSpace(line); line != "" {
			s.tail.add(line)
			s.cfg.Logger.Log(context.Background(), levelOf(line), line, "source", "postgres")
		}
		if err != nil {
			if err != io.EOF {
				s.cfg.Logger.Warn("reading the database server's messages ended", "error", err)
			}
			return
		}
	}
}

func levelOf(line string) slog.Level {
	if strings.HasPrefix(line, "PANIC:") {
		return slog.LevelError
	}
	return slog.LevelDebug
}

// tail keeps the last lines for the error of a server that does not start.
type tail struct {
	mu    sync.Mutex
	lines []string
}

const tailLines = 8

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line)
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, " | ")
}

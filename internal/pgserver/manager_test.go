package pgserver_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"patchmanager/internal/clock"
	"patchmanager/internal/pgserver"
)

// The tests that kill run this test binary once more, as the manager that is
// killed: a process of its own, under the account that the test is about.
const (
	envManager = "PM_TEST_MANAGER_DIR"
	envBin     = "PM_TEST_MANAGER_BIN"
	envConnect = "PM_TEST_CONNECT"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(envManager) != "":
		os.Exit(manage(os.Getenv(envManager)))
	case os.Getenv(envConnect) != "":
		os.Exit(knock(os.Getenv(envConnect)))
	}
	os.Exit(tests(m))
}

// tests copies this binary to where every account can reach it. It does so
// before anything forks: a child that inherits the open copy keeps it busy.
func tests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "pm-pgserver-")
	if err == nil {
		defer os.RemoveAll(dir)
		executable = filepath.Join(dir, "manager")
		err = errors.Join(os.Chmod(dir, 0o755), copySelf(executable))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "copy the test binary:", err)
		return 1
	}
	return m.Run()
}

var executable string

func copySelf(to string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	b, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o755)
}

// manage starts a server, writes one more row, says "ready PID ROWS" and waits
// for SIGTERM. It exits with 3 when the server ends by itself.
func manage(dir string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := pgserver.Start(ctx, pgserver.Config{Dir: dir, BinDir: os.Getenv(envBin), Clock: clock.System(), Logger: log})
	if err != nil {
		fmt.Println("refused", err)
		return 1
	}
	rows, err := addRow(ctx, s.URL())
	if err != nil {
		fmt.Println("refused", err)
		return 1
	}
	fmt.Println("ready", s.Pid(), rows)
	select {
	case <-s.Done():
		fmt.Println("ended")
		return 3
	case <-ctx.Done():
	}
	if err := s.Stop(context.Background()); err != nil {
		fmt.Println("stop", err)
		return 1
	}
	return 0
}

func addRow(ctx context.Context, dsn string) (rows int, err error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	if _, err = conn.Exec(ctx, "create table if not exists kept (at timestamptz); insert into kept values (now())"); err != nil {
		return 0, err
	}
	err = conn.QueryRow(ctx, "select count(*) from kept").Scan(&rows)
	return rows, err
}

// knock tries to connect, as whoever it runs as.
func knock(dsn string) int {
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		fmt.Println("refused", err)
		return 1
	}
	defer conn.Close(context.Background())
	fmt.Println("connected")
	return 0
}

// person is an account that a manager runs as in a test.
type person struct {
	name string
	cred *syscall.Credential // nil: the one that runs the tests
}

// people are the accounts to try: root (which drops to postgres) and an
// unprivileged one; without root there is only whoever runs the tests.
func people(t *testing.T) []person {
	if os.Geteuid() != 0 {
		return []person{{name: "self"}}
	}
	return []person{{name: "root"}, {name: "nobody", cred: account(t, "nobody")}}
}

func account(t *testing.T, name string) *syscall.Credential {
	u, err := user.Lookup(name)
	require.NoError(t, err)
	uid, err := strconv.Atoi(u.Uid)
	require.NoError(t, err)
	gid, err := strconv.Atoi(u.Gid)
	require.NoError(t, err)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// owner is the account that the server's files belong to.
func (p person) owner(t *testing.T) *syscall.Credential {
	if p.cred == nil && os.Geteuid() == 0 {
		return account(t, "postgres")
	}
	return p.cred
}

// manager is a running or finished copy of this binary.
type manager struct {
	cmd  *exec.Cmd
	out  *bufio.Reader
	log  *os.File
	pid  int // of the server
	rows int
}

// launch starts a manager on dir and returns its first line.
func (p person) launch(t *testing.T, dir string, env ...string) (*manager, string) {
	cmd := exec.Command(executable)
	cmd.Env = append(os.Environ(), append(env, envManager+"="+dir)...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.cred}
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	log, err := os.CreateTemp(t.TempDir(), "log")
	require.NoError(t, err)
	cmd.Stderr = log
	require.NoError(t, cmd.Start())
	m := &manager{cmd: cmd, out: bufio.NewReader(pipe), log: log}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has ended in most tests
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(m.logged(t))
		}
	})
	line, err := m.out.ReadString('\n')
	require.NoError(t, err, "the manager said nothing: %s", m.logged(t))
	return m, strings.TrimSpace(line)
}

// start expects the manager to come up.
func (p person) start(t *testing.T, dir string) *manager {
	m, line := p.launch(t, dir)
	_, err := fmt.Sscanf(line, "ready %d %d", &m.pid, &m.rows)
	require.NoError(t, err, line)
	return m
}

// once starts and stops a manager and returns it.
func (p person) once(t *testing.T, dir string) *manager {
	m := p.start(t, dir)
	require.NoError(t, m.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, m.cmd.Wait())
	return m
}

func (m *manager) logged(t *testing.T) string {
	b, err := os.ReadFile(m.log.Name())
	require.NoError(t, err)
	return string(b)
}

func openDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "pm-pgserver-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// home is a directory of p's own in which the server may be made.
func (p person) home(t *testing.T) string {
	dir := openDir(t)
	if p.cred != nil {
		require.NoError(t, os.Chown(dir, int(p.cred.Uid), int(p.cred.Gid)))
	}
	return filepath.Join(dir, "pg")
}

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
)

// controlFD is one end of a socket pair; its other end is held by whoever
// started the host. It carries one JSON request and one JSON answer a line.
const controlFD = 3

// Exit codes of the init process that ask the supervisor for something.
const (
	exitReboot   = 100
	exitPowerOff = 101
)

type request struct {
	Cmd  string `json:"cmd"` // boot, reboot, fault
	Repo string `json:"repo,omitempty"`
	Fault
}

type answer struct {
	PID   int    `json:"pid,omitempty"`
	Error string `json:"error,omitempty"`
}

type supervisor struct {
	cfg   config
	repos map[string]*server

	init *exec.Cmd
	gone chan struct{} // closed when the present init has ended
}

// The init process dies with its supervisor by Pdeathsig, which is bound to
// the thread that started it: the main goroutine keeps the main thread.
func init() { runtime.LockOSThread() }

func supervise(cfg config) error {
	s := &supervisor{cfg: cfg, repos: map[string]*server{}}
	if err := mountRoot(cfg); err != nil {
		return err
	}
	if err := loopbackUp(); err != nil {
		return err
	}
	if err := s.serveRepos(); err != nil {
		return err
	}
	return s.loop()
}

func (s *supervisor) serveRepos() error {
	for _, r := range s.cfg.Repos {
		srv := newServer(r)
		if err := srv.open(); err != nil {
			return fmt.Errorf("serve repository %s: %w", r.Name, err)
		}
		s.repos[r.Name] = srv
	}
	return nil
}

// loop carries out requests on the main thread and boots again after a reboot.
func (s *supervisor) loop() error {
	control := os.NewFile(controlFD, "control")
	requests := make(chan request)
	go readRequests(control, requests)
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	for {
		select {
		case r, open := <-requests:
			if !open && !s.cfg.Detached {
				return nil // the owner is gone; init follows by Pdeathsig
			}
			if !open {
				requests = nil
				continue
			}
			if err := json.NewEncoder(control).Encode(s.carryOut(r)); err != nil && !s.cfg.Detached {
				return err
			}
		case <-term:
			return s.powerOff()
		case <-s.gone:
			again, err := s.afterExit()
			if err != nil || !again {
				return err
			}
		}
	}
}

func readRequests(r io.Reader, out chan<- request) {
	defer close(out)
	in := bufio.NewScanner(r)
	for in.Scan() {
		var q request
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			q = request{Cmd: "unreadable: " + err.Error()}
		}
		out <- q
	}
}

func (s *supervisor) carryOut(r request) answer {
	var err error
	switch r.Cmd {
	case "boot":
		err = s.boot()
	case "reboot":
		s.kill()
		err = s.boot()
	case "fault":
		err = s.fault(r)
	default:
		err = fmt.Errorf("unknown request %q", r.Cmd)
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{PID: s.init.Process.Pid}
}

func (s *supervisor) fault(r request) error {
	srv, ok := s.repos[r.Repo]
	if !ok {
		return fmt.Errorf("no repository %q", r.Repo)
	}
	return srv.set(r.Fault)
}

func (s *supervisor) kill() {
	if s.init == nil {
		return
	}
	// Killing number one kills the whole process namespace.
	if err := s.init.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		fmt.Fprintln(os.Stderr, "bedinit: kill init:", err)
	}
	<-s.gone
}

func (s *supervisor) powerOff() error {
	if s.init != nil {
		if err := s.init.Process.Signal(syscall.SIGINT); err == nil {
			<-s.gone
		}
	}
	return nil
}

// afterExit boots again when the host asked for it, by an exit code or by
// reboot(2), which the kernel reports as SIGHUP.
func (s *supervisor) afterExit() (bool, error) {
	st, ok := s.init.ProcessState.Sys().(syscall.WaitStatus)
	if ok && (st.ExitStatus() == exitReboot || st.Signaled() && st.Signal() == syscall.SIGHUP) {
		return true, s.boot()
	}
	s.gone = nil
	return !s.cfg.Detached, nil
}

func (s *supervisor) boot() error {
	if err := writeBootID(s.cfg); err != nil {
		return err
	}
	ready, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ready.Close()
	cmd := initCommand(s.cfg, w)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start init: %w", err)
	}
	w.Close()
	s.follow(cmd)
	if err := s.publish(cmd.Process.Pid); err != nil {
		return err
	}
	// The pid is published first: services that init starts may be looked up at once.
	if _, err := io.ReadFull(ready, make([]byte, 1)); err != nil {
		return fmt.Errorf("init did not come up, see %s", s.cfg.path("console.log"))
	}
	return nil
}

func (s *supervisor) follow(cmd *exec.Cmd) {
	gone := make(chan struct{})
	s.init, s.gone = cmd, gone
	go func() {
		// How init ended is read from ProcessState; the error says the same.
		_ = cmd.Wait()
		close(gone)
	}()
}

func initCommand(cfg config, ready *os.File) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", "init", cfg.path("config.json"))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{ready}
	cmd.Env = hostEnv
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		Setsid:     true,
		Pdeathsig:  syscall.SIGKILL,
	}
	return cmd
}

// publish says where the host of this boot is: its first process, and its root
// as seen through it, mounts included.
func (s *supervisor) publish(pid int) error {
	if err := replaceLink(fmt.Sprintf("/proc/%d/root", pid), s.cfg.path("root")); err != nil {
		return err
	}
	tmp := s.cfg.path("init.pid.new")
	if err := os.WriteFile(tmp, []byte(strconv.Itoa(pid)), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, s.cfg.path("init.pid"))
}

func replaceLink(target, name string) error {
	tmp := name + ".new"
	if err := os.Remove(tmp); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := os.Symlink(target, tmp); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}

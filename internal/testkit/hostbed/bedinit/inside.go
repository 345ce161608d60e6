package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

var hostEnv = []string{
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root", "LANG=C.UTF-8",
}

// stopWait is how long processes get between SIGTERM and the end of the host.
const stopWait = 2 * time.Second

// bootInside runs as process number one of the host.
func bootInside(c config) error {
	if os.Getpid() != 1 {
		return errors.New("init must be process number one of its own namespace")
	}
	for fd := 3; fd < 10; fd++ {
		syscall.CloseOnExec(fd) // what the supervisor handed down is not for services
	}
	starts, err := prepareServices(c)
	if err != nil {
		return err
	}
	if err := enterRoot(c); err != nil {
		return err
	}
	stop := make(chan os.Signal, 2)
	signal.Notify(stop, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM)
	for _, start := range starts {
		if err := start(); err != nil {
			fmt.Fprintln(os.Stderr, "bedinit: start service:", err)
		}
	}
	if _, err := os.NewFile(3, "ready").Write([]byte{1}); err != nil {
		return err
	}
	syscall.Close(3)
	reapUntil(stop)
	return nil
}

func enterRoot(c config) error {
	if err := mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := syscall.Sethostname([]byte(c.Hostname)); err != nil {
		return err
	}
	// Only a mount point can become the root; the overlay is one already, but
	// belongs to the parent's mount tree.
	if err := mount(c.root(), c.root(), "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
		return err
	}
	if err := mountInside(c); err != nil {
		return err
	}
	if err := os.Chdir(c.root()); err != nil {
		return err
	}
	// The old root is stacked below the new one and then dropped.
	if err := syscall.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("pivot root: %w", err)
	}
	if err := syscall.Unmount(".", syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("drop old root: %w", err)
	}
	return os.Chdir("/")
}

// prepareServices opens the logs while the outer file system is in reach.
func prepareServices(c config) ([]func() error, error) {
	list, err := c.services()
	if err != nil {
		return nil, err
	}
	null, err := os.Open("/dev/null")
	if err != nil {
		return nil, err
	}
	var starts []func() error
	for _, s := range list {
		log, err := os.OpenFile(s.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, err
		}
		starts = append(starts, func() error {
			program, err := exec.LookPath(s.Argv[0])
			if err != nil {
				return err
			}
			_, err = os.StartProcess(program, s.Argv, &os.ProcAttr{
				Dir: "/", Env: append(append([]string{}, hostEnv...), s.Env...),
				Files: []*os.File{null, log, log},
				Sys:   &syscall.SysProcAttr{Setsid: true},
			})
			return err
		})
	}
	return starts, nil
}

// reapUntil collects every child, own or orphaned, until the host is told to
// stop; it never returns.
func reapUntil(stop <-chan os.Signal) {
	child := make(chan os.Signal, 1)
	signal.Notify(child, syscall.SIGCHLD)
	reapAll()
	for {
		select {
		case <-child:
			reapAll()
		case sig := <-stop:
			os.Exit(shutDown(sig))
		}
	}
}

// reapAll reports whether children are left.
func reapAll() bool {
	for {
		var st syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &st, syscall.WNOHANG, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return false // ECHILD: nobody left
		case pid == 0:
			return true
		}
	}
}

// shutDown ends everything gently; leaving number one then ends what stayed.
func shutDown(sig os.Signal) int {
	// ESRCH only says that nobody is left.
	_ = syscall.Kill(-1, syscall.SIGTERM)
	for end := time.Now().Add(stopWait); reapAll() && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	if sig == syscall.SIGHUP {
		return exitReboot
	}
	return exitPowerOff
}

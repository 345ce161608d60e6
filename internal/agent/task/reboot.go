package task

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
)

// wantsReboot applies the policy of an apply. After the deadline the host stays
// up, whatever the policy says, and the job tells that a reboot is due.
func (r *run) wantsReboot() bool {
	rec := r.rec()
	switch rec.Order.Apply.Reboot {
	case agentapi.RebootAlways:
	case agentapi.RebootIfNeeded:
		if !rec.Job.Reboot {
			return false
		}
	default:
		return false
	}
	if r.deadline() != nil {
		r.say("the host is not rebooted: the time for it is over")
		return false
	}
	return true
}

// reboot waits for the ordered delay and reboots the host, at most once: that
// it was ordered is on the disk before it is.
func (r *run) reboot() (step, error) {
	if r.rec().RebootIssued != nil {
		return stepAwait, nil
	}
	if err := r.schedule(); err != nil {
		return "", err
	}
	rec := r.rec()
	if rec.RebootBoot != r.e.boot {
		return r.booted()
	}
	if wait := rec.RebootAt.Sub(r.now()); wait > 0 {
		r.say("the host reboots at %s", rec.RebootAt.Format(time.RFC3339))
		if err := clock.Sleep(r.work, r.e.opts.Clock, wait); err != nil {
			return "", err
		}
	}
	r.say("the host reboots now")
	if err := r.begin(stepAwait); err != nil {
		return "", err
	}
	err := r.e.update(r.j, func(rec *record) error {
		now := r.now()
		rec.RebootIssued = &now
		return nil
	})
	if err != nil {
		return "", err
	}
	if err := r.e.opts.Reboot(r.ctx); err != nil && r.ctx.Err() == nil {
		return "", agentapi.NewError(agentapi.CodePackageManagerError, "the host cannot be rebooted: %v", err)
	}
	return r.awaitBoot()
}

// schedule fixes the moment and the boot id that has to change, once.
func (r *run) schedule() error {
	if r.rec().RebootAt != nil {
		return nil
	}
	at := r.now().Add(r.delay())
	return r.e.update(r.j, func(rec *record) error {
		rec.RebootAt, rec.RebootBoot = &at, r.e.boot
		if rec.Order.Operation == agentapi.OpReboot { // rebooting between order and turn is what was asked for
			rec.RebootBoot = rec.Job.BootID
		}
		return nil
	})
}

func (r *run) delay() time.Duration {
	o := r.rec().Order
	if o.Reboot != nil {
		return time.Duration(o.Reboot.DelaySeconds) * time.Second
	}
	return time.Duration(o.Apply.RebootDelaySeconds) * time.Second
}

func (r *run) await() (step, error) { return r.awaitBoot() }

// awaitBoot waits for the boot id to change. Within one life of the agent it
// cannot: either the host goes down, or the time runs out.
func (r *run) awaitBoot() (step, error) {
	rec := r.rec()
	if rec.RebootBoot != r.e.boot {
		return r.booted()
	}
	if rec.RebootIssued == nil { // a crash came between the step and the order: the order was not given
		return stepReboot, nil
	}
	wait := rec.RebootIssued.Add(r.e.opts.RebootWait).Sub(r.now())
	if err := clock.Sleep(r.ctx, r.e.opts.Clock, wait); err != nil {
		return "", err
	}
	return "", agentapi.NewError(agentapi.CodeRebootTimeout,
		"the reboot was ordered but the host has not rebooted within %s; it is not ordered a second time", r.e.opts.RebootWait)
}

func (r *run) booted() (step, error) {
	r.say("the host has rebooted")
	if r.rec().Order.Operation == agentapi.OpReboot {
		return stepDone, r.message("the host has rebooted")
	}
	return stepVerify, nil
}

// RebootHost orders a reboot from whoever is in charge of it on this host.
func RebootHost(ctx context.Context) error {
	if exists("/run/systemd/system") {
		return command(ctx, "systemctl", "reboot")
	}
	if os.Getpid() == 1 { // the agent is init: there is nobody else to ask
		unix.Sync()
		return unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	}
	err := command(ctx, "shutdown", "-r", "now")
	if errors.Is(err, exec.ErrNotFound) {
		err = command(ctx, "reboot")
	}
	return err
}

// RebootWith orders a reboot by a command of the host's own.
func RebootWith(args []string) func(context.Context) error {
	return func(ctx context.Context) error { return command(ctx, args...) }
}

func command(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", args[0], err, out)
	}
	return nil
}

package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"patchmanager/internal/clock"
)

// tellSystemd says READY, then that we are alive, and at the end STOPPING. It
// does nothing where no service manager listens.
func (p *process) tellSystemd(ctx context.Context) error {
	if sent, err := daemon.SdNotify(false, daemon.SdNotifyReady); err != nil || !sent {
		if err != nil {
			return fmt.Errorf("notify service manager: %w", err)
		}
		return nil
	}
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return fmt.Errorf("read watchdog interval: %w", err)
	}
	p.pet(ctx, interval)
	<-ctx.Done()
	return notify(daemon.SdNotifyStopping)
}

// pet answers the watchdog at half its interval. It stands for the process
// alone: a database that is away is no reason to restart us.
func (p *process) pet(ctx context.Context, interval time.Duration) {
	for interval > 0 && clock.Sleep(ctx, p.clock, interval/2) == nil {
		if err := notify(daemon.SdNotifyWatchdog); err != nil {
			slog.WarnContext(ctx, "watchdog not answered", "error", err)
		}
	}
}

func notify(state string) error {
	if _, err := daemon.SdNotify(false, state); err != nil {
		return fmt.Errorf("notify service manager: %w", err)
	}
	return nil
}

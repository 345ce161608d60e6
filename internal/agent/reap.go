package agent

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"patchmanager/internal/clock"
)

// reapInterval is how long a dead child must have been dead before it is
// reaped here. Whoever started a child waits for it and reaps it within
// milliseconds; what is still dead at a second look belongs to nobody.
const reapInterval = 5 * time.Second

// reap is the duty of the first process of a host: to bury orphans. Agents are
// that process only in a throw-away host.
func reap(ctx context.Context, c clock.Clock, log *slog.Logger) error {
	dead := map[int]bool{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.After(reapInterval):
		}
		now, err := deadChildren(os.Getpid())
		if err != nil {
			return fmt.Errorf("look for orphans: %w", err)
		}
		for pid := range now {
			if !dead[pid] {
				continue
			}
			if _, err := unix.Wait4(pid, nil, unix.WNOHANG, nil); err != nil {
				log.WarnContext(ctx, "reap an orphan", "pid", pid, "error", err)
			}
		}
		dead = now
	}
}

// deadChildren lists the zombies of a parent.
func deadChildren(parent int) (map[int]bool, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	out := map[int]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended meanwhile
		}
		// pid (name) state ppid …, where the name may hold anything
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		pid, pidErr := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if len(fields) > 1 && pidErr == nil && fields[0] == "Z" && fields[1] == strconv.Itoa(parent) {
			out[pid] = true
		}
	}
	return out, err
}

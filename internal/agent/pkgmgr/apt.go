package pkgmgr

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
)

// archAll is the architecture of packages that run on every machine.
const archAll = "all"

// askTimeout bounds one question. The slowest real one (a full simulation on a
// 2,000-package host with a cold cache) takes about 10 s.
const askTimeout = 5 * time.Minute

// APT drives apt-get, apt-cache and dpkg on Debian and its relatives.
type APT struct {
	host  Host
	clock clock.Clock

	mu     sync.Mutex
	native string // the host's own architecture, read once
}

var _ Manager = (*APT)(nil)

// NewAPT returns the driver for a host.
func NewAPT(h Host) *APT {
	if h.Clock == nil {
		h.Clock = clock.System()
	}
	return &APT{host: h, clock: h.Clock}
}

// Name implements [Manager].
func (a *APT) Name() string { return "apt" }

// run asks a question and returns the whole result.
func (a *APT) run(ctx context.Context, args ...string) (Result, error) {
	return a.host.Run.Run(ctx, Command{Args: args, Timeout: askTimeout})
}

// ask runs a question for which any exit code but 0 is a failure.
func (a *APT) ask(ctx context.Context, args ...string) ([]byte, error) {
	r, err := a.run(ctx, args...)
	if err != nil {
		return nil, err
	}
	if r.ExitCode != 0 {
		return nil, toolError(args, r)
	}
	return r.Stdout, nil
}

// toolError is a question's failure in the tool's own words.
func toolError(args []string, r Result) error {
	all := append(append([]byte{}, r.Stdout...), r.Stderr...)
	words := parseErrors(all)
	if len(words) == 0 {
		words = lastLines(string(r.Stderr), 3)
	}
	return fmt.Errorf("%s %s ended with %d: %s", args[0], args[1], r.ExitCode, strings.Join(words, "; "))
}

// architecture is the host's own architecture.
func (a *APT) architecture(ctx context.Context) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.native != "" {
		return a.native, nil
	}
	out, err := a.ask(ctx, "dpkg", "--print-architecture")
	if err != nil {
		return "", fmt.Errorf("read architecture: %w", err)
	}
	a.native = strings.TrimSpace(string(out))
	if a.native == "" {
		return "", errors.New("read architecture: dpkg answered nothing")
	}
	return a.native, nil
}

// broken turns an unexpected failure of a question into an error of the wire.
func broken(what string, err error) *agentapi.Error {
	return agentapi.NewError(agentapi.CodePackageManagerError, "%s: %v", what, err)
}

// lastLines returns the last n lines that are not blank.
func lastLines(text string, n int) []string {
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all[max(0, len(all)-n):]
}

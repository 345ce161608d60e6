// Command simfleet plays a fleet of hosts for measurements; see bench/simfleet.
//
// It prints one line when all hosts listen, and answers on --control:
//
//	GET  /status?since=RFC3339   what the hosts were asked, as JSON
//	POST /change                 every inventory changes
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"patchmanager/bench/simfleet"
)

type cli struct {
	Manager       string  `required:"" placeholder:"URL" help:"The manager, e.g. https://localhost:8443."`
	CAFingerprint string  `required:"" name:"ca-fingerprint" placeholder:"sha256:HEX" help:"Fingerprint of its CA."`
	Token         string  `env:"PATCH_AGENT_TOKEN" help:"Enrollment token with a use for each host."`
	Hosts         int     `default:"500" help:"How many."`
	First         string  `default:"127.10.0.1" help:"Address of the first one."`
	Port          int     `default:"12443" help:"Port of each."`
	Dir           string  `required:"" type:"path" help:"Where keys and certificates are kept; hosts found there do not enroll again."`
	AtOnce        int     `default:"32" help:"Enrollments under way at once."`
	Changes       float64 `default:"0" help:"Hosts a minute whose inventory changes."`
	Silent        bool    `help:"Enroll, but do not listen: a fleet that is switched off."`
	Control       string  `default:"127.0.0.1:12480" help:"Where to ask for counts."`
}

func main() {
	var c cli
	kong.Parse(&c, kong.Name("simfleet"), kong.Description("A fleet of simulated hosts, for measurements."))
	if err := c.run(); err != nil {
		fmt.Fprintln(os.Stderr, "simfleet:", err)
		os.Exit(1)
	}
}

func (c cli) run() error {
	first, err := netip.ParseAddr(c.First)
	if err != nil || !first.Is4() || !first.IsLoopback() {
		return fmt.Errorf("--first %q must be an IPv4 address of the loopback network, 127.0.0.0/8", c.First)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	say := func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	f, err := simfleet.Start(ctx, simfleet.Options{Manager: c.Manager, Fingerprint: c.CAFingerprint, Token: c.Token, Hosts: c.Hosts,
		First: first, Port: c.Port, Dir: c.Dir, AtOnce: c.AtOnce, Changes: c.Changes, Silent: c.Silent, Say: say})
	if err != nil {
		return err
	}
	say("%d hosts listen; enrolled in %.1f s", c.Hosts, f.Enrolled.Seconds())
	err = c.control(ctx, f)
	f.Wait()
	return err
}

// control answers until ctx ends.
func (c cli) control(ctx context.Context, f *simfleet.Fleet) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		since, err := time.Parse(time.RFC3339Nano, r.FormValue("since"))
		if err != nil && r.FormValue("since") != "" {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(f.Status(since)) // whoever asked has gone
	})
	mux.HandleFunc("POST /change", func(http.ResponseWriter, *http.Request) { f.ChangeAll() })
	srv := &http.Server{Addr: c.Control, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listen on %s: %w", c.Control, err)
	}
	return nil
}

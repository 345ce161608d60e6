// Command readers asks a manager's API from several connections at once and
// prints how long the answers took.
//
//	go run ./bench/readers --manager https://localhost:8443 --root root.crt --token pmt_… --at-once 8 '/status/fleet' '/hosts?sort=security&order=desc'
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"
)

type cli struct {
	Manager string   `required:"" placeholder:"URL" help:"The manager."`
	Root    string   `required:"" type:"existingfile" help:"Certificate of its CA, PEM."`
	Token   string   `required:"" env:"PATCH_MANAGER_TOKEN" help:"API token."`
	AtOnce  int      `default:"1" help:"Readers."`
	Each    int      `default:"50" help:"Requests of each reader for each path."`
	Paths   []string `arg:"" help:"Paths below /api/v1."`
}

func main() {
	var c cli
	kong.Parse(&c, kong.Name("readers"), kong.Description("How long answers of the API take."))
	if err := c.run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "readers:", err)
		os.Exit(1)
	}
}

func (c cli) run(ctx context.Context) error {
	pem, err := os.ReadFile(c.Root)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return errors.New(c.Root + " holds no certificate")
	}
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13},
		MaxIdleConnsPerHost: c.AtOnce}}
	for _, path := range c.Paths {
		took, size, err := c.measure(ctx, client, path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		slices.Sort(took)
		at := func(q float64) float64 {
			return float64(took[min(len(took)-1, int(q*float64(len(took))))].Microseconds()) / 1000
		}
		fmt.Printf("%-64s %2d readers  p50 %7.1f ms  p95 %7.1f ms  %6d bytes\n", path, c.AtOnce, at(0.5), at(0.95), size)
	}
	return nil
}

func (c cli) measure(ctx context.Context, client *http.Client, path string) (took []time.Duration, size int, err error) {
	var mu sync.Mutex
	work, ctx := errgroup.WithContext(ctx)
	for range c.AtOnce {
		work.Go(func() error {
			for n := range c.Each + 2 { // the first two fill caches and connect
				d, bytes, err := c.ask(ctx, client, path)
				if err != nil {
					return err
				}
				if n < 2 {
					continue
				}
				mu.Lock()
				took, size = append(took, d), bytes
				mu.Unlock()
			}
			return nil
		})
	}
	return took, size, work.Wait()
}

func (c cli) ask(ctx context.Context, client *http.Client, path string) (time.Duration, int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Manager+"/api/v1"+path, nil)
	if err != nil {
		return 0, 0, err
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	began := time.Now()
	resp, err := client.Do(r)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.200s", resp.Status, body)
	}
	return time.Since(began), len(body), err
}

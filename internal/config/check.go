package config

import (
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sys/unix"
)

// check looks at the values that could be read, together.
func (l *loader) check() {
	c := &l.config
	l.checkListen(c.HTTP.Listen)
	l.checkPublicURL(c.HTTP.PublicURL)
	l.checkDataDir(c.Data.Dir)
	l.checkDatabase(c.Database)
	l.checkPolling(c.Polling)
	l.checkAuth(c.Auth)
	if c.Log.Format != FormatJSON && c.Log.Format != FormatText {
		l.bad("log.format", `is neither "json" nor "text"`, "use one of the two")
	}
}

// bad adds a problem of a key that was read without one.
func (l *loader) bad(key, reason, wayOut string) {
	for _, p := range l.problems {
		if p.Key == key {
			return
		}
	}
	f, _ := l.find(key)
	l.add(Problem{Key: key, Value: f.shown(), Reason: reason, WayOut: wayOut, Source: l.source[key]})
}

func (l *loader) checkListen(listen string) {
	const key, wayOut = "http.listen", `write ADDRESS:PORT, e.g. "192.0.2.1:8443", or ":8443" for all addresses`
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		l.bad(key, "is not an address with a port", wayOut)
		return
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		l.bad(key, "the port is not a number from 0 to 65535", wayOut)
		return
	}
	if host != "" && host != "localhost" && net.ParseIP(host) == nil {
		l.bad(key, "the part before the port is not an IP address", wayOut)
	}
}

func (l *loader) checkPublicURL(public string) {
	if public == "" {
		return
	}
	const key, wayOut = "http.public_url", `write it as "https://patches.example.com" or "https://patches.example.com:8443"`
	u, err := url.Parse(public)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		l.bad(key, "is not a URL", wayOut)
	case u.Scheme != "https":
		l.bad(key, "does not begin with https://", wayOut)
	case u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		l.bad(key, "holds more than a host and a port", wayOut)
	}
}

// checkDataDir needs a directory that this account can work in, or a parent to
// make it in.
func (l *loader) checkDataDir(dir string) {
	const key = "data.dir"
	if !filepath.IsAbs(dir) {
		l.bad(key, "is not an absolute path", `begin it with "/"`)
		return
	}
	for p := dir; ; p = filepath.Dir(p) {
		st, err := os.Stat(p)
		if errors.Is(err, fs.ErrNotExist) && p != "/" {
			continue
		}
		wayOut := "choose another directory, or give it to the account that starts the manager"
		switch {
		case err != nil:
			l.bad(key, "cannot be looked at: "+reason(err), wayOut)
		case !st.IsDir():
			l.bad(key, p+" is not a directory", "choose another directory")
		case unix.Access(p, unix.R_OK|unix.W_OK|unix.X_OK) != nil:
			l.bad(key, p+" cannot be read and written by this account", wayOut)
		}
		return
	}
}

func (l *loader) checkDatabase(d Database) {
	if d.MaxConns < 4 || d.MaxConns > 1000 {
		l.bad("database.max_conns", "is not from 4 to 1000", "4 is the least that web and worker need")
	}
	if d.Private() {
		if d.Password != "" {
			l.bad("database.password", "is set without database.url", "set database.url too, or remove it; the private database needs no password")
		}
		return
	}
	if _, err := pgxpool.ParseConfig(d.Connection()); err != nil {
		l.bad("database.url", "is not a PostgreSQL connection string", `write it as "postgres://user@db.example.com:5432/patch_manager?sslmode=verify-full"`)
	}
}

// Polling more often than every 10 s keeps hosts busy with answering; a day is
// the longest that a number on the dashboard may be old.
const (
	shortestPoll = Duration(10 * time.Second)
	longestPoll  = Duration(24 * time.Hour)
)

func (l *loader) checkPolling(p Polling) {
	l.checkInterval("polling.health", p.Health)
	l.checkInterval("polling.inventory", p.Inventory)
	l.checkInterval("polling.patches", p.Patches)
	if p.MaxCalls < 1 || p.MaxCalls > 1000 {
		l.bad("polling.max_calls", "is not from 1 to 1000", "64 suits thousands of hosts")
	}
}

// The least memory is what OWASP recommends; four checks run at once, so that
// the most is 4 GiB. auth refuses the same, see its Params.
func (l *loader) checkAuth(a Auth) {
	const wayOut = "`patch-manager admin calibrate-passwords` prints values that suit this machine"
	if a.ArgonMemoryKiB < 19*1024 || a.ArgonMemoryKiB > 1024*1024 {
		l.bad("auth.argon_memory_kib", "is not from 19456 to 1048576", wayOut)
	}
	if a.ArgonPasses < 1 || a.ArgonPasses > 50 {
		l.bad("auth.argon_passes", "is not from 1 to 50", wayOut)
	}
	if a.ArgonLanes < 1 || a.ArgonLanes > 16 {
		l.bad("auth.argon_lanes", "is not from 1 to 16", wayOut)
	}
}

func (l *loader) checkInterval(key string, d Duration) {
	if d < shortestPoll || d > longestPoll {
		l.bad(key, "is not from 10s to 24h", `write a time span such as "5m"`)
	}
}

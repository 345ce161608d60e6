package config

import (
	"errors"
	"log/slog"
	"time"
)

// Config is everything that the manager reads at start.
type Config struct {
	HTTP     HTTP     `toml:"http"`
	Data     Data     `toml:"data"`
	Database Database `toml:"database"`
	Polling  Polling  `toml:"polling"`
	Auth     Auth     `toml:"auth"`
	Log      Log      `toml:"log"`
}

// HTTP is the one listener: browser interface, API and enrollment.
type HTTP struct {
	Listen    string `toml:"listen"`
	PublicURL string `toml:"public_url"`
}

// Data is where files live: the private database, the CA, the keys.
type Data struct {
	Dir string `toml:"dir"`
}

// Database is a PostgreSQL server of the operator's own.
type Database struct {
	URL      DSN    `toml:"url"` // empty: the private server
	Password Secret `toml:"password"`
	MaxConns int    `toml:"max_conns"`
}

// Polling is how often hosts are asked, and how many at once.
type Polling struct {
	Health    Duration `toml:"health"`
	Inventory Duration `toml:"inventory"`
	Patches   Duration `toml:"patches"`
	MaxCalls  int      `toml:"max_calls"`
}

// Auth is what a password check costs (Argon2id). A password that was stored at
// another cost is stored anew at the next sign-in.
type Auth struct {
	ArgonMemoryKiB int `toml:"argon_memory_kib"`
	ArgonPasses    int `toml:"argon_passes"`
	ArgonLanes     int `toml:"argon_lanes"`
}

// Duration is a time span, written like "5m" or "90s".
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return errors.New(`must be a time span such as "90s", "5m" or "1h"`)
	}
	*d = Duration(v)
	return nil
}

// String implements fmt.Stringer.
func (d Duration) String() string { return time.Duration(d).String() }

// Log is what is written to standard error.
type Log struct {
	Level  slog.Level `toml:"level"`
	Format string     `toml:"format"`
}

// Log formats.
const (
	FormatJSON = "json"
	FormatText = "text"
)

// Default is the configuration of an empty file.
func Default() Config {
	return Config{
		HTTP:     HTTP{Listen: ":8443"},
		Data:     Data{Dir: "/var/lib/patch-manager"},
		Database: Database{MaxConns: 16},
		Polling: Polling{Health: Duration(5 * time.Minute), Inventory: Duration(30 * time.Minute),
			Patches: Duration(30 * time.Minute), MaxCalls: 64},
		Auth: Auth{ArgonMemoryKiB: 64 * 1024, ArgonPasses: 3, ArgonLanes: 1},
		Log:  Log{Level: slog.LevelInfo, Format: FormatJSON},
	}
}

// Private reports whether the product runs its own PostgreSQL.
func (d Database) Private() bool { return d.URL == "" }

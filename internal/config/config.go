package config

import "log/slog"

// Config is everything that the manager reads at start.
type Config struct {
	HTTP     HTTP     `toml:"http"`
	Data     Data     `toml:"data"`
	Database Database `toml:"database"`
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
		Log:      Log{Level: slog.LevelInfo, Format: FormatJSON},
	}
}

// Private reports whether the product runs its own PostgreSQL.
func (d Database) Private() bool { return d.URL == "" }

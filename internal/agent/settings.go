package agent

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/pelletier/go-toml/v2"
)

// DefaultSettings is the configuration file that is read when none is named; it
// need not exist.
const DefaultSettings = "/etc/patch-agent/config.toml"

// Settings is the configuration file. packaging/config/agent.example.toml has
// every key with its default and what it is for.
type Settings struct {
	Listen           string     `toml:"listen"`
	StateDir         string     `toml:"state_dir"`
	Allowlist        []string   `toml:"allowlist"`
	LogLevel         slog.Level `toml:"log_level"`
	RebootCommand    []string   `toml:"reboot_command"`
	SavedPackagesMiB int64      `toml:"saved_packages_mib"`
}

// StandardSettings is what an empty file means.
func StandardSettings() Settings {
	return Settings{Listen: ":12443", StateDir: "/var/lib/patch-agent", SavedPackagesMiB: 2048}
}

// LoadSettings reads a file; with an empty name the standard one, which may be
// missing. A key that does not exist is an error that shows where it stands.
func LoadSettings(name string) (Settings, error) {
	s, named := StandardSettings(), name != ""
	if !named {
		name = DefaultSettings
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("read configuration: %w", err)
	}
	in := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := in.Decode(&s); err != nil {
		return s, fmt.Errorf("configuration %s:\n%s", name, where(err))
	}
	if err := s.Check(); err != nil {
		return s, fmt.Errorf("configuration %s: %w", name, err)
	}
	return s, nil
}

// where shows the line that the decoder did not like.
func where(err error) string {
	var strict *toml.StrictMissingError
	var bad *toml.DecodeError
	switch {
	case errors.As(err, &strict):
		return "there is no such key:\n" + strict.String()
	case errors.As(err, &bad):
		return bad.String()
	}
	return err.Error()
}

// Check finds bad values. A bad entry of the allowlist is an error, not an
// entry less: a list without entries lets everybody in.
func (s Settings) Check() error {
	if _, _, err := net.SplitHostPort(s.Listen); err != nil {
		return fmt.Errorf("listen = %q: it must be address:port or :port", s.Listen)
	}
	if !filepath.IsAbs(s.StateDir) {
		return fmt.Errorf("state_dir = %q: it must be an absolute path", s.StateDir)
	}
	if s.SavedPackagesMiB < 1 {
		return fmt.Errorf("saved_packages_mib = %d: it must be 1 or more", s.SavedPackagesMiB)
	}
	_, err := s.Prefixes()
	return err
}

// Prefixes are the entries of the allowlist.
func (s Settings) Prefixes() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, entry := range s.Allowlist {
		if addr, err := netip.ParseAddr(entry); err == nil {
			out = append(out, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(entry)
		if err != nil {
			return nil, fmt.Errorf("allowlist entry %q: it must be an address like 192.0.2.7 or a network like 192.0.2.0/24", entry)
		}
		if prefix != prefix.Masked() {
			return nil, fmt.Errorf("allowlist entry %q: bits are set behind the mask; did you mean %s?", entry, prefix.Masked())
		}
		out = append(out, prefix)
	}
	return out, nil
}

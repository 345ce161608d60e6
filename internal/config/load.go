package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sort"
	"strings"
)

// DefaultPath is read when no file is named; it need not exist.
const DefaultPath = "/etc/patch-manager/manager.toml"

const (
	prefix     = "PATCH_MANAGER__"
	fileSuffix = "__FILE"
)

// Load reads the file at path (empty: [DefaultPath], if there is one), lays the
// environment over it and checks the result. Its error is [Problems].
func Load(path string, environ []string) (Config, error) {
	l := newLoader()
	l.readPath(path)
	l.readEnv(environ)
	l.check()
	if len(l.problems) > 0 {
		return Config{}, l.problems
	}
	return l.config, nil
}

// loader gathers values and problems.
type loader struct {
	config   Config
	fields   []field
	source   map[string]string // of each key that was given
	problems Problems
}

func newLoader() *loader {
	l := &loader{config: Default(), source: map[string]string{}}
	l.fields = fields(&l.config)
	return l
}

func (l *loader) add(p Problem) { l.problems = append(l.problems, p) }

func (l *loader) find(key string) (field, bool) {
	for _, f := range l.fields {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

// known holds the sections and the keys.
func (l *loader) known() map[string]bool {
	m := map[string]bool{}
	for _, f := range l.fields {
		section, _, _ := strings.Cut(f.key, ".")
		m[section], m[f.key] = true, true
	}
	return m
}

// suggest helps with a key that stands in the wrong section.
func (l *loader) suggest(key string) string {
	last := key[strings.LastIndex(key, ".")+1:]
	for _, f := range l.fields {
		if strings.HasSuffix(f.key, "."+last) {
			return fmt.Sprintf(" (did you mean %s?)", f.key)
		}
	}
	return ""
}

func (l *loader) readPath(path string) {
	named := path != ""
	if !named {
		path = DefaultPath
	}
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		l.readFile(path, text)
	case errors.Is(err, fs.ErrNotExist) && !named:
	default:
		l.add(Problem{Source: path, Reason: "the file cannot be read: " + reason(err),
			WayOut: "name an existing file with --config, and let the account that starts the manager read it"})
	}
}

// reason is an error of the file system without the path, which is told anyway.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func (l *loader) readEnv(environ []string) {
	vars := map[string]string{}
	for _, kv := range environ {
		if name, v, ok := strings.Cut(kv, "="); ok && strings.HasPrefix(name, prefix) {
			vars[name] = v
		}
	}
	for _, f := range l.fields {
		l.readVariable(f, vars)
	}
	left := make([]string, 0, len(vars))
	for name := range vars {
		left = append(left, name)
	}
	sort.Strings(left)
	for _, name := range left {
		l.add(Problem{Source: "environment variable " + name, Reason: "there is no such key", WayOut: "remove the variable"})
	}
}

func (l *loader) readVariable(f field, vars map[string]string) {
	name := f.variable()
	value, direct := vars[name]
	file, indirect := vars[name+fileSuffix]
	delete(vars, name)
	delete(vars, name+fileSuffix)
	source := "environment variable " + name
	switch {
	case direct && indirect:
		l.add(Problem{Key: f.key, Source: source, Reason: "is set twice, by itself and by " + name + fileSuffix, WayOut: "remove one of them"})
		return
	case indirect:
		source += fileSuffix
		text, err := os.ReadFile(file)
		if err != nil {
			l.add(Problem{Key: f.key, Value: file, Source: source, Reason: "the file cannot be read: " + reason(err)})
			return
		}
		value = strings.TrimRight(string(text), "\r\n")
	case !direct:
		return
	}
	l.source[f.key] = source
	if err := f.setText(value); err != nil {
		l.add(Problem{Key: f.key, Value: f.hide(value), Reason: err.Error(), Source: source})
	}
}

// LogValue implements slog.LogValuer: the effective configuration, masked.
func (c Config) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, f := range fields(&c) {
		attrs = append(attrs, slog.String(f.key, f.shown()))
	}
	return slog.GroupValue(attrs...)
}

// Lines is the effective configuration for a person, masked.
func (c Config) Lines() string {
	var b strings.Builder
	for _, f := range fields(&c) {
		fmt.Fprintf(&b, "%s = %q\n", f.key, f.shown())
	}
	return b.String()
}

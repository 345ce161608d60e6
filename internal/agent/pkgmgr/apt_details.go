package pkgmgr

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"patchmanager/internal/agentapi"
)

// wanted are the versions to find control data for: name → version.
type wanted map[string]string

func wantedVersions(changes []agentapi.Change) wanted {
	w := wanted{}
	for _, c := range changes {
		w[c.Name] = c.ToVersion
	}
	return w
}

// details reads the control data of the versions that changes lead to, by
// Key(name, arch). Lists that apt keeps as plain text are read directly, which
// takes a tenth of a second for all of Debian; apt-cache takes seconds for a
// hundred packages. It is asked for what is left: lists that are compressed.
func (a *APT) details(ctx context.Context, changes []agentapi.Change) (map[string]stanza, error) {
	found := map[string]stanza{}
	if len(changes) == 0 {
		return found, nil
	}
	targets, err := a.targets(ctx)
	if err != nil {
		return nil, err
	}
	want := wantedVersions(changes)
	for _, t := range targets {
		if err := a.scanIndex(t.File, want, found); err != nil {
			return nil, fmt.Errorf("read package details: %w", err)
		}
	}
	var left []agentapi.Change
	for _, c := range changes {
		if found[Key(c.Name, c.Arch)] == nil && found[Key(c.Name, archAll)] == nil {
			left = append(left, c)
		}
	}
	return found, a.show(ctx, left, found)
}

// scanIndex reads one list; one that is compressed or not there is passed over.
func (a *APT) scanIndex(file string, want wanted, found map[string]stanza) error {
	f, err := os.Open(a.host.Path(file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return scanPackages(f, want, found)
}

// scanPackages finds the wanted versions among tens of thousands of stanzas; it
// parses only those of a wanted name.
func scanPackages(r io.Reader, want wanted, found map[string]stanza) error {
	lines := bufio.NewReaderSize(r, 256<<10)
	current := stanza(nil)
	for {
		line, err := readLine(lines)
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			current.keep(want, found)
			current = nil
		} else if name, ok := bytes.CutPrefix(line, []byte("Package: ")); ok && want[string(bytes.TrimSpace(name))] != "" {
			current = stanza{}
		}
		if current != nil && len(line) > 0 {
			current.add(string(line))
		}
		if last {
			current.keep(want, found)
			return nil
		}
	}
}

// readLine returns a line; of one longer than the buffer only the beginning,
// which is all that is read of such fields.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	line = bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.ReadSlice('\n')
	}
	return line, err
}

func (s stanza) keep(want wanted, found map[string]stanza) {
	if s != nil && s["Version"] != "" && want[s["Package"]] == s["Version"] {
		found[Key(s["Package"], s["Architecture"])] = s
	}
}

// showBatch is how many packages one apt-cache show is asked for, so that its
// answer (2 KiB a package) stays small.
const showBatch = 500

func (a *APT) show(ctx context.Context, changes []agentapi.Change, found map[string]stanza) error {
	for start := 0; start < len(changes); start += showBatch {
		args := []string{"apt-cache", "show"}
		for _, c := range changes[start:min(start+showBatch, len(changes))] {
			args = append(args, exact(c.Name, c.Arch, c.ToVersion))
		}
		out, err := a.ask(ctx, args...)
		if err != nil {
			return fmt.Errorf("read package details: %w", err)
		}
		all, err := allStanzas(out)
		if err != nil {
			return fmt.Errorf("read package details: %w", err)
		}
		for _, s := range all {
			found[Key(s["Package"], s["Architecture"])] = s
		}
	}
	return nil
}

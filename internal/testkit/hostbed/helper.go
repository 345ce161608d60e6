package hostbed

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// The inside of a host is built from its embedded source, so that a test binary
// and bedctl need no path into the source tree.
//
//go:embed bedinit/*.go
var initSource embed.FS

const initModule = "module bedinit\n\ngo 1.26\n"

// buildInit returns the static bedinit binary.
func buildInit(dir string) (string, error) {
	hash, err := sourceHash()
	if err != nil {
		return "", err
	}
	built, err := once(dir, "init-"+hash, compileInit)
	return filepath.Join(built, "bedinit"), err
}

func sourceHash() (string, error) {
	parts := []string{runtime.Version(), initModule}
	err := eachSource(func(name string, text []byte) error {
		parts = append(parts, name, string(text))
		return nil
	})
	return hashOf(parts...), err
}

func eachSource(visit func(name string, text []byte) error) error {
	names, err := fs.Glob(initSource, "bedinit/*.go")
	if err != nil {
		return err
	}
	for _, n := range names {
		text, err := initSource.ReadFile(n)
		if err != nil {
			return err
		}
		if err := visit(filepath.Base(n), text); err != nil {
			return err
		}
	}
	return nil
}

func compileInit(tmp string) error {
	src := filepath.Join(tmp, "src")
	if err := os.MkdirAll(src, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(src, "go.mod"), []byte(initModule), 0o644); err != nil {
		return err
	}
	err := eachSource(func(name string, text []byte) error {
		return os.WriteFile(filepath.Join(src, name), text, 0o644)
	})
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(tmp, "bedinit"), ".")
	cmd.Dir = src
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build bedinit: %w\n%s", err, out)
	}
	return nil
}

package hostbed

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// makeKey makes the throw-away key that signs the bed's repositories. It never
// leaves the cache.
func makeKey(dir string) error {
	home := filepath.Join(dir, "key")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	defer stopAgent(home)
	err := tool(gpgEnv(home), "gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "Throw-away hosts <bed@example.org>", "ed25519", "sign", "never")
	if err != nil {
		return err
	}
	return tool(gpgEnv(home), "gpg", "--batch", "--quiet", "--output", filepath.Join(dir, "keyring.gpg"), "--export")
}

func gpgEnv(home string) []string { return []string{"GNUPGHOME=" + home} }

// stopAgent ends the key agent that gpg left behind for this home.
func stopAgent(home string) {
	// Best effort: an agent whose home is gone ends by itself.
	_ = tool(gpgEnv(home), "gpgconf", "--kill", "gpg-agent")
}

// release is what a Release file says about its archive.
type release struct{ origin, label, suite, version, codename string }

func readRelease(name string) (release, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return release{}, err
	}
	f := fields(string(b))
	r := release{f["origin"], f["label"], f["suite"], f["version"], f["codename"]}
	if r.label == "" || r.codename == "" {
		return r, fmt.Errorf("%s has no label or code name", name)
	}
	return r, nil
}

// index writes and signs the index of one pocket of the archive in dir, from
// the packages in pool/<codename>.
func index(dir string, r release, home string) error {
	dist := filepath.Join(dir, "dists", r.codename)
	bin := filepath.Join(dist, "main", "binary-amd64")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	packages, err := archiveTool(dir, "packages", filepath.Join("pool", r.codename))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(bin, "Packages"), packages, 0o644); err != nil {
		return err
	}
	if err := tool(nil, "gzip", "-9nkf", filepath.Join(bin, "Packages")); err != nil {
		return err
	}
	return sign(dir, dist, r, home)
}

func sign(dir, dist string, r release, home string) error {
	rel, err := filepath.Rel(dir, dist)
	if err != nil {
		return err
	}
	opts := []string{"Architectures=amd64 all", "Components=main", "Origin=" + r.origin, "Label=" + r.label, "Suite=" + r.suite, "Codename=" + r.codename}
	if r.version != "" {
		opts = append(opts, "Version="+r.version)
	}
	var args []string
	for _, o := range opts {
		args = append(args, "-o", "APT::FTPArchive::Release::"+o)
	}
	text, err := archiveTool(dir, append(args, "release", rel)...)
	if err != nil {
		return err
	}
	name := filepath.Join(dist, "Release")
	if err := os.WriteFile(name, text, 0o644); err != nil {
		return err
	}
	return errors.Join(
		tool(gpgEnv(home), "gpg", "--batch", "--yes", "--quiet", "--clearsign", "-o", filepath.Join(dist, "InRelease"), name),
		tool(gpgEnv(home), "gpg", "--batch", "--yes", "--quiet", "--armor", "--detach-sign", "-o", name+".gpg", name),
	)
}

func archiveTool(dir string, args ...string) ([]byte, error) {
	cmd := exec.Command("apt-ftparchive", args...)
	cmd.Dir = dir
	var words strings.Builder
	cmd.Stderr = &words
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("apt-ftparchive is not installed (package apt-utils; script/bootstrap --tests installs it)")
	}
	if err != nil {
		return nil, fmt.Errorf("apt-ftparchive: %w\n%s", err, words.String())
	}
	return out, nil
}

package hostbed

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// buildBase makes, below tmp, the pristine root, the key, and a repository of
// two archives with every package of the base and every update of it.
func buildBase(m mirrors) func(tmp string) error {
	return func(tmp string) error {
		if err := bootstrap(filepath.Join(tmp, "root"), m); err != nil {
			return err
		}
		if err := makeKey(tmp); err != nil {
			return err
		}
		if err := buildDebianRepo(tmp); err != nil {
			return err
		}
		return settleRoot(tmp)
	}
}

// bootstrap installs from the main pocket and keeps every package file, those
// of the minimal base included: they are the old versions that a rollback needs.
// Then it adds the other pockets and downloads, without installing, what they
// update.
func bootstrap(root string, m mirrors) error {
	extra := fmt.Sprintf("deb %s %s main\ndeb %s %s main\n", m.main, pocketUpdates.codename, m.security, pocketSecurity.codename)
	hook := fmt.Sprintf(`set -e
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
dpkg-query --admindir="$1/var/lib/dpkg" -W -f '${binary:Package}=${Version}\n' |
  xargs apt-get -q -y --download-only --reinstall install
printf '%%s' '%s' > "$1/etc/apt/sources.list.d/extra.list"
apt-get -q update
apt-get -q -y --download-only dist-upgrade`, extra)
	args := []string{
		"--mode=root", "--variant=minbase", "--components=main", "--architectures=amd64",
		"--skip=cleanup/apt", "--include=" + strings.Join(serverPackages, ","),
		`--aptopt=Acquire::Languages "none"`, `--aptopt=APT::Install-Recommends "false"`,
		"--customize-hook=" + hook,
	}
	args = append(args, proxyOptions()...)
	args = append(args, "--keyring="+debianKeys)
	return tool(nil, "mmdebstrap", append(args, suite, root, m.main)...)
}

// debianKeys are those of Debian's archives, from debian-archive-keyring. Apt of
// another distribution does not trust them by itself.
const debianKeys = "/usr/share/keyrings/debian-archive-keyring.gpg"

// proxyOptions hands on the proxy the machine's own apt uses.
func proxyOptions() []string {
	out, err := exec.Command("apt-config", "dump", "--format", "%f %v%n", "Acquire::http::Proxy").Output()
	_, proxy, ok := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil || !ok || proxy == "" {
		return nil
	}
	return []string{fmt.Sprintf(`--aptopt=Acquire::http::Proxy "%s"`, proxy)}
}

// settleRoot removes what came from this machine or is not needed on a host.
func settleRoot(tmp string) error {
	root := filepath.Join(tmp, "root")
	for _, pattern := range []string{
		"etc/apt/sources.list", "etc/apt/sources.list.d/*", "etc/resolv.conf",
		"var/lib/apt/lists/*", "var/cache/apt/*.bin", "var/log/*.log", "var/log/apt/*", "etc/apt/apt.conf.d/*proxy*",
	} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return err
		}
		for _, n := range names {
			if err := os.RemoveAll(n); err != nil {
				return err
			}
		}
	}
	return errors.Join(
		writeFile(root, "etc/apt/apt.conf.d/99mmdebstrap", "Acquire::Languages \"none\";\nAPT::Install-Recommends \"false\";\n", 0o644),
		writeFile(root, "usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755),
		writeFile(root, "usr/sbin/reboot", "#!/bin/sh\nkill -HUP 1\n", 0o755),
		writeFile(root, "usr/sbin/shutdown", shutdownScript, 0o755),
		copyFile(filepath.Join(tmp, "keyring.gpg"), filepath.Join(root, keyring)),
		os.MkdirAll(filepath.Join(root, "var/lib/apt/lists/partial"), 0o700),
	)
}

// shutdownScript speaks to the init of a bed host; delays are not kept.
const shutdownScript = `#!/bin/sh
case " $* " in
*" -r "*) kill -HUP 1 ;;
*" -c "*) ;;
*) kill -INT 1 ;;
esac
`

func writeFile(root, name, text string, mode os.FileMode) error {
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	return writeFile("/", to, string(b), info.Mode().Perm())
}

// tool runs a program of this machine and gives its words when it fails.
func tool(env []string, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Env = append(append(os.Environ(), "LC_ALL=C.UTF-8"), env...)
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%s is not installed (script/bootstrap --tests installs it)", name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, tail(out, 4000))
	}
	return nil
}

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }

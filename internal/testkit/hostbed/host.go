package hostbed

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// Host is one throw-away host. Its root can be read and written from outside.
type Host struct {
	Name string
	// Root is the host's root as seen by its own processes, /proc and /run
	// included. It stays valid across reboots. It is a symbolic link into
	// /proc: join names to it, do not resolve it.
	Root string
	// IP is the host's address on the bed's bridge; empty without a network.
	IP string

	bases    bases
	net      *network
	dir      string // state outside the root
	upper    string // what the host changed
	lower    []string
	tmpfs    []smallFS
	fakes    []fakeFile
	detached bool

	mu         sync.Mutex
	control    *control
	supervisor *os.Process
	exited     chan struct{}
}

type smallFS struct {
	Path   string `json:"path"`
	SizeKB int    `json:"size_kb"`
}

type fakeFile struct {
	Path    string `json:"path"`
	Content string `json:"content"`
}

type repoConfig struct {
	Name string `json:"name"`
	Addr string `json:"addr"`
	Dir  string `json:"dir"`
}

type service struct {
	Argv []string `json:"argv"`
	Env  []string `json:"env"`
	Log  string   `json:"log"`
}

// initConfig is what bedinit's config reads.
type initConfig struct {
	Dir      string       `json:"dir"`
	Hostname string       `json:"hostname"`
	Lower    []string     `json:"lower"`
	Upper    string       `json:"upper"`
	Work     string       `json:"work"`
	Tmpfs    []smallFS    `json:"tmpfs"`
	Fakes    []fakeFile   `json:"fakes"`
	Repos    []repoConfig `json:"repos"`
	Detached bool         `json:"detached"`
}

// workDir is overlayfs's scratch directory: on the file system of upper.
func (h *Host) workDir() string { return h.upper + ".work" }

func (h *Host) path(name string) string { return filepath.Join(h.dir, name) }

// boot makes the host and starts it for the first time.
func (h *Host) boot() error {
	if err := h.prepare(); err != nil {
		return err
	}
	if err := h.supervise(); err != nil {
		return err
	}
	if h.net != nil {
		if err := h.net.plug(h.link(), h.supervisor.Pid, h.IP); err != nil {
			return errors.Join(err, h.stop())
		}
	}
	if err := h.ask(request{Cmd: "boot"}); err != nil {
		return errors.Join(fmt.Errorf("boot %s: %w", h.Name, err), h.console(), h.stop())
	}
	return nil
}

func (h *Host) prepare() error {
	h.Root = h.path("root")
	for _, d := range []string{h.dir, h.upper} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	if err := h.writeIdentity(); err != nil {
		return err
	}
	c := initConfig{
		Dir: h.dir, Hostname: h.Name, Lower: h.lower, Upper: h.upper, Work: h.workDir(),
		Tmpfs: h.tmpfs, Fakes: h.fakes, Repos: h.bases.repos(), Detached: h.detached,
	}
	return writeJSON(h.path("config.json"), c)
}

// writeIdentity gives a new host its name, its machine id and its table of
// names. A host that was there before keeps its machine id.
func (h *Host) writeIdentity() error {
	hosts := "127.0.0.1 localhost\n"
	if h.IP != "" {
		hosts += h.IP + " " + h.Name + ".example.com " + h.Name + "\n"
	}
	for _, r := range repoHosts {
		hosts += r.addr + " " + r.name + "\n"
	}
	err := errors.Join(
		writeFile(h.upper, "etc/hostname", h.Name+"\n", 0o644),
		writeFile(h.upper, "etc/hosts", hosts, 0o644),
	)
	if err != nil || exists(filepath.Join(h.upper, "etc/machine-id")) {
		return err
	}
	return writeFile(h.upper, "etc/machine-id", newMachineID()+"\n", 0o444)
}

func writeJSON(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(name, b, 0o644)
}

// pid is the outer number of the present boot's first process.
func (h *Host) pid() (int, error) {
	b, err := os.ReadFile(h.path("init.pid"))
	if err != nil {
		return 0, fmt.Errorf("%s is not running: %w", h.Name, err)
	}
	return strconv.Atoi(string(b))
}

// console is what the host's supervisor and init said, as an error.
func (h *Host) console() error {
	b, err := os.ReadFile(h.path("console.log"))
	if err != nil {
		return err
	}
	if words := strings.TrimSpace(string(b)); words != "" {
		return errors.New(words)
	}
	return nil
}

// Dir is where this host's state outside its root lives: logs of Start, console.log.
func (h *Host) Dir() string { return h.dir }

// BootID is the id of the present boot.
func (h *Host) BootID() (string, error) {
	b, err := os.ReadFile(filepath.Join(h.Root, "proc/sys/kernel/random/boot_id"))
	return strings.TrimSpace(string(b)), err
}

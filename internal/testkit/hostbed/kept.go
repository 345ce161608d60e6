package hostbed

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Kept is a bed whose hosts outlive the process that started them and whose
// disks outlive the hosts: the demo's, and those of tests in other languages.
// All its state is below one directory; one process at a time works on it.
type Kept struct {
	dir   string
	lock  func()
	bases bases
	state keptState
}

type keptState struct {
	Network int                 `json:"network"`
	Hosts   map[string]KeptHost `json:"hosts"`
}

// KeptHost is what is known about a host of a Kept bed.
type KeptHost struct {
	Name    string   `json:"name"`
	Kind    Kind     `json:"kind"`
	IP      string   `json:"ip"`
	Gateway string   `json:"gateway"`
	Lower   []string `json:"lower"`
	Running bool     `json:"running"`
}

// firstKept is where Kept beds look for a network: tests take theirs from the
// other end, so that a stopped demo finds its addresses free again.
const firstKept = 200

// OpenKept opens the bed in dir, building what is missing. Close it soon:
// others wait.
func OpenKept(dir string) (*Kept, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("throw-away hosts need root")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	k := &Kept{dir: dir}
	if k.lock, err = lock(filepath.Join(dir, "lock"), unix.LOCK_EX); err != nil {
		return nil, err
	}
	if k.bases, err = openBases(cacheDir()); err != nil {
		k.lock()
		return nil, err
	}
	if err := k.load(); err != nil {
		k.lock()
		return nil, err
	}
	return k, nil
}

// Close lets others work on the bed. Its hosts go on.
func (k *Kept) Close() { k.lock() }

func (k *Kept) load() error {
	k.state.Hosts = map[string]KeptHost{}
	b, err := os.ReadFile(filepath.Join(k.dir, "bed.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(b, &k.state)
}

func (k *Kept) save() error {
	name := filepath.Join(k.dir, "bed.json")
	if err := writeJSON(name+".new", k.state); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// BuildAll builds the layers of every kind, so that later hosts start at once.
func BuildAll() error {
	all, err := openBases(cacheDir())
	if err != nil {
		return err
	}
	for _, kind := range []Kind{KindDebian, KindDemo, KindMixed} {
		if _, err := all.layer(kind); err != nil {
			return err
		}
	}
	return nil
}

// List returns the hosts in the order of their names.
func (k *Kept) List() []KeptHost {
	var list []KeptHost
	for _, name := range slices.Sorted(maps.Keys(k.state.Hosts)) {
		host := k.state.Hosts[name]
		host.Running = k.handle(host).supervisorPID() != 0
		list = append(list, host)
	}
	return list
}

// Up starts a host, making it with this kind when it is new.
func (k *Kept) Up(name string, kind Kind) (KeptHost, error) {
	net, err := k.network()
	if err != nil {
		return KeptHost{}, err
	}
	defer net.lock.Close() // running hosts hold it on
	host, known := k.state.Hosts[name]
	if !known {
		if host, err = k.create(net, name, kind); err != nil {
			return host, err
		}
	}
	h := k.handle(host)
	if h.supervisorPID() != 0 {
		host.Running = true
		return host, nil
	}
	if missing := firstMissing(host.Lower); missing != "" {
		return host, fmt.Errorf("%s was made from %s, which is gone: remove the host and make it anew", name, missing)
	}
	h.net = net
	if err := errors.Join(net.unplug(h.link()), h.boot()); err != nil {
		return host, err
	}
	host.Running = true
	return host, nil
}

func firstMissing(dirs []string) string {
	for _, d := range dirs {
		if !exists(d) {
			return d
		}
	}
	return ""
}

func (k *Kept) create(net *network, name string, kind Kind) (KeptHost, error) {
	if name == "" || strings.ContainsAny(name, "/. ") {
		return KeptHost{}, fmt.Errorf("%q is no name for a host", name)
	}
	lower, err := k.bases.layer(kind)
	if err != nil {
		return KeptHost{}, err
	}
	for _, other := range k.state.Hosts {
		last, err := strconv.Atoi(other.IP[strings.LastIndex(other.IP, ".")+1:])
		if err != nil {
			return KeptHost{}, err
		}
		net.used[last] = true
	}
	addr, err := net.reserve()
	if err != nil {
		return KeptHost{}, err
	}
	host := KeptHost{Name: name, Kind: kind, IP: addr, Gateway: net.addr(1), Lower: lower}
	k.state.Hosts[name] = host
	return host, k.save()
}

// network returns the bed's network: from a running host, or claimed again.
func (k *Kept) network() (*network, error) {
	for _, host := range k.state.Hosts {
		if pid := k.handle(host).supervisorPID(); pid != 0 {
			return k.borrow(pid)
		}
	}
	if k.state.Network != 0 {
		return claimNetwork(k.state.Network, k.state.Network)
	}
	net, err := claimNetwork(firstKept, lastNet)
	if err != nil {
		return nil, err
	}
	k.state.Network = net.number
	return net, k.save()
}

// borrow takes the lock that a running host holds, so that a new host can hold
// it as well.
func (k *Kept) borrow(pid int) (*network, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	const heldFD = 4 // the second of the extra files of Host.supervise
	dup, err := unix.PidfdGetfd(fd, heldFD, 0)
	if err != nil {
		return nil, fmt.Errorf("borrow the network's lock: %w", err)
	}
	n := &network{number: k.state.Network, used: map[int]bool{}}
	n.lock = os.NewFile(uintptr(dup), lockName(n.number))
	return n, nil
}

// handle gives access to a host, running or not.
func (k *Kept) handle(host KeptHost) *Host {
	dir := filepath.Join(k.dir, "hosts", host.Name)
	return &Host{
		Name: host.Name, IP: host.IP, Root: filepath.Join(dir, "root"), bases: k.bases, dir: dir,
		upper: filepath.Join(dir, "upper"), lower: host.Lower, detached: true,
		net: &network{number: k.state.Network},
	}
}

// Host gives access to a running host.
func (k *Kept) Host(name string) (*Host, error) {
	host, ok := k.state.Hosts[name]
	if !ok {
		return nil, fmt.Errorf("there is no host %q", name)
	}
	h := k.handle(host)
	if h.supervisorPID() == 0 {
		return nil, fmt.Errorf("host %s is not running", name)
	}
	return h, nil
}

// Down stops a host gently; its disk stays.
func (k *Kept) Down(name string) error {
	host, ok := k.state.Hosts[name]
	if !ok {
		return fmt.Errorf("there is no host %q", name)
	}
	h := k.handle(host)
	if err := h.stopDetached(); err != nil {
		return err
	}
	if err := h.net.unplug(h.link()); err != nil {
		return err
	}
	return k.clearNetwork()
}

// Remove stops a host and forgets its disk.
func (k *Kept) Remove(name string) error {
	if err := k.Down(name); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(k.dir, "hosts", name)); err != nil {
		return err
	}
	delete(k.state.Hosts, name)
	return k.save()
}

// clearNetwork removes the bridge when the last host has gone.
func (k *Kept) clearNetwork() error {
	for _, host := range k.List() {
		if host.Running {
			return nil
		}
	}
	return sweepOne(k.state.Network)
}

package hostbed

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// lockDir holds one lock file per network in use on this machine. Holding the
// lock is owning the network; a free lock means that whatever carries its
// number is left over.
const lockDir = "/run/patch-manager-bed"

// Networks are 10.88.N.0/24 with N between these.
const firstNet, lastNet = 1, 250

// network is one bridge with the hosts of one bed on it.
type network struct {
	number int
	lock   *os.File

	mu   sync.Mutex
	used map[int]bool // last byte of addresses given out
}

func (n *network) bridge() string       { return fmt.Sprintf("pmbed%d", n.number) }
func (n *network) addr(last int) string { return fmt.Sprintf("10.88.%d.%d", n.number, last) }

// claimNetwork takes the first free network of these numbers and clears what a
// dead owner of the number left.
func claimNetwork(from, to int) (*network, error) {
	if err := os.MkdirAll(lockDir, 0o755); err != nil {
		return nil, fmt.Errorf("throw-away hosts need root: %w", err)
	}
	for i := from; i <= to; i++ {
		n, err := tryNetwork(i)
		if err != nil || n != nil {
			return n, err
		}
	}
	return nil, fmt.Errorf("no free network for throw-away hosts from 10.88.%d.0/24 to 10.88.%d.0/24", from, to)
}

// tryNetwork returns nil when somebody else has the number.
func tryNetwork(i int) (*network, error) {
	f, err := os.OpenFile(lockName(i), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := flock(f, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, nil //nolint:nilerr // taken: that is the answer
	}
	n := &network{number: i, lock: f, used: map[int]bool{}}
	if err := errors.Join(n.clear(), n.create()); err != nil {
		f.Close()
		return nil, err
	}
	return n, nil
}

func lockName(i int) string { return filepath.Join(lockDir, fmt.Sprintf("net-%d.lock", i)) }

// clear removes the bridge and the throw-away directory of a dead owner.
func (n *network) clear() error {
	if exists("/sys/class/net/" + n.bridge()) {
		if err := ip("link", "del", n.bridge()); err != nil {
			return err
		}
	}
	dir, err := os.ReadFile(n.lock.Name())
	if err != nil {
		return err
	}
	if d := string(dir); strings.Contains(d, throwAwayPrefix) {
		return os.RemoveAll(d)
	}
	return nil
}

// create makes the bridge. It and the cables get no IPv6 address: programs that
// watch the machine's addresses, browsers above all, break off what they do when
// one comes up seconds later.
func (n *network) create() error {
	return ipBatch(
		"link add "+n.bridge()+" type bridge",
		"link set "+n.bridge()+" addrgenmode none",
		"addr add "+n.addr(1)+"/24 dev "+n.bridge(),
		"link set "+n.bridge()+" up",
	)
}

// remember notes the directory to remove when the owner died.
func (n *network) remember(dir string) error {
	if err := n.lock.Truncate(0); err != nil {
		return err
	}
	_, err := n.lock.WriteAt([]byte(dir), 0)
	return err
}

// release removes the bridge and lets others have the number.
func (n *network) release() error {
	err := errors.Join(ip("link", "del", n.bridge()), n.lock.Truncate(0))
	return errors.Join(err, n.lock.Close())
}

// reserve gives out the next free address.
func (n *network) reserve() (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for last := 2; last < 255; last++ {
		if !n.used[last] {
			n.used[last] = true
			return n.addr(last), nil
		}
	}
	return "", fmt.Errorf("no free address in 10.88.%d.0/24", n.number)
}

func (n *network) giveBack(addr string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	last, err := strconv.Atoi(addr[strings.LastIndex(addr, ".")+1:])
	if err == nil {
		delete(n.used, last)
	}
}

// link is the outer end of a host's cable; 15 bytes are the kernel's limit.
func (h *Host) link() string {
	return fmt.Sprintf("pmb%dv%s", h.net.number, h.IP[strings.LastIndex(h.IP, ".")+1:])
}

// plug connects the network namespace of pid to the bridge as eth0.
func (n *network) plug(link string, pid int, addr string) error {
	err := ipBatch(
		fmt.Sprintf("link add %s type veth peer name eth0 netns %d", link, pid),
		fmt.Sprintf("link set %s addrgenmode none", link),
		fmt.Sprintf("link set %s master %s up", link, n.bridge()),
	)
	if err != nil {
		return err
	}
	return enter(pid, unix.CLONE_NEWNET, func() error {
		return ipBatch("addr add "+addr+"/24 dev eth0", "link set eth0 up", "route add default via "+n.addr(1))
	})
}

// unplug removes the cable: the kernel would do so some time after the host's
// end, and the name may be wanted before. The kernel may also be first.
func (n *network) unplug(link string) error {
	if !exists("/sys/class/net/" + link) {
		return nil
	}
	err := ip("link", "del", link)
	if err != nil && !exists("/sys/class/net/"+link) {
		return nil
	}
	return err
}

// CutNetwork unplugs the host: nothing goes in or out, nobody is told.
func (h *Host) CutNetwork() error { return ip("link", "set", h.link(), "down") }

// RestoreNetwork plugs the host in again.
func (h *Host) RestoreNetwork() error { return ip("link", "set", h.link(), "up") }

func ip(args ...string) error { return tool(nil, "ip", args...) }

// ipBatch runs several commands of ip in one process.
func ipBatch(lines ...string) error {
	cmd := exec.Command("ip", "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("ip is not installed (package iproute2; script/bootstrap --tests installs it)")
	}
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(lines, "; "), err, out)
	}
	return nil
}

// sweep removes what dead owners left, and leaves the rest alone.
func sweep() error {
	names, err := filepath.Glob(filepath.Join(lockDir, "net-*.lock"))
	if err != nil {
		return err
	}
	for _, name := range names {
		var i int
		if _, err := fmt.Sscanf(filepath.Base(name), "net-%d.lock", &i); err != nil {
			continue
		}
		if err := sweepOne(i); err != nil {
			return err
		}
	}
	return nil
}

func sweepOne(i int) error {
	f, err := os.OpenFile(lockName(i), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if flock(f, unix.LOCK_EX|unix.LOCK_NB) != nil {
		return nil // in use
	}
	n := &network{number: i, lock: f}
	return errors.Join(n.clear(), f.Truncate(0))
}

func newMachineID() string {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand never fails on Linux
	}
	return hex.EncodeToString(b)
}

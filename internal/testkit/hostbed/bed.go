package hostbed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// throwAwayPrefix marks directories that may be removed when their owner died.
const throwAwayPrefix = "patch-manager-bed-"

// roomNeeded is how much a tmpfs must have free to carry the hosts' changes.
const roomNeeded = 2 << 30

// Bed is a network of throw-away hosts.
type Bed struct {
	bases bases
	net   *network
	dir   string

	mu    sync.Mutex
	names map[string]int
}

var shared struct {
	sync.Mutex
	bed   *Bed
	users int
}

// Open returns the bed of this test process and builds what it needs when it is
// missing (some 40 s, once per machine). It fails, and says why, where hosts
// cannot be made.
func Open(tb testing.TB) *Bed {
	tb.Helper()
	b, err := acquire()
	if err != nil {
		tb.Fatalf("throw-away hosts: %v", err)
	}
	tb.Cleanup(func() {
		if err := giveUp(); err != nil {
			tb.Errorf("clear throw-away hosts: %v", err)
		}
	})
	return b
}

func acquire() (*Bed, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.bed == nil {
		b, err := newBed(cacheDir())
		if err != nil {
			return nil, err
		}
		shared.bed = b
	}
	shared.users++
	return shared.bed, nil
}

func giveUp() error {
	shared.Lock()
	defer shared.Unlock()
	shared.users--
	if shared.users > 0 {
		return nil
	}
	b := shared.bed
	shared.bed = nil
	return b.close()
}

func newBed(cache string) (*Bed, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("they need root: run the tests as root (sudo script/test)")
	}
	if err := sweep(); err != nil {
		return nil, err
	}
	all, err := openBases(cache)
	if err != nil {
		return nil, err
	}
	net, err := claimNetwork(firstNet, firstKept-1)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(roomyDir(cache), fmt.Sprintf("%s%d", throwAwayPrefix, net.number))
	if err := errors.Join(net.remember(dir), os.MkdirAll(dir, 0o755)); err != nil {
		return nil, errors.Join(err, net.release())
	}
	return &Bed{bases: all, net: net, dir: dir, names: map[string]int{}}, nil
}

// roomyDir is a tmpfs with room, which makes dpkg about twice as fast, or the cache.
func roomyDir(cache string) string {
	var s unix.Statfs_t
	const shm = "/dev/shm"
	if err := unix.Statfs(shm, &s); err == nil && s.Type == unix.TMPFS_MAGIC && int64(s.Bavail)*s.Bsize > roomNeeded {
		return shm
	}
	return cache
}

func (b *Bed) close() error { return errors.Join(b.net.release(), os.RemoveAll(b.dir)) }

// Addr is the address under which this machine is reached from the hosts.
func (b *Bed) Addr() string { return b.net.addr(1) }

// Option changes how a host is made.
type Option func(*Host)

// Named gives the host its name; without it names are debian-1, demo-1 …
func Named(name string) Option { return func(h *Host) { h.Name = name } }

// SmallDir puts a file system of sizeKB under a directory of the host, with the
// directory's content in it: for full disks. It lasts across reboots.
func SmallDir(path string, sizeKB int) Option {
	return func(h *Host) { h.tmpfs = append(h.tmpfs, smallFS{path, sizeKB}) }
}

// Fake makes a file below /proc of the host say something else.
func Fake(path, content string) Option {
	return func(h *Host) { h.fakes = append(h.fakes, fakeFile{path, content}) }
}

// KernelRelease makes /proc/sys/kernel/osrelease say this version; uname(2)
// still tells the machine's own.
func KernelRelease(v string) Option { return Fake("/proc/sys/kernel/osrelease", v+"\n") }

// Debian makes a host with real Debian updates pending.
func (b *Bed) Debian(tb testing.TB, opts ...Option) *Host {
	tb.Helper()
	return b.Host(tb, KindDebian, opts...)
}

// Demo makes a host with the packages of the demo archive at version 1.0 and no
// other sources.
func (b *Bed) Demo(tb testing.TB, opts ...Option) *Host {
	tb.Helper()
	return b.Host(tb, KindDemo, opts...)
}

// Mixed makes a host with real updates pending and one that fails.
func (b *Bed) Mixed(tb testing.TB, opts ...Option) *Host {
	tb.Helper()
	return b.Host(tb, KindMixed, opts...)
}

// Host makes a host that is thrown away when the test ends.
func (b *Bed) Host(tb testing.TB, k Kind, opts ...Option) *Host {
	tb.Helper()
	h, err := b.newHost(k, opts)
	if err != nil {
		tb.Fatalf("make a %s host: %v", k, err)
	}
	tb.Cleanup(func() {
		if err := b.discard(h); err != nil {
			tb.Errorf("throw host %s away: %v", h.Name, err)
		}
	})
	return h
}

func (b *Bed) newHost(k Kind, opts []Option) (*Host, error) {
	lower, err := b.bases.layer(k)
	if err != nil {
		return nil, err
	}
	addr, err := b.net.reserve()
	if err != nil {
		return nil, err
	}
	h := &Host{IP: addr, bases: b.bases, net: b.net, lower: lower}
	for _, o := range opts {
		o(h)
	}
	b.place(h, k)
	if err := h.boot(); err != nil {
		return nil, errors.Join(err, b.discard(h))
	}
	return h, nil
}

// place names the host and gives it a directory nobody else has.
func (b *Bed) place(h *Host, k Kind) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.names[string(k)]++
	serial := b.names[string(k)]
	if h.Name == "" {
		h.Name = fmt.Sprintf("%s-%d", k, serial)
	}
	h.dir = filepath.Join(b.dir, fmt.Sprintf("%s-%d", k, serial))
	h.upper = filepath.Join(h.dir, "upper")
}

func (b *Bed) discard(h *Host) error {
	err := errors.Join(b.net.unplug(h.link()), h.stop(), os.RemoveAll(h.dir))
	b.net.giveBack(h.IP)
	return err
}

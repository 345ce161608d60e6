package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"
)

func mount(source, target, kind string, flags uintptr, data string) error {
	if err := syscall.Mount(source, target, kind, flags, data); err != nil {
		return fmt.Errorf("mount %s on %s: %w", kind, target, err)
	}
	return nil
}

// mountRoot puts the host's root together. It lives in the supervisor's own
// mount namespace: when the supervisor is gone, so are the mounts.
func mountRoot(c config) error {
	if err := mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	for _, d := range []string{c.root(), c.Upper, c.Work} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	// Nothing here must survive a power cut: without syncing, dpkg is several
	// times faster on a disk. The kernel marks the directory so that a crash is
	// noticed; a throw-away host does not mind.
	if err := os.RemoveAll(filepath.Join(c.Work, "work/incompat")); err != nil {
		return err
	}
	opts := fmt.Sprintf("volatile,lowerdir=%s,upperdir=%s,workdir=%s", strings.Join(c.Lower, ":"), c.Upper, c.Work)
	if err := mount("overlay", c.root(), "overlay", 0, opts); err != nil {
		return err
	}
	for _, t := range c.Tmpfs {
		if err := mountSmall(c, t); err != nil {
			return err
		}
	}
	return nil
}

// mountSmall fills the new file system beside the root and moves it into place.
func mountSmall(c config, t tmpfs) error {
	target, fresh := filepath.Join(c.root(), t.Path), c.path("fresh")
	for _, d := range []string{target, fresh} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	if err := mount("tmpfs", fresh, "tmpfs", 0, fmt.Sprintf("mode=755,size=%dk", t.SizeKB)); err != nil {
		return err
	}
	if out, err := exec.Command("cp", "-a", target+"/.", fresh).CombinedOutput(); err != nil {
		return fmt.Errorf("copy %s into %d KiB: %w: %s", t.Path, t.SizeKB, err, out)
	}
	return mount(fresh, target, "", syscall.MS_MOVE, "")
}

// mountInside gives the host of this boot its own /proc, /sys, /dev and /run.
func mountInside(c config) error {
	r := c.root()
	if err := mount("proc", r+"/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, ""); err != nil {
		return err
	}
	if err := mount("sysfs", r+"/sys", "sysfs", syscall.MS_RDONLY|syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, ""); err != nil {
		return err
	}
	if err := mount("tmpfs", r+"/run", "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "mode=755,size=64m"); err != nil {
		return err
	}
	if err := os.MkdirAll(r+"/run/lock", 0o1777); err != nil {
		return err
	}
	if err := mountDev(r + "/dev"); err != nil {
		return err
	}
	return mountFakes(c)
}

func mountDev(dev string) error {
	if err := mount("tmpfs", dev, "tmpfs", syscall.MS_NOSUID, "mode=755,size=4m"); err != nil {
		return err
	}
	for _, n := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		if err := bindFile("/dev/"+n, filepath.Join(dev, n)); err != nil {
			return err
		}
	}
	for _, d := range []string{"pts", "shm"} {
		if err := os.Mkdir(filepath.Join(dev, d), 0o755); err != nil {
			return err
		}
	}
	if err := mount("devpts", dev+"/pts", "devpts", syscall.MS_NOSUID|syscall.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620"); err != nil {
		return err
	}
	if err := mount("tmpfs", dev+"/shm", "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "mode=1777,size=64m"); err != nil {
		return err
	}
	links := map[string]string{"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(dev, name)); err != nil {
			return err
		}
	}
	return nil
}

func bindFile(source, target string) error {
	f, err := os.OpenFile(target, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	f.Close()
	return mount(source, target, "", syscall.MS_BIND, "")
}

// mountFakes makes files of /proc say what the test wants: the boot id of this
// boot always, others by option.
func mountFakes(c config) error {
	boot := filepath.Join(c.root(), "proc/sys/kernel/random/boot_id")
	if err := mount(c.path("boot_id"), boot, "", syscall.MS_BIND, ""); err != nil {
		return err
	}
	for i, f := range c.Fakes {
		src := c.path(fmt.Sprintf("fake-%d", i))
		if err := os.WriteFile(src, []byte(f.Content), 0o644); err != nil {
			return err
		}
		if err := mount(src, filepath.Join(c.root(), f.Path), "", syscall.MS_BIND, ""); err != nil {
			return err
		}
	}
	return nil
}

// writeBootID makes a new file each boot: the old one is still mounted until
// the last process of the old boot is gone.
func writeBootID(c config) error {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	id := fmt.Sprintf("%x-%x-%x-%x-%x\n", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	name := c.path("boot_id")
	if err := os.WriteFile(name+".new", []byte(id), 0o444); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// loopbackUp brings up lo of the fresh network namespace.
func loopbackUp() error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	var req struct {
		name  [16]byte
		flags uint16
		_     [22]byte
	}
	copy(req.name[:], "lo")
	req.flags = syscall.IFF_UP | syscall.IFF_RUNNING
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&req)))
	if errno != 0 {
		return fmt.Errorf("bring up lo: %w", errno)
	}
	return nil
}

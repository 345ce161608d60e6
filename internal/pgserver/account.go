package pgserver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is who the server runs as.
type account struct {
	me   string              // the account of this process, as the kernel's peer check will name it
	name string              // the account of the server; equal to me unless dropped
	cred *syscall.Credential // nil: no change of account
}

// pickAccount drops from root, whom PostgreSQL refuses, to the account that an
// existing cluster belongs to, or else to runAs.
func pickAccount(runAs, data string) (account, error) {
	uid := os.Geteuid()
	me, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return account{}, fmt.Errorf("the database needs an account with a name for user id %d: %w", uid, err)
	}
	if uid != 0 {
		return account{me: me.Username, name: me.Username}, nil
	}
	u, err := ownerOf(data)
	if u == nil && err == nil {
		u, err = user.Lookup(runAs)
	}
	if err != nil {
		return account{}, fmt.Errorf("running as root needs an account to run the database as: %w", err)
	}
	cred, err := credential(u)
	if err != nil {
		return account{}, err
	}
	return account{me: me.Username, name: u.Username, cred: cred}, nil
}

// ownerOf is nil when there is no cluster yet, or an empty directory of root's.
func ownerOf(data string) (*user.User, error) {
	st, err := os.Stat(data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	uid := st.Sys().(*syscall.Stat_t).Uid
	if uid == 0 {
		return nil, nil
	}
	return user.LookupId(strconv.FormatUint(uint64(uid), 10))
}

// credential has no supplementary groups: they are dropped.
func credential(u *user.User) (*syscall.Credential, error) {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read user id of %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read group id of %s: %w", u.Username, err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// ownDir makes a directory that only the server's account may enter.
func (a account) ownDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return a.own(dir)
}

func (a account) own(path string) error {
	if a.cred == nil {
		return nil
	}
	return os.Lchown(path, int(a.cred.Uid), int(a.cred.Gid))
}

// mayReach says which parent of dir keeps the account out, in words that tell
// what to do: PostgreSQL's own message would be about a path that exists.
func (a account) mayReach(dir string) error {
	if a.cred == nil {
		return nil
	}
	for p := filepath.Dir(dir); p != "/"; p = filepath.Dir(p) {
		st, err := os.Stat(p)
		if err != nil {
			continue // a parent that is still to be made will be open
		}
		owner := st.Sys().(*syscall.Stat_t)
		open := st.Mode()&0o001 != 0 || owner.Uid == a.cred.Uid && st.Mode()&0o100 != 0 ||
			owner.Gid == a.cred.Gid && st.Mode()&0o010 != 0
		if !open {
			return fmt.Errorf("%s is closed to the account %s that the database runs as; put the data directory elsewhere, or open it with: chmod o+x %s", p, a.name, p)
		}
	}
	return nil
}

// makeDir makes the server's directory. It and its parents stay passable for
// the other account; what is secret is closed one level down.
func (s *Server) makeDir() error {
	if err := s.acct.mayReach(s.cfg.Dir); err != nil {
		return err
	}
	if err := os.MkdirAll(s.cfg.Dir, 0o755); err != nil {
		return fmt.Errorf("make database directory: %w", err)
	}
	real, err := filepath.EvalSymlinks(s.cfg.Dir)
	if err != nil {
		return fmt.Errorf("find database directory: %w", err)
	}
	s.cfg.Dir, s.data, s.run = real, filepath.Join(real, "data"), filepath.Join(real, "run")
	return nil
}

// takeLock makes this process the only one that works on dir. The kernel gives
// the lock back when the process ends, however it ends.
func takeLock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock database directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s is in use by another running manager: %w", dir, err)
	}
	return f, nil
}

package audit

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Names of the files in the data directory.
const (
	keyFile    = "audit.key" // the signer, mode 0600
	publicFile = "audit.pub" // the verifiers, one a line, the current one first
)

// keyNamePrefix opens the name of a key; a random part follows, so that the
// checkpoints of two installations are never taken for each other.
const keyNamePrefix = "patch-manager-audit-"

// Key signs checkpoints. It lives in a file outside of the database: whoever
// owns only the database cannot sign.
type Key struct {
	signer   note.Signer
	verifier string
	known    note.Verifiers
}

// OpenKey reads the key of a data directory, or makes one at the first start.
// Two processes that start together end with the same key.
func OpenKey(dir string) (*Key, error) {
	path, pub := filepath.Join(dir, keyFile), filepath.Join(dir, publicFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(pub); err == nil {
			return nil, fmt.Errorf("%s is missing although %s exists; put it back from the backup, or, if it is lost for good, "+
				"run: patch-manager audit key --new", path, pub)
		}
		if err := makeKey(path); err != nil {
			return nil, fmt.Errorf("make audit key: %w", err)
		}
	}
	k, err := readKey(path)
	if err != nil {
		return nil, err
	}
	return k, k.know(pub)
}

// NewKey makes a new key, in place of one that is lost or may be known to
// others. The old one stays beside it, and what it has signed stays good. Every
// process takes the new one with its next start.
func NewKey(dir string) (*Key, error) {
	path := filepath.Join(dir, keyFile)
	if err := os.Rename(path, path+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("put old audit key aside: %w", err)
	}
	if err := makeKey(path); err != nil {
		return nil, fmt.Errorf("make audit key: %w", err)
	}
	return OpenKey(dir)
}

// makeKey never replaces a file: a link to an existing name fails. The key is on
// the disk before its name is.
func makeKey(path string) error {
	id := make([]byte, 4)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	secret, verifier, err := note.GenerateKey(rand.Reader, keyNamePrefix+hex.EncodeToString(id))
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".audit-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(secret + "\n" + verifier + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func readKey(path string) (*Key, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read audit key: %w", err)
	}
	if st.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the audit key %s may be read by others (%04o); run: chmod 600 %s", path, st.Mode().Perm(), path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read audit key: %w", err)
	}
	k, err := parseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("the audit key %s is damaged; put it back from the backup: %w", path, err)
	}
	return k, nil
}

func parseKey(text string) (*Key, error) {
	secret, verifier, _ := strings.Cut(strings.TrimSpace(text), "\n")
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(verifier)
	if err != nil {
		return nil, err
	}
	if v.Name() != signer.Name() || v.KeyHash() != signer.KeyHash() {
		return nil, errors.New("its two lines do not belong together")
	}
	return &Key{signer: signer, verifier: verifier, known: note.VerifierList(v)}, nil
}

// know takes the keys of earlier days as well, and leaves them all where every
// account can read them, the current one first.
func (k *Key) know(path string) error {
	have, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read public audit keys: %w", err)
	}
	lines := strings.Fields(string(have))
	if i := slices.Index(lines, k.verifier); i != 0 {
		lines = append([]string{k.verifier}, slices.DeleteFunc(lines, func(l string) bool { return l == k.verifier })...)
		if err := replaceFile(path, strings.Join(lines, "\n")+"\n"); err != nil {
			return fmt.Errorf("write public audit keys: %w", err)
		}
	}
	if k.known, err = ParseVerifierKeys(strings.Join(lines, "\n")); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// replaceFile changes a public file as a whole.
func replaceFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".audit-pub-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Name is the name that the key signs with.
func (k *Key) Name() string { return k.signer.Name() }

// VerifierKey is the public key, for whoever verifies: name+hash+base64.
func (k *Key) VerifierKey() string { return k.verifier }

// ReadVerifierKey returns the public keys of a data directory, one a line, the
// current one first, without opening the secret one: for the command line.
func ReadVerifierKey(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, publicFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no audit key in %s yet; start `patch-manager serve` first, or name the right data directory with --data or --config", dir)
	}
	if err != nil {
		return "", fmt.Errorf("read public audit key: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// ParseVerifierKeys reads public keys, one a line: what `patch-manager audit
// key` prints.
func ParseVerifierKeys(text string) (note.Verifiers, error) {
	var list []note.Verifier
	for _, line := range strings.Fields(text) {
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("%q is not a public audit key; it looks like what `patch-manager audit key` prints: %w", line, err)
		}
		list = append(list, v)
	}
	if len(list) == 0 {
		return nil, errors.New("there is no public audit key; give what `patch-manager audit key` prints")
	}
	return note.VerifierList(list...), nil
}

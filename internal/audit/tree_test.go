package audit

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func storedCount(n int64) int64 { return tlog.StoredHashCount(n) }

// The tree that is built row by row is the library's, hash by hash.
func TestFrontierIsTheTreeOfTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stored []tlog.Hash
		reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			out := make([]tlog.Hash, len(indexes))
			for i, n := range indexes {
				out[i] = stored[n]
			}
			return out, nil
		})
		var f frontier
		for n := range int64(rapid.IntRange(1, 300).Draw(t, "rows")) {
			own := hash{byte(n), byte(n >> 8)}
			want, err := tlog.StoredHashes(n, own[:], reader)
			require.NoError(t, err)
			require.Equal(t, want, f.push(leafOf(own)))
			stored = append(stored, want...)
			root, err := tlog.TreeHash(n+1, reader)
			require.NoError(t, err)
			require.Equal(t, root, f.root())
			nodes, err := reader.ReadHashes(frontierIndexes(n + 1))
			require.NoError(t, err)
			require.Equal(t, nodes, f.Nodes)
		}
	})
}

// What retention leaves of the tree is enough for every proof of later rows and
// sizes.
func TestFrontierIsAllThatLaterProofsNeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := int64(rapid.IntRange(2, 200).Draw(t, "rows"))
		pruned := int64(rapid.IntRange(1, int(size)-1).Draw(t, "pruned"))
		kept := map[int64]bool{}
		for _, i := range frontierIndexes(pruned) {
			kept[i] = true
		}
		reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			for _, i := range indexes {
				if i < tlog.StoredHashCount(pruned) {
					require.True(t, kept[i], "hash %d of %d rows, %d pruned", i, size, pruned)
				}
			}
			return make([]tlog.Hash, len(indexes)), nil
		})
		row := int64(rapid.IntRange(int(pruned), int(size)-1).Draw(t, "row"))
		_, err := tlog.ProveRecord(size, row, reader)
		require.NoError(t, err)
		_, err = tlog.ProveTree(size, row+1, reader)
		require.NoError(t, err)
	})
}

func TestKeyIsMadeOnceAndStaysSecret(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	keys := make([]*Key, 8)
	for i := range keys {
		wg.Go(func() {
			k, err := OpenKey(dir)
			if err == nil {
				keys[i] = k
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		require.NotNil(t, k)
		require.Equal(t, keys[0].VerifierKey(), k.VerifierKey())
	}
	st, err := os.Stat(filepath.Join(dir, keyFile))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), st.Mode().Perm())
	printed, err := ReadVerifierKey(dir)
	require.NoError(t, err)
	require.Equal(t, keys[0].VerifierKey(), printed)

	require.NoError(t, os.Chmod(filepath.Join(dir, keyFile), 0o644)) //nolint:gosec // the mistake
	_, err = OpenKey(dir)
	require.ErrorContains(t, err, "chmod 600")
}

// A new key in place of a lost one would make every old checkpoint a forgery:
// that is no accident to pass over.
func TestALostKeyIsNotReplacedSilently(t *testing.T) {
	dir := t.TempDir()
	_, err := OpenKey(dir)
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, keyFile)))
	_, err = OpenKey(dir)
	require.ErrorContains(t, err, "put it back from the backup")
}

// With a new key the trail goes on, and what the old one signed stays good.
func TestANewKeyGoesOn(t *testing.T) {
	r := newRig(t)
	r.fill(4, 2)
	file := r.export(FormatJSONL, Filter{})
	require.NoError(t, os.Remove(filepath.Join(r.dir, keyFile)))
	renewed, err := NewKey(r.dir)
	require.NoError(t, err)
	require.NotEqual(t, r.key.Name(), renewed.Name())
	again := rigOn(t, r.db, r.dir)
	again.fill(2, 2)
	again.intact()
	keys, err := ReadVerifierKey(r.dir)
	require.NoError(t, err)
	require.Equal(t, renewed.VerifierKey()+"\n"+r.key.VerifierKey(), keys)
	known, err := ParseVerifierKeys(keys)
	require.NoError(t, err)
	rep, err := VerifyExport(bytes.NewReader(file), known)
	require.NoError(t, err)
	require.Nil(t, rep.Break)
}

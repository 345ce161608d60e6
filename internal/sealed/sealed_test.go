package sealed_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"patchmanager/internal/sealed"
)

func key(b byte) []byte { return bytes.Repeat([]byte{b}, sealed.KeyLen) }

func box(t require.TestingT, b byte) *sealed.Box {
	x, err := sealed.New(key(b))
	require.NoError(t, err)
	return x
}

func TestWhatIsSealedOpensForItsPurposeOnly(t *testing.T) {
	b := box(t, 1)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		purpose := rapid.String().Draw(t, "purpose")
		c, err := b.Seal(purpose, plain)
		require.NoError(t, err)
		got, err := b.Open(purpose, c)
		require.NoError(t, err)
		require.True(t, bytes.Equal(plain, got))
		_, err = b.Open(purpose+"x", c)
		require.Error(t, err)
		i := rapid.IntRange(0, len(c)-1).Draw(t, "flipped")
		c[i] ^= 1
		_, err = b.Open(purpose, c)
		require.Error(t, err)
	})
}

func TestTheSameTextNeverLooksTheSame(t *testing.T) {
	b := box(t, 1)
	one, err := b.Seal("p", []byte("x"))
	require.NoError(t, err)
	two, err := b.Seal("p", []byte("x"))
	require.NoError(t, err)
	require.NotEqual(t, one, two)
}

func TestAnotherKeyIsNamedAsTheCause(t *testing.T) {
	c, err := box(t, 1).Seal("p", []byte("x"))
	require.NoError(t, err)
	_, err = box(t, 2).Open("p", c)
	require.ErrorIs(t, err, sealed.ErrOtherKey)
	_, err = box(t, 1).Open("p", c[:10])
	require.ErrorContains(t, err, "not a sealed value")
}

func TestTheKeyFileIsMadeOnceAndClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	boxes := make([]*sealed.Box, 8)
	var wg sync.WaitGroup
	for i := range boxes {
		wg.Go(func() {
			b, err := sealed.Load(path)
			if err == nil {
				boxes[i] = b
			}
		})
	}
	wg.Wait()
	for _, b := range boxes {
		require.Equal(t, boxes[0], b, "processes that start together agree")
	}
	st, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), st.Mode())
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestABadKeyFileIsNeverReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	require.NoError(t, os.WriteFile(path, []byte("c2hvcnQ=\n"), 0o600))
	_, err := sealed.Load(path)
	require.ErrorContains(t, err, "put it back from the backup")
	require.NoError(t, os.Chmod(path, 0o640))
	_, err = sealed.Load(path)
	require.ErrorContains(t, err, "chmod 600")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "c2hvcnQ=\n", string(text))
}

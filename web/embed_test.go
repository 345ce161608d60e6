package web

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestBuiltAsksForTheIndexPage(t *testing.T) {
	require.False(t, built(fstest.MapFS{".gitkeep": {}}))
	require.False(t, built(fstest.MapFS{"index.html/x": {}}))
	require.True(t, built(fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}}))
}

// The policy allows no inline script and styles by nonce only, so a page without
// the placeholder would stay unstyled.
func TestTheBuiltPageKeepsTheContentSecurityPolicy(t *testing.T) {
	if !Built() {
		t.Log(NotBuilt)
		return
	}
	page, err := fs.ReadFile(FS(), Index)
	require.NoError(t, err)
	require.Contains(t, string(page), NoncePlaceholder)
	for _, script := range strings.Split(string(page), "<script")[1:] {
		require.Contains(t, strings.SplitN(script, ">", 2)[0], "src=", "inline script")
	}
	require.NotContains(t, string(page), "http://")
	require.NotContains(t, string(page), "https://")
}

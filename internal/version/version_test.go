package version

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDescribe(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26"}
	require.Equal(t, Number()+" (commit unknown, go1.26)", describe(info))
	info.Settings = []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}, {Key: "vcs.modified", Value: "true"}}
	require.Equal(t, Number()+" (commit 0123456789ab, with uncommitted changes, go1.26)", describe(info))
}

package hosts_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/hosts"
	"patchmanager/internal/ids"
)

func TestLabelsAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]hosts.Label{
		"env=production":           {Key: "env", Value: "production"},
		" rack = r 12 ":            {Key: "rack", Value: "r 12"},
		"critical":                 {Key: "critical"},
		"app.kubernetes.io/name=x": {Key: "app.kubernetes.io/name", Value: "x"},
		"equation=a=b":             {Key: "equation", Value: "a=b"},
	} {
		l, err := hosts.ParseLabel(text)
		require.NoError(t, err, text)
		require.Equal(t, want, l)
	}
	for _, text := range []string{"", "=x", "Env=x", "-a=x", "a-=x", "ä=x", strings.Repeat("a", 64), "a=" + strings.Repeat("x", 129), "a=x,y", "a=\x00", "a=\xff"} {
		_, err := hosts.ParseLabel(text)
		require.Error(t, err, "%q", text)
	}
}

func (b *bed) label(host ids.ID, labels ...hosts.Label) error {
	return b.db.InTx(b.t.Context(), func(tx db.Tx) error { return hosts.MergeLabels(b.t.Context(), tx, host, labels) })
}

func TestMergingLabelsKeepsTheOthers(t *testing.T) {
	b := newBed(t)
	id := b.fleet()["alpha"]
	require.NoError(t, b.label(id, hosts.Label{Key: "env", Value: "test"}, hosts.Label{Key: "rack", Value: "1"}))
	require.NoError(t, b.label(id, hosts.Label{Key: "env", Value: "production"}))
	h, err := b.svc.Get(t.Context(), everything, id)
	require.NoError(t, err)
	require.Equal(t, []hosts.Label{{Key: "env", Value: "production"}, {Key: "rack", Value: "1"}}, h.Labels)

	var many []hosts.Label
	for i := range 31 {
		many = append(many, hosts.Label{Key: fmt.Sprintf("k%d", i)})
	}
	err = b.label(id, many...)
	e, ok := apierr.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "labels", e.Details[0].Field)
	h, err = b.svc.Get(t.Context(), everything, id)
	require.NoError(t, err)
	require.Len(t, h.Labels, 2, "all or nothing")
}

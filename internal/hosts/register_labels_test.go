package hosts_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"patchmanager/internal/hosts"
)

func TestARegisteredHostHasItsLabelsAndNoteAtOnce(t *testing.T) {
	b := newBed(t)
	made, err := b.register(admin(), hosts.RegisterInput{Name: "192.0.2.1", Labels: []hosts.Label{{Key: "env", Value: "prod"}}, Note: " ask first "})
	require.NoError(t, err)
	h := made.Host
	require.Equal(t, []hosts.Label{{Key: "env", Value: "prod"}}, h.Labels)
	require.Equal(t, []any{"ask first", "admin", start}, []any{h.Note, h.NoteBy, *h.NoteAt})
	_, err = b.register(admin(), hosts.RegisterInput{Name: "192.0.2.2", Labels: []hosts.Label{{Key: "Env"}}, Note: strings.Repeat("x", 2001)})
	require.Len(t, refusal(t, err).Details, 2)

	r := b.importCSV(admin(), false, "address,labels,note", `192.0.2.3,env=prod| city = Bonn|rack,"first line`, `second"`, "192.0.2.4,,")
	require.True(t, r.Imported)
	h = b.get(*r.Rows[0].HostID)
	require.Equal(t, []hosts.Label{{Key: "city", Value: "Bonn"}, {Key: "env", Value: "prod"}, {Key: "rack"}}, h.Labels)
	require.Equal(t, "first line\nsecond", h.Note)
	require.Empty(t, b.get(*r.Rows[1].HostID).NoteBy)
	r = b.importCSV(admin(), false, "address,labels,note", "192.0.2.5,Env=prod|a=1|a=2,"+strings.Repeat("x", 2001))
	require.Equal(t, []string{"error note labels labels"}, outcomes(r))
}

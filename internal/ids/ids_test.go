package ids_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"patchmanager/internal/ids"
)

func TestTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var id ids.ID
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
		back, err := ids.Parse(id.String())
		require.NoError(t, err)
		require.Equal(t, id, back)
	})
}

func TestIDsSortByTime(t *testing.T) {
	early, err := ids.NewAt(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	late, err := ids.NewAt(time.Date(2026, 1, 1, 0, 0, 0, int(time.Millisecond), time.UTC))
	require.NoError(t, err)
	require.Less(t, early.String(), late.String())
}

func TestJSONShowsText(t *testing.T) {
	id := ids.New()
	b, err := json.Marshal(map[string]ids.ID{"id": id})
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"`+id.String()+`"}`, string(b))
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVX", "01ARZ3NDEKTSV4RRFFQ69G5FA!", "81ARZ3NDEKTSV4RRFFQ69G5FAV"} {
		_, err := ids.Parse(s)
		require.Error(t, err, s)
	}
}

func TestNullIsNotAnID(t *testing.T) {
	var id ids.ID
	require.Error(t, id.ScanUUID(pgtype.UUID{}))
}

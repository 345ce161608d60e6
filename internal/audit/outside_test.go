package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// exportedSizes are the checkpoints in a file, in its order.
func exportedSizes(t *testing.T, path string) []int64 {
	t.Helper()
	var out []int64
	for _, l := range lines(t, path) {
		var e exported
		require.NoError(t, json.Unmarshal(l, &e), string(l))
		out = append(out, e.Size)
	}
	return out
}

func TestExportAppendsEachCheckpointOnce(t *testing.T) {
	r := newRig(t)
	path := r.outsideFile()
	r.exportNow() // nothing yet
	r.fill(6, 2)
	r.exportNow()
	r.exportNow()
	r.fill(4, 2)
	r.exportNow()
	require.Equal(t, []int64{2, 4, 6, 8, 10}, exportedSizes(t, path))
	st, err := os.Stat(path)
	require.NoError(t, err)
	require.Zero(t, st.Mode().Perm()&0o007)
	r.intact()
}

// Killed after the file was written and before that was noted; killed in the
// middle of a line; the file moved away: nothing is lost, nothing doubled.
func TestExportSurvivesBeingKilled(t *testing.T) {
	r := newRig(t)
	path := r.outsideFile()
	r.fill(4, 2)
	errKilled := errors.New("killed")
	r.crash = func(where string) error {
		require.Equal(t, "after export", where)
		return errKilled
	}
	_, err := r.exportOnce(t.Context())
	require.ErrorIs(t, err, errKilled)
	again := rigOn(t, r.db, r.dir)
	again.outsideFile()
	again.fill(2, 2)
	again.exportNow()
	require.Equal(t, []int64{2, 4, 6}, exportedSizes(t, path))

	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for _, cut := range []int{last + 1, last + 100, len(whole) - 1, 10, 0} {
		require.NoError(t, os.WriteFile(path, whole[:cut], 0o640)) //nolint:gosec // as it was
		exec(t.Context(), t, r.db, `update audit_export set size = $1`, map[bool]int{true: 4, false: 0}[cut > last])
		again.exportNow()
		have, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(whole), string(have), "cut at %d", cut)
	}

	require.NoError(t, os.Rename(path, path+".1"))
	again.fill(2, 2)
	again.exportNow()
	require.Equal(t, []int64{8}, exportedSizes(t, path))
	again.intact()
}

func TestExportIsRetriedUntilThereIsRoom(t *testing.T) {
	r := newRig(t)
	r.set.Export, r.set.ExportPath = ExportFile, filepath.Join(r.dir, "no", "such", "file")
	r.fill(4, 2)
	_, err := r.exportOnce(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.MkdirAll(filepath.Dir(r.set.ExportPath), 0o700))
	r.exportNow()
	require.Equal(t, []int64{2, 4}, exportedSizes(t, r.set.ExportPath))
}

func TestExportLeavesAForeignFileAlone(t *testing.T) {
	r := newRig(t)
	path := r.outsideFile()
	r.fill(2, 2)
	for _, text := range []string{"somebody's log\n", "half a line"} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := r.exportOnce(t.Context())
		require.Error(t, err)
		have, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, text, string(have))
	}
}

// After a backup was restored the file is ahead: new checkpoints are appended
// all the same, and the verification says what it saw.
func TestExportGoesOnAfterARestore(t *testing.T) {
	r := newRig(t)
	path := r.outsideFile()
	r.fill(8, 2)
	r.exportNow()
	r.tamper(`delete from audit_entry where id > 3`, `delete from audit_checkpoint where size > 2`,
		`delete from audit_hash where idx >= 3`, `update audit_export set size = 2`)
	r.fill(2, 2)
	r.exportNow()
	require.Equal(t, []int64{2, 4, 6, 8, 5}, exportedSizes(t, path))
	require.NotNil(t, r.verify().Break)
}

func TestExportToSyslog(t *testing.T) {
	for _, network := range []string{"unixgram", "udp"} {
		t.Run(network, func(t *testing.T) {
			r := newRig(t)
			address := filepath.Join(r.dir, "log")
			if network == "udp" {
				address = "127.0.0.1:0"
			}
			server, err := net.ListenPacket(network, address)
			require.NoError(t, err)
			defer server.Close()
			r.set.Export, r.set.SyslogAddress = ExportSyslog, server.LocalAddr().String()
			r.fill(4, 2)
			r.exportNow()
			r.exportNow()
			for _, size := range []int64{2, 4} {
				b := make([]byte, 4096)
				require.NoError(t, server.SetReadDeadline(time.Now().Add(20*time.Second)))
				n, _, err := server.ReadFrom(b)
				require.NoError(t, err)
				head, text, found := strings.Cut(string(b[:n]), " audit-checkpoint - ")
				require.True(t, found)
				require.Regexp(t, `^<109>1 - \S+ patch-manager \d+$`, head)
				var e exported
				require.NoError(t, json.Unmarshal([]byte(text), &e))
				require.Equal(t, size, e.Size)
				_, err = openCheckpoint(e.Note, r.key.known)
				require.NoError(t, err)
			}
			require.NoError(t, server.SetReadDeadline(time.Unix(1, 0)))
			_, _, err = server.ReadFrom(make([]byte, 1))
			require.ErrorIs(t, err, os.ErrDeadlineExceeded, "sent once")
		})
	}
}

// A stream has no messages of its own: the length goes before each.
func TestExportToSyslogOverTCP(t *testing.T) {
	r := newRig(t)
	server, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer server.Close()
	r.set.Export, r.set.SyslogAddress = ExportSyslog, "tcp://"+server.Addr().String()
	r.fill(4, 2)
	got := make(chan string, 1)
	go func() {
		conn, err := server.Accept()
		if err != nil {
			got <- err.Error()
			return
		}
		text, err := io.ReadAll(conn)
		got <- string(text) + errorText(err)
	}()
	r.exportNow()
	text := <-got
	for range 2 {
		length, rest, _ := strings.Cut(text, " ")
		n, err := strconv.Atoi(length)
		require.NoError(t, err, text)
		require.True(t, strings.HasPrefix(rest, "<109>1 "))
		text = rest[n:]
	}
	require.Empty(t, text)
}

func errorText(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"patchmanager/internal/db"
)

// syslogSink sends each checkpoint as one RFC 5424 message: over TCP, to a
// socket of this machine, or over UDP, which may lose what nobody then notices.
// A crash, or a connection that breaks, may send some twice.
type syslogSink struct{ address string }

func (s *syslogSink) name() string { return "syslog:" + s.address }

func (s *syslogSink) put(ctx context.Context, tx db.Tx, last int64) (upTo int64, more bool, err error) {
	lines, upTo, err := due(ctx, tx, last)
	if err != nil || len(lines) == 0 {
		return last, false, err
	}
	network, address := syslogTarget(s.address)
	conn, err := (&net.Dialer{Timeout: syslogTimeout}).DialContext(ctx, network, address)
	if err != nil {
		return 0, false, fmt.Errorf("reach syslog: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	host, err := os.Hostname()
	if err != nil {
		return 0, false, fmt.Errorf("read host name: %w", err)
	}
	for _, l := range lines {
		message := syslogMessage(host, l)
		if network == "tcp" { // RFC 6587, octet counting: a stream has no messages
			message = append(strconv.AppendInt(nil, int64(len(message)), 10), append([]byte{' '}, message...)...)
		}
		if _, err := conn.Write(message); err != nil {
			return 0, false, fmt.Errorf("write to syslog: %w", err)
		}
	}
	return upTo, len(lines) == exportBatch, nil
}

const syslogTimeout = 10 * time.Second

// syslogTarget reads "udp://host:port", "tcp://host:port" and the path of a
// socket; empty is the machine's own.
func syslogTarget(address string) (network, target string) {
	switch {
	case address == "":
		return "unixgram", "/dev/log"
	case strings.HasPrefix(address, "tcp://"):
		return "tcp", strings.TrimPrefix(address, "tcp://")
	case strings.HasPrefix(address, "/"):
		return "unixgram", address
	}
	return "udp", strings.TrimPrefix(address, "udp://")
}

// syslogPriority is facility 13 (log audit), severity 5 (notice).
const syslogPriority = 13*8 + 5

// syslogMessage has no time of its own ("-"): the checkpoint's is in the text.
func syslogMessage(host string, line []byte) []byte {
	head := fmt.Sprintf("<%d>1 - %s patch-manager %d audit-checkpoint - ", syslogPriority, host, os.Getpid())
	return append([]byte(head), bytes.TrimSpace(line)...)
}

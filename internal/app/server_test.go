package app

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// quick are limits that a test can wait for, and a busy machine can keep: the
// handshake falls under the shortest of them. A test asserts who ends a
// connection, never when.
var quick = limits{header: 3 * time.Second, read: 3 * time.Second, write: 3 * time.Second, writeByte: 3 * time.Second, idle: 3 * time.Second}

// listening serves h on a loopback address, as the product does.
func listening(t *testing.T, h http.Handler, l limits) (address string) {
	t.Helper()
	lend := httptest.NewTLSServer(nil) // its certificate
	lend.Close()
	s := newServer(h, l, func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &lend.TLS.Certificates[0], nil })
	on, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- s.ServeTLS(on, "", "") }()
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return on.Addr().String()
}

// dial connects with one protocol, "http/1.1" or "h2".
func dial(t *testing.T, address, protocol string) *tls.Conn {
	t.Helper()
	c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{protocol}})
	require.NoError(t, err)
	require.Equal(t, protocol, c.ConnectionState().NegotiatedProtocol)
	t.Cleanup(func() { _ = c.Close() }) // often closed by the server
	return c
}

func say(t *testing.T, w io.Writer, text string) {
	t.Helper()
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
}

// rest reads until the server ends the connection; if it never does, so does
// the test.
func rest(c net.Conn) string {
	text, _ := io.ReadAll(c) // how it ends does not matter, that it does matters
	return string(text)
}

func empty(http.ResponseWriter, *http.Request) {}

func TestWhoSaysNothingIsHungUpOn(t *testing.T) {
	t.Parallel()
	address := listening(t, http.HandlerFunc(empty), quick)
	silent, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer silent.Close()
	slow, idle, quiet := dial(t, address, "http/1.1"), dial(t, address, "http/1.1"), dial(t, address, "h2")
	say(t, slow, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
	say(t, idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	say(t, quiet, preface)
	require.Empty(t, rest(silent), "no handshake")
	rest(slow)
	require.True(t, strings.HasPrefix(rest(idle), "HTTP/1.1 200"), "answered, then closed for want of another request")
	rest(quiet)
}

func TestATrickledBodyDoesNotHoldAHandler(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"http/1.1", "h2"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			got, sent := make(chan error, 1), make(chan struct{})
			address := listening(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, err := io.ReadAll(r.Body)
				got <- err
			}), quick)
			body, w := io.Pipe()
			req, err := http.NewRequestWithContext(t.Context(), "POST", "https://"+address, body)
			require.NoError(t, err)
			go func() {
				defer close(sent)
				if res, err := client(protocol).Do(req); err == nil { // cut off, or told so
					_ = res.Body.Close()
				}
			}()
			say(t, w, "x") // and nothing more
			require.Error(t, <-got)
			require.NoError(t, w.Close())
			<-sent
		})
	}
}

// client speaks one protocol.
func client(protocol string) *http.Client {
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: protocol == "h2", DisableKeepAlives: true}
	return &http.Client{Transport: tr}
}

func TestASlowReaderDoesNotHoldAHandler(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"http/1.1", "h2"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			got := make(chan error, 1)
			address := listening(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				var err error
				for piece := make([]byte, 1<<16); err == nil; { // until nobody takes it any more
					_, err = w.Write(piece)
				}
				got <- err
			}), quick)
			res, err := client(protocol).Get("https://" + address)
			require.NoError(t, err)
			defer res.Body.Close()
			require.Error(t, <-got, "its body is not read")
		})
	}
}

func TestALongHeaderIsRefused(t *testing.T) {
	t.Parallel()
	address := listening(t, http.HandlerFunc(empty), usualLimits)
	for size, status := range map[int]int{maxHeader / 2: 200, 2 * maxHeader: 431} {
		c := dial(t, address, "http/1.1")
		go func() {
			_, _ = fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n", strings.Repeat("x", size))
		}()
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		require.NoError(t, err)
		require.Equal(t, status, res.StatusCode)
	}
}

func TestOnlyTLS13IsSpoken(t *testing.T) {
	t.Parallel()
	address := listening(t, http.HandlerFunc(empty), usualLimits)
	for version, ok := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS12: false, tls.VersionTLS13: true} {
		c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: version})
		require.Equal(t, ok, err == nil, "%x: %v", version, err)
		if ok {
			require.NoError(t, c.Close())
			continue
		}
		require.ErrorContains(t, err, "protocol version not supported")
	}
	plain, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer plain.Close()
	say(t, plain, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.True(t, strings.HasPrefix(rest(plain), "HTTP/1.0 400"), "no answer without TLS")
}

// preface opens an HTTP/2 connection: the magic words and an empty SETTINGS frame.
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"

func TestAnHTTP2ConnectionHasLimits(t *testing.T) {
	t.Parallel()
	c := dial(t, listening(t, http.HandlerFunc(empty), usualLimits), "h2")
	say(t, c, preface)
	head := make([]byte, 9)
	_, err := io.ReadFull(c, head)
	require.NoError(t, err)
	require.EqualValues(t, 4, head[3], "SETTINGS comes first")
	body := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err = io.ReadFull(c, body)
	require.NoError(t, err)
	said := map[uint16]uint32{}
	for ; len(body) >= 6; body = body[6:] {
		said[binary.BigEndian.Uint16(body)] = binary.BigEndian.Uint32(body[2:])
	}
	require.EqualValues(t, maxStreams, said[3], "MAX_CONCURRENT_STREAMS")
	require.LessOrEqual(t, said[6], uint32(maxHeader+4096), "MAX_HEADER_LIST_SIZE")
}

func TestTheServerAnswersNothingByItself(t *testing.T) {
	t.Parallel()
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	address := listening(t, refuse, usualLimits)
	for _, line := range []string{"OPTIONS * HTTP/1.1", "GET / HTTP/1.1", "GET * HTTP/1.1", "CONNECT x:1 HTTP/1.1", "TRACE / HTTP/1.1", "GET /../x HTTP/1.0"} {
		c := dial(t, address, "http/1.1")
		say(t, c, line+"\r\nHost: x\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusForbidden, res.StatusCode, line)
		require.Empty(t, res.Header.Get("Server"))
	}
}

// A connection of another site's page is refused before it is upgraded: a
// WebSocket is a GET, which nothing else would stop.
func TestAnotherSitesPageGetsNoLiveConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var ticket struct{ Ticket string }
	require.Equal(t, http.StatusCreated, w.send(w.as("admin"), "POST", "/api/v1/ws/ticket", nil, &ticket).StatusCode)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", w.url+"/api/v1/ws/jobs?ticket="+ticket.Ticket, nil)
	require.NoError(t, err)
	for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": "https://elsewhere.example.com"} {
		req.Header.Set(name, value)
	}
	res, err := w.client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusForbidden, res.StatusCode)
}

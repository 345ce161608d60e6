package link

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
)

// maxConnections bounds what strangers can hold open before the handshake has
// shown that they are strangers. A manager uses a handful.
const maxConnections = 256

// gate closes connections from addresses that are not on the list before a byte
// is exchanged.
type gate struct {
	net.Listener
	allow []netip.Prefix
	log   *slog.Logger
	slots chan struct{}
}

func newGate(l net.Listener, o Options) *gate {
	return &gate{Listener: l, allow: o.Allow, log: o.Log, slots: make(chan struct{}, maxConnections)}
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	for {
		g.slots <- struct{}{}
		conn, err := g.Listener.Accept()
		if err != nil {
			<-g.slots
			return nil, err
		}
		if g.allowed(conn.RemoteAddr()) {
			return &gatedConn{Conn: conn, free: sync.OnceFunc(func() { <-g.slots })}, nil
		}
		g.log.Warn("connection refused: the address is not on the allowlist", "remote", conn.RemoteAddr().String())
		conn.Close()
		<-g.slots
	}
}

func (g *gate) allowed(remote net.Addr) bool {
	if len(g.allow) == 0 {
		return true
	}
	from, err := netip.ParseAddrPort(remote.String())
	if err != nil {
		return false
	}
	addr := from.Addr().Unmap().WithZone("") // an IPv4 address on an IPv6 socket is still that address
	for _, prefix := range g.allow {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

type gatedConn struct {
	net.Conn
	free func()
}

// Close implements net.Conn.
func (c *gatedConn) Close() error {
	c.free()
	return c.Conn.Close()
}

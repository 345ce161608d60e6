package link

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"patchmanager/internal/agentapi"
)

const (
	// writeTimeout is how long a client may take for one event before it is
	// closed; it comes back and goes on after the last one it has.
	writeTimeout     = 10 * time.Second
	pongTimeout      = 10 * time.Second
	maxSubscriptions = 16
	maxSubscribe     = 4 << 10 // bytes of one message of the client
)

// stream is one connection of WS /ws/jobs.
type stream struct {
	s    *Server
	conn *websocket.Conn
	open sync.WaitGroup // subscriptions, to wait for before the connection is given up
	left atomic.Int32   // subscriptions that have not told everything yet
}

// events serves the stream. It ends when the client goes, when it asks for what
// is not there, and, in order, when all jobs it asked for have ended.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxSubscribe)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	st := &stream{s: s, conn: conn}
	go st.ping(ctx, cancel)
	st.serve(ctx)
	cancel()
	st.open.Wait()
}

func (st *stream) serve(ctx context.Context) {
	for n := 0; ; n++ {
		_, text, err := st.conn.Read(ctx)
		if err != nil {
			return
		}
		var sub agentapi.Subscribe
		if err := decodeBytes(text, &sub); err != nil || sub.Action != "subscribe" || sub.After < 0 || n == maxSubscriptions {
			st.conn.Close(websocket.StatusPolicyViolation, string(agentapi.CodeInvalid))
			return
		}
		reader, err := st.s.opts.Engine.Events(sub.JobID, sub.After)
		if err != nil {
			st.conn.Close(websocket.StatusPolicyViolation, string(agentapi.CodeJobNotFound))
			return
		}
		st.left.Add(1)
		st.open.Go(func() {
			defer reader.Close()
			st.follow(ctx, reader)
			if st.left.Add(-1) == 0 && ctx.Err() == nil { // all that was asked for is told
				st.conn.Close(websocket.StatusNormalClosure, "")
			}
		})
	}
}

type eventReader interface {
	Next(ctx context.Context, limit int) ([]agentapi.Event, error)
}

func (st *stream) follow(ctx context.Context, reader eventReader) {
	for {
		events, err := reader.Next(ctx, agentapi.MaxEventsPerPage)
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return
		}
		if err != nil {
			st.s.opts.Log.ErrorContext(ctx, "read events for a stream", "error", err)
			st.conn.Close(websocket.StatusInternalError, string(agentapi.CodeInternal))
			return
		}
		for _, e := range events {
			if err := st.write(ctx, e); err != nil {
				st.conn.CloseNow()
				return
			}
		}
	}
}

func (st *stream) write(ctx context.Context, e agentapi.Event) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return st.conn.Write(ctx, websocket.MessageText, text)
}

// ping ends the stream when the other side has gone without a word.
func (st *stream) ping(ctx context.Context, cancel context.CancelFunc) {
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return
		case <-st.s.opts.Clock.After(agentapi.PingInterval):
		}
		pong, done := context.WithTimeout(ctx, pongTimeout)
		err := st.conn.Ping(pong)
		done()
		if err != nil {
			return
		}
	}
}

package agentclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"patchmanager/internal/agentapi"
)

const (
	// maxEvent is one event on the wire: a line of MaxLogLine bytes may need six
	// bytes of JSON for each of its own.
	maxEvent    = 64 << 10
	pongTimeout = 10 * time.Second
	opEvents    = "WS /ws/jobs"
)

// ErrStreamEnded is a stream that the agent closed before the job was final.
var ErrStreamEnded = errors.New("the agent ended the event stream before the job was final")

// Events follows a job: fn gets every event after the given number once, in
// order. It returns nil once the job is final, fn's error when fn fails, and an
// *Error when the connection breaks or stays silent; the caller then starts
// again after the last event it has kept.
func (a *Agent) Events(ctx context.Context, agentJobID string, after int64, fn func(agentapi.Event) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	conn, err := a.dialEvents(ctx)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxEvent)
	sub, err := json.Marshal(agentapi.Subscribe{Action: "subscribe", JobID: agentJobID, After: after})
	if err != nil {
		return fmt.Errorf("encode subscription: %w", err)
	}
	if err := conn.Write(ctx, websocket.MessageText, sub); err != nil {
		return &Error{Kind: classify(err), Op: opEvents, Err: err}
	}
	go a.ping(ctx, conn, cancel)
	return readEvents(ctx, conn, agentJobID, after, fn)
}

func (a *Agent) dialEvents(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, a.c.cfg.Timeouts.Quick)
	defer cancel()
	//nolint:bodyclose // the library has closed it and left a copy in memory
	conn, res, err := websocket.Dial(ctx, "https://"+a.t.authority()+agentapi.BasePath+"/ws/jobs", &websocket.DialOptions{
		HTTPClient: a.c.http,
		Host:       net.JoinHostPort(a.t.Address, strconv.Itoa(a.t.Port)),
	})
	switch {
	case err == nil:
		return conn, nil
	case res != nil && res.StatusCode != http.StatusSwitchingProtocols:
		return nil, protocolError(opEvents, res.StatusCode, "the agent offers no event stream (%d)", res.StatusCode)
	}
	return nil, &Error{Kind: classify(err), Op: opEvents, Err: plain(err)}
}

// ping ends the stream when the agent stops answering: a host that lost its
// power sends no FIN.
func (a *Agent) ping(ctx context.Context, conn *websocket.Conn, cancel context.CancelCauseFunc) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.c.cfg.Clock.After(agentapi.PingInterval):
		}
		pctx, done := context.WithTimeout(ctx, pongTimeout)
		err := conn.Ping(pctx)
		done()
		if err != nil {
			cancel(fmt.Errorf("the agent does not answer on the event stream: %w", err))
			return
		}
	}
}

func readEvents(ctx context.Context, conn *websocket.Conn, job string, last int64, fn func(agentapi.Event) error) error {
	for {
		_, b, err := conn.Read(ctx)
		if err != nil {
			return streamError(ctx, err)
		}
		e, err := decodeEvent(b)
		if err != nil {
			return protocolError(opEvents, 0, "%w", err)
		}
		if e.JobID != job || e.Seq <= last {
			continue // another job's event must never finish this one; a repeated one is known
		}
		last = e.Seq
		if err := fn(e); err != nil {
			return err
		}
		if e.Kind == agentapi.EventStatus && e.Status.Final() {
			conn.Close(websocket.StatusNormalClosure, "")
			return nil
		}
	}
}

func streamError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return &Error{Kind: Unreachable, Op: opEvents, Err: cause}
	}
	if errors.Is(err, websocket.ErrMessageTooBig) {
		return protocolError(opEvents, 0, "an event is larger than %d bytes", maxEvent)
	}
	switch websocket.CloseStatus(err) {
	case websocket.StatusNormalClosure, websocket.StatusGoingAway:
		return &Error{Kind: Unreachable, Op: opEvents, Err: ErrStreamEnded}
	case -1:
		return &Error{Kind: classify(err), Op: opEvents, Err: err}
	}
	return protocolError(opEvents, 0, "the agent closed the event stream: %w", err)
}

func decodeEvent(b []byte) (agentapi.Event, error) {
	var e agentapi.Event
	if err := json.Unmarshal(cleanText(b), &e); err != nil {
		return e, fmt.Errorf("an event is not as agreed: %w", err)
	}
	if e.Kind != agentapi.EventStatus && e.Kind != agentapi.EventLog {
		return agentapi.Event{}, nil // an event of a newer agent; JobID "" matches no job
	}
	if len(e.Line) > agentapi.MaxLogLine {
		e.Line = strings.ToValidUTF8(e.Line[:agentapi.MaxLogLine], "")
	}
	return e, nil
}

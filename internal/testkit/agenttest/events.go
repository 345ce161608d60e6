package agenttest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/coder/websocket"

	"patchmanager/internal/agentapi"
)

// handleEvents streams the events of one job after a number, then follows. It
// returns, and with it the connection ends, after the final event, when the
// client is gone and when the agent is stopped.
func (a *Agent) handleEvents(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	var sub agentapi.Subscribe
	_, b, err := conn.Read(r.Context())
	if err != nil || json.Unmarshal(b, &sub) != nil || sub.Action != "subscribe" {
		conn.Close(websocket.StatusPolicyViolation, "subscribe first")
		return
	}
	ctx := conn.CloseRead(r.Context())
	stop := context.AfterFunc(ctx, a.wake)
	defer stop()
	a.follow(ctx, conn, sub)
}

func (a *Agent) wake() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changed.Broadcast()
}

func (a *Agent) follow(ctx context.Context, conn *websocket.Conn, sub agentapi.Subscribe) {
	for after := sub.After; ; {
		events, final, e := a.next(ctx, sub.JobID, after)
		if e != nil {
			conn.Close(websocket.StatusPolicyViolation, string(e.Code))
			return
		}
		for _, ev := range events {
			if conn.Write(ctx, websocket.MessageText, encode(ev)) != nil {
				return
			}
			after = ev.Seq
		}
		if final {
			conn.Close(websocket.StatusNormalClosure, "")
			return
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// next waits until the job has events after a number, or has ended, or the
// client or the agent is gone.
func (a *Agent) next(ctx context.Context, id string, after int64) ([]agentapi.Event, bool, *agentapi.Error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for {
		j, e := a.find(id)
		if e != nil {
			return nil, false, e
		}
		from := min(max(after, 0), int64(len(j.events)))
		fresh, final := j.events[from:], j.api.Status.Final()
		if len(fresh) > 0 || final || ctx.Err() != nil {
			return slices.Clone(fresh), final, nil
		}
		a.changed.Wait()
	}
}

package live

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/coder/websocket"
	"github.com/danielgtaylor/huma/v2"

	"patchmanager/internal/auth"
	"patchmanager/internal/httpx"
)

// SocketPath is where Socket is to be mounted, for GET.
const SocketPath = httpx.BasePath + "/ws/jobs"

// maxRequest is the largest message of a browser, in bytes; the longest one
// that means something has about 120.
const maxRequest = 1024

// Routes registers the operation that hands out tickets.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, huma.Operation{Method: http.MethodPost, Path: httpx.BasePath + "/ws/ticket", OperationID: "createTicket",
		Summary: "Get a ticket for one live connection", Tags: []string{"live"}, DefaultStatus: http.StatusCreated,
		Security: []map[string][]string{{"bearer": {}}}}, s.handleTicket)
}

type ticketOutput struct{ Body Ticket }

func (s *Service) handleTicket(ctx context.Context, _ *struct{}) (*ticketOutput, error) {
	t, err := s.CreateTicket(ctx, auth.ActorFrom(ctx))
	return &ticketOutput{t}, err
}

// Socket serves live connections. The library refuses pages of other origins.
func (s *Service) Socket() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := s.redeem(r.Context(), r.URL.Query().Get("ticket"))
		if err != nil {
			httpx.WriteError(w, r, err)
			return
		}
		actor, err := s.sessions.SessionActor(r.Context(), session, httpx.ClientAddr(r.Context()))
		if err != nil {
			httpx.WriteError(w, r, err)
			return
		}
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
		if err != nil {
			return // Accept has answered
		}
		conn.SetReadLimit(maxRequest)
		c, err := newClient(r.Context(), s, conn, actor)
		if err != nil {
			slog.ErrorContext(r.Context(), "live connection not begun", "error", err)
			conn.Close(websocket.StatusInternalError, "internal")
			return
		}
		c.serve(r.Context())
	})
}

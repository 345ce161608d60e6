package agentclient

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"time"

	"patchmanager/internal/agentapi"
)

// Limits of bytes of one answer, after decompression.
const (
	smallAnswer = 1 << 20  // health, system information, one job
	planAnswer  = 16 << 20 // 5,000 changes with reasons
)

// call is one request.
type call struct {
	method, path string
	body         any
	noData       bool   // success says it all
	key          string // idempotency key
	etag         string
	limit        int64
	timeout      time.Duration
}

func (r call) op() string { return r.method + " " + r.path }

// reply is what the agent answered, not yet decoded.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// do makes a call and decodes the data of its envelope. It reports the answer's
// header for ETag, and unchanged for 304.
func do[T any](ctx context.Context, a *Agent, r call) (data T, h http.Header, unchanged bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	rep, err := a.roundTrip(ctx, r)
	if err != nil {
		return data, nil, false, err
	}
	if rep.status == http.StatusNotModified && r.etag != "" {
		return data, rep.header, true, nil
	}
	data, err = open[T](r, rep)
	return data, rep.header, false, err
}

func (a *Agent) roundTrip(ctx context.Context, r call) (reply, error) {
	req, err := a.request(ctx, r)
	if err != nil {
		return reply{}, &Error{Kind: Protocol, Op: r.op(), Err: err}
	}
	res, err := a.c.http.Do(req)
	if err != nil {
		return reply{}, &Error{Kind: classify(err), Op: r.op(), Err: plain(err)}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, r.limit+1))
	if err == nil {
		err = ctx.Err() // an agent that is hung up on may end its answer in the middle as if that were all
	}
	if err != nil {
		return reply{}, &Error{Kind: classify(err), Op: r.op(), Status: res.StatusCode, Err: fmt.Errorf("read answer: %w", err)}
	}
	if int64(len(body)) > r.limit {
		return reply{}, protocolError(r.op(), res.StatusCode, "the answer is larger than %d bytes", r.limit)
	}
	return reply{res.StatusCode, res.Header, cleanText(body)}, nil
}

func (a *Agent) request(ctx context.Context, r call) (*http.Request, error) {
	var body io.Reader = http.NoBody
	if r.body != nil {
		b, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, "https://"+a.t.authority()+agentapi.BasePath+r.path, body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	req.Host = net.JoinHostPort(a.t.Address, strconv.Itoa(a.t.Port))
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.key != "" {
		req.Header.Set(agentapi.HeaderIdempotencyKey, r.key)
	}
	if r.etag != "" {
		req.Header.Set("If-None-Match", r.etag)
	}
	return req, nil
}

// envelope is agentapi.Envelope with its data decoded in the same pass: a list
// of packages is large, and reading it twice is most of the cost of a poll.
type envelope[T any] struct {
	Success bool            `json:"success"`
	Error   *agentapi.Error `json:"error"`
	Data    *T              `json:"data"`
}

// open takes the data out of the envelope, or the error.
func open[T any](r call, rep reply) (data T, err error) {
	if e := foreignAnswer(r.op(), rep); e != nil {
		return data, e
	}
	if media, _, _ := mime.ParseMediaType(rep.header.Get("Content-Type")); media != "application/json" {
		return data, protocolError(r.op(), rep.status, "the answer %d is not JSON but %q", rep.status, rep.header.Get("Content-Type"))
	}
	var env envelope[T]
	if err := json.Unmarshal(rep.body, &env); err != nil {
		return data, protocolError(r.op(), rep.status, "the answer %d is not as agreed: %w", rep.status, err)
	}
	if e := refusal(r, rep, env.Success, env.Error); e != nil {
		return data, e
	}
	if env.Data == nil && !r.noData {
		return data, protocolError(r.op(), rep.status, "the answer has no data")
	}
	if env.Data != nil {
		data = *env.Data
	}
	return data, nil
}

// refusal is the agent's own error, whatever the HTTP status around it says.
func refusal(r call, rep reply, success bool, e *agentapi.Error) *Error {
	if e != nil && e.Code != "" {
		return &Error{Kind: AgentError, Op: r.op(), Status: rep.status, Agent: e, RetryAfter: retryAfter(rep.header)}
	}
	if !success || rep.status < 200 || rep.status > 299 {
		return protocolError(r.op(), rep.status, "the answer %d (success %t) names no error", rep.status, success)
	}
	return nil
}

// retryAfter reads whole seconds, the only form agents send, at most an hour.
func retryAfter(h http.Header) time.Duration {
	s, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || s < 0 {
		return 0
	}
	return min(time.Duration(s)*time.Second, time.Hour)
}

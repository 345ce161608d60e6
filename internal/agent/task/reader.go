package task

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"patchmanager/internal/agentapi"
)

// Reader reads the events of one job in order, each once, from a number on.
type Reader struct {
	log   *eventLog // nil when the job has ended
	file  *os.File  // nil when the job has no events yet
	in    *bufio.Reader
	rest  []byte // a line that was not complete yet
	after int64
}

func newReader(name string, log *eventLog, after int64) (*Reader, error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &Reader{log: log, after: after}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return &Reader{log: log, file: file, in: bufio.NewReader(file), after: after}, nil
}

// Next waits until there are events and returns at most limit of them. It
// returns io.EOF when the job has ended and everything was read.
func (r *Reader) Next(ctx context.Context, limit int) ([]agentapi.Event, error) {
	for {
		var changed <-chan struct{}
		final := true
		if r.log != nil {
			changed, final = r.log.next() // asked before reading: what comes later closes it
		}
		events, err := r.Read(limit)
		if err != nil || len(events) > 0 {
			return events, err
		}
		if final {
			return nil, io.EOF
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-changed:
		}
	}
}

// Read returns at most limit events that are there now, without waiting.
func (r *Reader) Read(limit int) ([]agentapi.Event, error) {
	var out []agentapi.Event
	for r.file != nil && len(out) < limit {
		part, err := r.in.ReadBytes('\n')
		r.rest = append(r.rest, part...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		var e entry
		err = json.Unmarshal(r.rest, &e)
		r.rest = r.rest[:0]
		if err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		if e.Seq > r.after {
			r.after = e.Seq
			out = append(out, e.Event)
		}
	}
	return out, nil
}

// Close frees the file.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

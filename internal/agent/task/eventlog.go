package task

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"patchmanager/internal/agentapi"
)

// lostGap is added to the numbers after a power loss may have taken the newest
// events from the disk that somebody has read already: a number is never used
// for two different events. It is far above what the kernel can hold back.
const lostGap = 1_000_000

// entry is one line of events.jsonl. Src and Off say which file of a tool the
// event came from and where reading goes on after it.
type entry struct {
	agentapi.Event
	Src string `json:"src,omitempty"`
	Off int64  `json:"off,omitempty"`
}

// eventLog is the open events file of the job that runs.
type eventLog struct {
	mu      sync.Mutex
	file    *os.File
	size    int64
	last    int64
	offsets map[string]int64 // by Src: how far it was told
	status  agentapi.Event   // the newest job_status
	changed chan struct{}    // closed at the next append
	closed  bool
}

// openEvents opens the file, drops a line that a crash cut off, and finds out
// how far it got.
func openEvents(name string) (*eventLog, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open events: %w", err)
	}
	l := &eventLog{file: file, offsets: map[string]int64{}, changed: make(chan struct{})}
	if err := l.scan(); err != nil {
		return nil, errors.Join(fmt.Errorf("open events: %w", err), file.Close())
	}
	return l, nil
}

func (l *eventLog) scan() error {
	in := bufio.NewReader(l.file)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return err
		}
		var e entry
		if err == io.EOF || json.Unmarshal(line, &e) != nil || e.Seq <= l.last {
			break
		}
		l.size += int64(len(line))
		l.note(e)
	}
	if err := l.file.Truncate(l.size); err != nil {
		return err
	}
	_, err := l.file.Seek(l.size, io.SeekStart)
	return err
}

func (l *eventLog) note(e entry) {
	l.last = e.Seq
	if e.Src != "" {
		l.offsets[e.Src] = max(l.offsets[e.Src], e.Off)
	}
	if e.Kind == agentapi.EventStatus {
		l.status = e.Event
	}
}

// skip leaves a gap in the numbers, see lostGap.
func (l *eventLog) skip() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last += lostGap
}

// append numbers and writes the events in one go. After an error none of them
// counts as written and the caller may try again.
func (l *eventLog) append(entries []entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out bytes.Buffer
	for i := range entries {
		entries[i].Seq = l.last + int64(i) + 1
		line, err := json.Marshal(entries[i])
		if err != nil {
			return fmt.Errorf("write events: %w", err)
		}
		out.Write(append(line, '\n'))
	}
	if _, err := l.file.Write(out.Bytes()); err != nil {
		_, seekErr := l.file.Seek(l.size, io.SeekStart)
		return fmt.Errorf("write events: %w", errors.Join(err, l.file.Truncate(l.size), seekErr))
	}
	l.size += int64(out.Len())
	for _, e := range entries {
		l.note(e)
	}
	close(l.changed)
	l.changed = make(chan struct{})
	return nil
}

// sync brings all events to the disk.
func (l *eventLog) sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed { // closing has synced it
		return nil
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("sync events: %w", err)
	}
	return nil
}

func (l *eventLog) offset(src string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.offsets[src]
}

func (l *eventLog) lastSeq() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

func (l *eventLog) lastStatus() agentapi.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}

// next is closed once there is more to read; final once there never will be.
func (l *eventLog) next() (changed <-chan struct{}, final bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed, l.closed
}

func (l *eventLog) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	close(l.changed)
	return errors.Join(l.file.Sync(), l.file.Close())
}

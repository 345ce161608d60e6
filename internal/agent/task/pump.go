package task

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"patchmanager/internal/agent/pkgmgr"
)

// pumpBytes is how much of a file is told in one go; the rest follows at once.
const pumpBytes = 256 << 10

// pump tells what a tool writes: its log line by line, its status as progress.
// It starts where the events say that it stopped.
type pump struct {
	r      *run
	t      *tool
	span   span
	spoke  time.Time // when the tool wrote last
	warned time.Time
	read   map[string]int64 // how far each file was read; at least as far as it was told
}

func (r *run) newPump(t *tool) *pump {
	rec := r.rec()
	return &pump{r: r, t: t, span: spanOf(rec.Job.Operation, rec.Step), spoke: r.now(), warned: r.now(), read: map[string]int64{}}
}

// pump tells all that is there. final also takes a last line without an end.
// When events cannot be written it stops; the next call tries again from there.
func (p *pump) pump(final bool) {
	spoke := p.file(p.t.files.status(), final, p.statusEntries)
	spoke = p.file(p.t.files.log(), final, p.logEntries) || spoke
	if spoke {
		p.spoke = p.r.now()
	}
	p.silence()
}

// silence reports a tool that has said nothing for long. It may be at work, so
// it is not killed.
func (p *pump) silence() {
	quiet := p.r.now().Sub(p.spoke)
	if limit := p.r.e.opts.Silence; quiet >= limit && p.r.now().Sub(p.warned) >= limit {
		p.warned = p.r.now()
		p.r.say("the package tool has said nothing for %d minutes; it is not stopped", int(quiet.Minutes()))
	}
}

type linesFunc func(src string, off int64, lines [][]byte) []entry

// file tells the new lines of one file and reports whether there were any.
func (p *pump) file(name string, final bool, entries linesFunc) bool {
	src, spoke := filepath.Base(name), false
	off := max(p.read[src], p.r.log.offset(src))
	for {
		chunk, err := readAt(name, off)
		if err != nil {
			p.r.e.opts.Log.ErrorContext(p.r.ctx, "read the output of a tool", "file", name, "error", err)
		}
		lines, used := splitLines(chunk, final)
		if used == 0 {
			return spoke
		}
		spoke = true
		if out := entries(src, off, lines); len(out) > 0 {
			if err := p.r.log.append(out); err != nil {
				p.r.e.opts.Log.ErrorContext(p.r.ctx, "tell the output of a tool", "error", err)
				return spoke
			}
		}
		off += int64(used)
		p.read[src] = off
	}
}

func readAt(name string, off int64) ([]byte, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	buf := make([]byte, pumpBytes)
	n, err := f.ReadAt(buf, off)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return buf[:n], err
}

// splitLines cuts complete lines off, with their ends, and says how many bytes
// they are. A line as long as the whole chunk is taken as it is, and at the end
// of the file (final) so is the last one.
func splitLines(chunk []byte, final bool) (lines [][]byte, used int) {
	for used < len(chunk) {
		i := bytes.IndexByte(chunk[used:], '\n')
		if i < 0 {
			if full := used == 0 && len(chunk) == pumpBytes; full || final && len(chunk) < pumpBytes {
				return append(lines, chunk[used:]), len(chunk)
			}
			return lines, used
		}
		lines = append(lines, chunk[used:used+i+1])
		used += i + 1
	}
	return lines, used
}

func (p *pump) logEntries(src string, off int64, lines [][]byte) []entry {
	var out []entry
	for _, line := range lines {
		off += int64(len(line))
		text := clean(line)
		if strings.TrimSpace(text) == "" {
			continue
		}
		e := p.r.line("tool", text)
		e.Src, e.Off = src, off
		out = append(out, e)
	}
	return out
}

// statusEntries makes one status event of many status lines, and a log line of
// each configuration file where the local version stays.
func (p *pump) statusEntries(src string, off int64, lines [][]byte) []entry {
	var out []entry
	var last *pkgmgr.Progress
	for _, line := range lines {
		off += int64(len(line))
		progress, ok := p.r.e.opts.Manager.Progress(string(bytes.TrimRight(line, "\r\n")))
		if !ok {
			continue
		}
		last = &progress
		if progress.Conffile != "" {
			e := p.r.line("agent", "configuration file kept as it is here: "+progress.Conffile)
			e.Src, e.Off = src, off
			out = append(out, e)
			p.conffile(progress.Conffile)
		}
	}
	if last == nil {
		return out
	}
	e := p.progress(*last)
	e.Src, e.Off = src, off
	return append(out, e)
}

func (p *pump) progress(s pkgmgr.Progress) entry {
	p.r.enter(s.Phase)
	p.r.e.mu.Lock()
	job := &p.r.j.rec.Job
	job.Phase, job.Progress = p.r.phase, max(job.Progress, p.span.at(s.Percent))
	if s.Message != "" {
		job.Message = cut(mask(s.Message))
	}
	p.r.e.mu.Unlock()
	e := p.r.statusEntry()
	e.Package = s.Package
	return e
}

func (p *pump) conffile(name string) {
	p.r.e.mu.Lock()
	defer p.r.e.mu.Unlock()
	job := &p.r.j.rec.Job
	for _, known := range job.Conffiles {
		if known == name {
			return
		}
	}
	job.Conffiles = append(job.Conffiles[:len(job.Conffiles):len(job.Conffiles)], name)
}

// failedIn reads what a tool reported as failed.
func failedIn(name string, m pkgmgr.Manager) []pkgmgr.Progress {
	f, err := os.Open(name)
	if err != nil {
		return nil // without a status file nothing was reported
	}
	defer f.Close()
	var out []pkgmgr.Progress
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if p, ok := m.Progress(lines.Text()); ok && p.Failed {
			out = append(out, p)
		}
	}
	return out
}

// tailText reads the end of a file; of one that cannot be read there is none.
func tailText(name string, limit int64) string {
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > limit {
		if _, err := f.Seek(-limit, io.SeekEnd); err != nil {
			return ""
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}

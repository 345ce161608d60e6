package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// journal is the directory of jobs.
type journal struct{ dir string }

func openJournal(stateDir string) (journal, error) {
	dir := filepath.Join(stateDir, "jobs")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return journal{}, fmt.Errorf("make journal: %w", err)
	}
	return journal{dir: dir}, nil
}

// StateDir is where the journal and the saved packages are.
func (e *Engine) StateDir() string { return e.opts.StateDir }

func (j journal) path(id string, name ...string) string {
	return filepath.Join(append([]string{j.dir, id}, name...)...)
}

// create makes the directory of a new job; it is there with its record, or not
// at all: written under another name, synced, renamed, directory synced.
func (j journal) create(r record) error {
	temporary := j.path("." + r.Job.JobID)
	if err := os.Mkdir(temporary, 0o700); err != nil {
		return fmt.Errorf("create job: %w", err)
	}
	if err := writeJSON(filepath.Join(temporary, "job.json"), r); err != nil {
		return errors.Join(fmt.Errorf("create job: %w", err), os.RemoveAll(temporary))
	}
	if err := os.Rename(temporary, j.path(r.Job.JobID)); err != nil {
		return errors.Join(fmt.Errorf("create job: %w", err), os.RemoveAll(temporary))
	}
	return syncDir(j.dir)
}

func (j journal) save(r record) error {
	if err := writeJSON(j.path(r.Job.JobID, "job.json"), r); err != nil {
		return fmt.Errorf("save job: %w", err)
	}
	return nil
}

// load reads all records. A job whose record cannot be read is named in
// problems and left alone: its files are evidence. What an interrupted create or
// remove left is swept away on request.
func (j journal) load(sweep bool) (records []record, problems []string, err error) {
	entries, err := os.ReadDir(j.dir)
	if err != nil {
		return nil, nil, fmt.Errorf("read journal: %w", err)
	}
	for _, entry := range entries {
		if entry.Name()[0] == '.' { // create was interrupted: the order was never accepted
			if err := j.sweep(entry.Name(), sweep); err != nil {
				return nil, nil, err
			}
			continue
		}
		var r record
		if err := readJSON(j.path(entry.Name(), "job.json"), &r); err != nil || r.Job.JobID != entry.Name() {
			problems = append(problems, fmt.Sprintf("the journal of job %s cannot be read: %v", entry.Name(), err))
			continue
		}
		records = append(records, r)
	}
	return records, problems, nil
}

func (j journal) sweep(name string, really bool) error {
	if !really {
		return nil
	}
	if err := os.RemoveAll(j.path(name)); err != nil {
		return fmt.Errorf("sweep journal: %w", err)
	}
	return nil
}

// writeJSON replaces a file atomically and durably.
func writeJSON(name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	temporary := name + ".tmp"
	if err := writeSynced(temporary, text); err != nil {
		return err
	}
	if err := os.Rename(temporary, name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

func writeSynced(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

func readJSON(name string, value any) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, value)
}

// exists reports whether a file is there; any other trouble counts as there,
// because the callers do something drastic when it is not.
func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

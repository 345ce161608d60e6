package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// toolSpec is what the supervisor reads from tool-N.json.
type toolSpec struct {
	Args           []string `json:"args"`
	Env            []string `json:"env,omitempty"`
	StatusFD       bool     `json:"status_fd"`
	TimeoutSeconds int      `json:"timeout_seconds,omitempty"` // 0: none
	// Stoppable tools are ended when the supervisor is told to; the others run
	// on: a package transaction is never killed in the middle.
	Stoppable bool `json:"stoppable"`
}

// toolClaim is tool-N.pid. Whoever creates the file decides: a supervisor that
// it will run the tool, an agent (Abandoned) that nobody ever will.
type toolClaim struct {
	process
	Abandoned bool `json:"abandoned,omitempty"`
}

// toolExit is tool-N.exit.
type toolExit struct {
	Code   int    `json:"code"`             // of the tool; -1 when it was killed
	Signal string `json:"signal,omitempty"` // that killed it
	Error  string `json:"error,omitempty"`  // why it could not be started
}

// toolFiles are the files of one run of a tool.
type toolFiles struct{ base string }

func filesOfSpec(spec string) toolFiles { return toolFiles{strings.TrimSuffix(spec, ".json")} }

func (f toolFiles) spec() string   { return f.base + ".json" }
func (f toolFiles) claim() string  { return f.base + ".pid" }
func (f toolFiles) log() string    { return f.base + ".log" }
func (f toolFiles) status() string { return f.base + ".status" }
func (f toolFiles) exit() string   { return f.base + ".exit" }

// take writes the claim unless there is one. It reports whether it was first.
func (f toolFiles) take(c toolClaim) (bool, error) {
	temporary, err := os.CreateTemp(filepath.Dir(f.base), filepath.Base(f.claim())+".*")
	if err != nil {
		return false, fmt.Errorf("claim tool: %w", err)
	}
	defer os.Remove(temporary.Name()) // only the second name is to stay
	text, err := json.Marshal(c)
	if err != nil {
		return false, fmt.Errorf("claim tool: %w", err)
	}
	_, err = temporary.Write(text)
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return false, fmt.Errorf("claim tool: %w", err)
	}
	switch err := os.Link(temporary.Name(), f.claim()); {
	case errors.Is(err, os.ErrExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("claim tool: %w", err)
	}
	return true, syncDir(filepath.Dir(f.base))
}

// readClaim returns nil when nobody has claimed the tool.
func (f toolFiles) readClaim() (*toolClaim, error) { return readOptional[toolClaim](f.claim()) }

// readExit returns nil while the tool has not ended.
func (f toolFiles) readExit() (*toolExit, error) { return readOptional[toolExit](f.exit()) }

func readOptional[T any](name string) (*T, error) {
	var value T
	err := readJSON(name, &value)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Base(name), err)
	}
	return &value, nil
}

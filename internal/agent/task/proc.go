package task

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// bootIDFile changes with every boot, also of a container.
const bootIDFile = "/proc/sys/kernel/random/boot_id"

// ReadBootID reads the id of the current boot.
func ReadBootID() (string, error) {
	text, err := os.ReadFile(bootIDFile)
	if err != nil {
		return "", fmt.Errorf("read boot id: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// process names one process for good: numbers are reused, the pair of number
// and start time is not.
type process struct {
	PID   int    `json:"pid"`
	Start string `json:"start"` // in clock ticks since boot, as in /proc/PID/stat
	Boot  string `json:"boot"`
}

// self is the process that asks.
func self() (process, error) {
	boot, err := ReadBootID()
	if err != nil {
		return process{}, err
	}
	start, state, err := stat(os.Getpid())
	if err != nil || state == 'Z' {
		return process{}, fmt.Errorf("read own start time: %w", err)
	}
	return process{PID: os.Getpid(), Start: start, Boot: boot}, nil
}

// alive reports whether exactly this process still runs.
func (p process) alive() bool {
	if p.PID <= 0 {
		return false
	}
	boot, err := ReadBootID()
	if err != nil || boot != p.Boot {
		return false
	}
	start, state, err := stat(p.PID)
	return err == nil && start == p.Start && state != 'Z' && state != 'X'
}

// stat reads start time and state of a process. The command name, in
// parentheses, may hold anything, so fields are counted after the last one.
func stat(pid int) (start string, state byte, err error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", 0, err
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const startField = 22 - 3 // proc(5) counts from 1 and the rest begins at field 3
	if len(fields) <= startField {
		return "", 0, fmt.Errorf("read process %d: stat has %d fields", pid, len(fields))
	}
	return string(fields[startField]), fields[0][0], nil
}

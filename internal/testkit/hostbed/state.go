package hostbed

import (
	"fmt"
	"os"
	"strings"
)

// processStamp names a process beyond reuse of its number: pid and start time.
// It is empty when there is no such process.
func processStamp(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The name in brackets may hold blanks; field 22 is counted from its end.
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if len(f) < 20 || f[0] == "Z" {
		return ""
	}
	return fmt.Sprintf("%d %s", pid, f[19])
}

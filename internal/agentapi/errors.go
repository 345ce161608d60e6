package agentapi

import "fmt"

// Code says what kind of trouble an agent met; the list is closed, so that the
// manager can decide by code whether trying again can help.
type Code string

// Error codes. The comment is the cause; docs/agent.md has the way out of each.
const (
	CodePackageNotFound     Code = "PKG_NOT_FOUND"            // a named package or version is not in any repository
	CodeDependencyConflict  Code = "DEPENDENCY_CONFLICT"      // the resolver found no solution
	CodeDBLocked            Code = "PKG_DB_LOCKED"            // another package tool held the lock for too long
	CodeDBBroken            Code = "PKG_DB_BROKEN"            // half-installed packages that could not be repaired
	CodeRepoUnreachable     Code = "REPO_UNREACHABLE"         // an index or a package could not be fetched
	CodeSignatureInvalid    Code = "SIGNATURE_INVALID"        // a repository is unsigned, expired or signed by an unknown key
	CodeDiskFull            Code = "DISK_FULL"                // not enough bytes or inodes on a mount
	CodeMaintainerScript    Code = "MAINTAINER_SCRIPT_FAILED" // a package's own script ended with an error
	CodePlanChanged         Code = "PLAN_CHANGED"             // the transaction is no longer the one that was agreed
	CodeRemovalsNotAllowed  Code = "REMOVALS_NOT_ALLOWED"     // the transaction would remove packages and nobody agreed
	CodeDeadlinePassed      Code = "DEADLINE_PASSED"          // the order arrived or got its turn too late
	CodeRebootTimeout       Code = "REBOOT_TIMEOUT"           // the host did not come back with a new boot id
	CodeCancelled           Code = "CANCELLED"                // stopped at a safe point because somebody asked
	CodeTimedOut            Code = "TIMED_OUT"                // the whole job took longer than allowed
	CodeAgentRestarted      Code = "AGENT_RESTARTED"          // the agent died and what was under way could not be finished
	CodeRollbackImpossible  Code = "ROLLBACK_IMPOSSIBLE"      // old packages are missing; details name them
	CodePackageManagerError Code = "PKG_MANAGER_ERROR"        // the tool failed in a way no other code describes

	CodeNotFound    Code = "NOT_FOUND"     // no such path or resource
	CodeJobNotFound Code = "JOB_NOT_FOUND" // the agent never accepted a job of that id
	CodeInvalid     Code = "INVALID"       // a field has a bad value; details name it
	CodeMethod      Code = "METHOD_NOT_ALLOWED"
	CodeTooLarge    Code = "TOO_LARGE"
	CodeBusy        Code = "BUSY" // another job runs; one at a time
	CodeRateLimited Code = "RATE_LIMITED"
	CodeKeyReused   Code = "KEY_REUSED"  // the idempotency key was used for a different order
	CodeUnsupported Code = "UNSUPPORTED" // this agent or package manager cannot do that
	CodeInternal    Code = "INTERNAL"
)

// Retryable reports whether the same order may succeed later without anybody
// changing anything on the host.
func (c Code) Retryable() bool {
	switch c {
	case CodeDBLocked, CodeRepoUnreachable, CodeBusy, CodeRateLimited, CodeAgentRestarted, CodeTimedOut:
		return true
	}
	return false
}

// Error is the error member of an [Envelope] and the error of a failed [Job].
type Error struct {
	Code      Code     `json:"code"`
	Message   string   `json:"message"`
	Details   []Detail `json:"details,omitempty"`
	Retryable bool     `json:"retryable"`
}

// Detail names one field, package or mount that an error is about.
type Detail struct {
	Field   string `json:"field,omitempty"`
	Value   string `json:"value,omitempty"`
	Message string `json:"message"`
}

// NewError makes an error with the retryability of its code.
func NewError(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Retryable: code.Retryable()}
}

// Error implements error.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

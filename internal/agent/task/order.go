package task

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"patchmanager/internal/agentapi"
)

// Order is what somebody asked the agent to do. Exactly the member that belongs
// to the operation is set; a refresh has none.
type Order struct {
	Operation  agentapi.Operation      `json:"operation"`
	Apply      *agentapi.ApplyRequest  `json:"apply,omitempty"`       // patch_apply
	Reboot     *agentapi.RebootRequest `json:"reboot,omitempty"`      // reboot
	RollbackOf string                  `json:"rollback_of,omitempty"` // rollback: the job to take back
}

// digest tells two orders apart that came with the same idempotency key. The
// deadline is left out: it says when, not what, and a sender that repeats an
// order may have computed it anew.
func (o Order) digest() (string, error) {
	if o.Apply != nil {
		apply := *o.Apply
		apply.Deadline = nil
		o.Apply = &apply
	}
	text, err := json.Marshal(o)
	if err != nil {
		return "", fmt.Errorf("digest order: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// newID makes a random UUID, version 4.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

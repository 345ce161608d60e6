package audittrail

import (
	"encoding/json"
	"time"

	"patchmanager/internal/audit"
)

// AuditPage is one page of the trail.
type AuditPage struct {
	Items []AuditEntry `json:"items" nullable:"false"`
	Total int          `json:"total" doc:"With a filter counting stops at 10000."`
}

// AuditEntry is one act.
type AuditEntry struct {
	ID        int64          `json:"id" doc:"The place in the chain: 1, 2, 3 … without gaps."`
	At        time.Time      `json:"at"`
	Actor     AuditActor     `json:"actor"`
	Action    string         `json:"action"`
	Target    AuditTarget    `json:"target"`
	Details   map[string]any `json:"details"`
	Address   string         `json:"address"`
	RequestID string         `json:"request_id"`
	RowHash   string         `json:"row_hash" doc:"SHA-256 of the entry's canonical encoding, hex."`
	PrevHash  string         `json:"prev_hash" doc:"The row_hash of the entry before."`
}

// AuditActor is who acted, as it was named then.
type AuditActor struct {
	Kind string `json:"kind" enum:"user,agent,system,anonymous"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// AuditTarget is what was acted on, as it was named then.
type AuditTarget struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// AuditFacets is what the trail can be filtered by.
type AuditFacets struct {
	Actions []AuditActionCount `json:"actions" nullable:"false"`
	Actors  []AuditActorCount  `json:"actors" nullable:"false" doc:"The 200 that acted most."`
}

// AuditActionCount counts one action.
type AuditActionCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// AuditActorCount counts one actor, by its newest name.
type AuditActorCount struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Kind  string `json:"kind" enum:"user,agent,system,anonymous"`
	Count int    `json:"count"`
}

// CheckpointPage is one page of checkpoints.
type CheckpointPage struct {
	Items []AuditCheckpoint `json:"items" nullable:"false"`
	Total int               `json:"total"`
}

// AuditCheckpoint is a signed tree head.
type AuditCheckpoint struct {
	Size     int64     `json:"size" doc:"It signs entries 1 to size."`
	RootHash string    `json:"root_hash" doc:"Of the Merkle tree, base64."`
	At       time.Time `json:"at"`
	Note     string    `json:"note" doc:"The signed text."`
}

// AuditKey is the public key.
type AuditKey struct {
	VerifierKey string `json:"verifier_key"`
	Name        string `json:"name"`
}

// AuditProof shows that an entry is in a signed tree.
type AuditProof struct {
	Entry      AuditEntry      `json:"entry"`
	LeafHash   string          `json:"leaf_hash" doc:"SHA-256 of 0x00 and the row_hash, base64."`
	Index      int64           `json:"index" doc:"Of the leaf, from 0."`
	TreeSize   int64           `json:"tree_size"`
	Hashes     []string        `json:"hashes" nullable:"false" doc:"The path from the leaf to the root (RFC 6962), base64."`
	Checkpoint AuditCheckpoint `json:"checkpoint"`
}

// VerificationPage is one page of verifications.
type VerificationPage struct {
	Items []Verification `json:"items" nullable:"false"`
	Total int            `json:"total"`
}

// Verification is one walk over the trail.
type Verification struct {
	ID         string                  `json:"id"`
	State      string                  `json:"state" enum:"running,intact,broken,failed"`
	Trigger    string                  `json:"trigger" enum:"person,periodic"`
	Checked    int64                   `json:"checked" doc:"Entries so far."`
	Total      int64                   `json:"total"`
	StartedAt  time.Time               `json:"started_at"`
	FinishedAt *time.Time              `json:"finished_at"`
	Break      *VerificationBreak      `json:"break" doc:"The first place where the trail does not hold."`
	Checkpoint *VerificationCheckpoint `json:"checkpoint" doc:"The newest one that was checked."`
}

// VerificationBreak is where the trail does not hold.
type VerificationBreak struct {
	ID     int64  `json:"id" doc:"Of the entry."`
	Kind   string `json:"kind" enum:"missing,edited,unlinked,truncated,rewritten,forged,restored"`
	Detail string `json:"detail"`
}

// VerificationCheckpoint names a checkpoint.
type VerificationCheckpoint struct {
	Size int64     `json:"size"`
	At   time.Time `json:"at"`
}

// entryOf shows a row. Details that somebody has made unreadable are shown as
// they are.
func entryOf(r audit.Row) AuditEntry {
	e := AuditEntry{ID: r.ID, At: r.At, Actor: AuditActor{string(r.Actor.Kind), r.Actor.ID, r.Actor.Name}, Action: r.Action,
		Target: AuditTarget(r.Target), Address: r.Address, RequestID: r.RequestID, RowHash: r.RowHash, PrevHash: r.PrevHash}
	if err := json.Unmarshal(r.Details, &e.Details); err != nil || e.Details == nil {
		e.Details = map[string]any{"unreadable": string(r.Details)}
	}
	return e
}

func checkpointOf(c audit.Checkpoint) AuditCheckpoint {
	return AuditCheckpoint{Size: c.Size, RootHash: c.Root.String(), At: c.At.UTC(), Note: c.Note}
}

func proofOf(p audit.Proof) AuditProof {
	out := AuditProof{Entry: entryOf(p.Row), LeafHash: p.LeafHash.String(), Index: p.Index, TreeSize: p.Checkpoint.Size,
		Hashes: make([]string, 0, len(p.Hashes)), Checkpoint: checkpointOf(p.Checkpoint)}
	for _, h := range p.Hashes {
		out.Hashes = append(out.Hashes, h.String())
	}
	return out
}

func verificationOf(v audit.Verification) Verification {
	out := Verification{ID: v.ID.String(), State: string(v.State), Trigger: string(v.Trigger), Checked: v.Checked, Total: v.Total,
		StartedAt: v.StartedAt.UTC(), FinishedAt: v.FinishedAt}
	if v.Break != nil {
		out.Break = &VerificationBreak{v.Break.ID, string(v.Break.Kind), v.Break.Detail}
	}
	if v.Checkpoint != nil {
		out.Checkpoint = &VerificationCheckpoint{v.Checkpoint.Size, v.Checkpoint.At.UTC()}
	}
	return out
}

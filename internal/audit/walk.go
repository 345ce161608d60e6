package audit

import (
	"encoding/json"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// walker follows the chain row by row, building the tree anew beside it. Its
// exported fields are all that it needs to go on later.
type walker struct {
	Start  int64    `json:"start"`  // rows before the first kept one
	Last   hash     `json:"last"`   // row_hash of the last row
	Tree   frontier `json:"tree"`   // over rows 1 … Tree.Size
	Pruned int64    `json:"pruned"` // up to where the trail itself says that it was pruned
}

// step judges the next row and appends it to the tree. It returns the tree
// hashes that the row completes.
func (w *walker) step(r chained) ([]tlog.Hash, *Break) {
	if b := judge(r, w.Tree.Size+1, w.Last); b != nil {
		return nil, b
	}
	w.Last = r.own
	if r.action == actionPrune {
		w.Pruned = max(w.Pruned, prunedUpTo(r.details))
	}
	return w.Tree.push(leafOf(r.own)), nil
}

// judge checks a row that is to have the id want, behind a row with the hash last.
func judge(r chained, want int64, last hash) *Break {
	switch {
	case r.id != want:
		return missing(want)
	case r.sum(r.prev) != r.own:
		return &Break{r.id, BreakEdited, fmt.Sprintf("row %d is not what was written: its hash does not fit its content", r.id)}
	case r.prev != last:
		return &Break{r.id, BreakUnlinked, fmt.Sprintf("row %d was not written behind row %d as it is now", r.id, r.id-1)}
	}
	return nil
}

// prunedUpTo reads the details of a prune's row.
func prunedUpTo(details string) int64 {
	var d struct {
		UpTo int64 `json:"up_to"`
	}
	if err := json.Unmarshal([]byte(details), &d); err != nil {
		return 0
	}
	return d.UpTo
}

// attest checks a checkpoint of the size that the walk has reached.
func (w *walker) attest(c Checkpoint) *Break {
	switch {
	case c.Root != w.Tree.root():
		return &Break{c.Size, BreakRewritten, fmt.Sprintf("rows 1 to %d are not those that the checkpoint of %s signed: "+
			"at least one was replaced together with everything behind it", c.Size, stamp(c.At))}
	case c.Head != w.Last:
		return &Break{c.Size, BreakRewritten, fmt.Sprintf("row %d is not the one that the checkpoint of %s signed", c.Size, stamp(c.At))}
	}
	return nil
}

package patches

// packageMarks and patchMarks are what a host adds to a shared row.
type packageMarks struct{ manual, held bool }

type patchMarks struct {
	held, phased bool
	keptBack     string
}

// delta is the difference between the rows of a host and its report: ids to
// delete and ids to insert. A row whose marks have changed is in both.
func delta[M comparable](have, want map[int32]M) (gone, fresh []int32) {
	for id, m := range have {
		if w, ok := want[id]; !ok || w != m {
			gone = append(gone, id)
		}
	}
	for id, m := range want {
		if h, ok := have[id]; !ok || h != m {
			fresh = append(fresh, id)
		}
	}
	return gone, fresh
}

// orNull stores "no" as null, which takes no space in a row.
func orNull(b bool) *bool {
	if !b {
		return nil
	}
	return &b
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

package task

import (
	"cmp"
	"slices"

	"patchmanager/internal/agentapi"
)

// Look reads a journal without an engine and without changing anything, also
// while an agent works in it. Jobs come newest first.
func Look(stateDir string) (jobs []agentapi.Job, problems []string, err error) {
	journal, err := openJournal(stateDir)
	if err != nil {
		return nil, nil, err
	}
	records, problems, err := journal.load(false)
	for _, r := range records {
		if !r.Removed {
			jobs = append(jobs, r.Job)
		}
	}
	slices.SortFunc(jobs, func(a, b agentapi.Job) int { return cmp.Compare(b.CreatedAt.UnixNano(), a.CreatedAt.UnixNano()) })
	return jobs, problems, err
}

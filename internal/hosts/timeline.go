package hosts

import (
	"context"
	"time"

	"patchmanager/internal/ids"
)

// TimelineItem is one thing that happened to a host.
type TimelineItem struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind" enum:"audit,state,job"`
	Title  string    `json:"title"`
	Detail string    `json:"detail"`
	Actor  string    `json:"actor"`
	JobID  *ids.ID   `json:"job_id"`
}

// TimelinePage is one page of a timeline, the newest first.
type TimelinePage struct {
	Items []TimelineItem `json:"items" nullable:"false"`
	Total int            `json:"total"`
}

// Timeline returns what happened to a host in a scope.
func (s *Service) Timeline(ctx context.Context, scope Scope, id ids.ID, page, size int) (TimelinePage, error) {
	if _, err := s.Get(ctx, scope, id); err != nil {
		return TimelinePage{}, err
	}
	return readTimeline(ctx, s.db, scope, id, page, size)
}

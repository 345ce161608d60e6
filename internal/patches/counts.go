package patches

import (
	"time"

	"patchmanager/internal/agentapi"
)

// counts are the numbers of host_inventory.
type counts struct {
	listsAt                              *time.Time
	total, security, held                int
	critical, high, medium, low, unknown int
}

func (c *counts) add(p *agentapi.Patch) {
	c.total++
	if p.Security {
		c.security++
	}
	if p.Held {
		c.held++
	}
	switch p.Severity {
	case agentapi.SeverityCritical:
		c.critical++
	case agentapi.SeverityHigh:
		c.high++
	case agentapi.SeverityMedium:
		c.medium++
	case agentapi.SeverityLow:
		c.low++
	default:
		c.unknown++
	}
}

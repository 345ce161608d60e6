package settings

import (
	"fmt"
	"strings"

	"patchmanager/internal/apierr"
)

// Security is how people sign in, and for how long.
type Security struct {
	SessionHours     int    `json:"session_hours" minimum:"1" maximum:"168" doc:"A session ends after that in any case."`
	IdleMinutes      int    `json:"idle_minutes" minimum:"5" maximum:"720" doc:"A session ends unused after that."`
	StepUpMinutes    int    `json:"step_up_minutes" minimum:"1" maximum:"60" doc:"How long a second factor counts as fresh."`
	StepUpHosts      int    `json:"step_up_hosts" minimum:"1" maximum:"10000" doc:"A job on more hosts needs a fresh second factor."`
	UngroupedVisible bool   `json:"ungrouped_visible" doc:"Operators see hosts that are in no group."`
	PasswordOff      bool   `json:"password_off" doc:"Passwords sign in nobody but break_glass."`
	BreakGlass       string `json:"break_glass" maxLength:"64" doc:"User name of the local admin whose password always works."`
}

var security = section[Security]{
	name:     "security",
	defaults: Security{SessionHours: 12, IdleMinutes: 60, StepUpMinutes: 5, StepUpHosts: 50},
	check:    Security.check,
}

// check knows the limits of the fields' tags too: not every caller comes
// through the API.
func (v Security) check() []apierr.Detail {
	bad := between(nil, "session_hours", v.SessionHours, 1, 168)
	bad = between(bad, "idle_minutes", v.IdleMinutes, 5, 720)
	bad = between(bad, "step_up_minutes", v.StepUpMinutes, 1, 60)
	bad = between(bad, "step_up_hosts", v.StepUpHosts, 1, 10_000)
	if len(bad) == 0 && v.IdleMinutes > v.SessionHours*60 {
		bad = append(bad, apierr.Detail{Field: "idle_minutes", Value: fmt.Sprint(v.IdleMinutes),
			Message: fmt.Sprintf("Must not be longer than the session, which is %d minutes.", v.SessionHours*60)})
	}
	if v.PasswordOff && v.BreakGlass == "" {
		bad = append(bad, apierr.Detail{Field: "break_glass",
			Message: "Name the local admin who can still sign in with a password when single sign-on does not work."})
	}
	return bad
}

func (v Security) normal() Security {
	v.BreakGlass = strings.ToLower(strings.TrimSpace(v.BreakGlass))
	return v
}

// between adds a detail when a number is outside of its limits.
func between(bad []apierr.Detail, field string, n, least, most int) []apierr.Detail {
	if n >= least && n <= most {
		return bad
	}
	return append(bad, apierr.Detail{Field: field, Value: fmt.Sprint(n), Message: fmt.Sprintf("Must be from %d to %d.", least, most)})
}

package auth

import (
	"context"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a small system may have no zones of its own

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/db"
)

// ProfileChange is what people change of themselves; what is left out stays.
type ProfileChange struct {
	DisplayName *string `json:"display_name,omitempty" maxLength:"200"`
	Email       *string `json:"email,omitempty" maxLength:"254"`
	Theme       *string `json:"theme,omitempty" enum:"system,dark,light"`
	TimeZone    *string `json:"time_zone,omitempty" maxLength:"64" doc:"A name such as Europe/Berlin; empty: the browser's."`
}

// profile is what ProfileChange changes, as it is stored.
type profile struct{ displayName, email, theme, timeZone string }

func (c *ProfileChange) check() error {
	var details [][]apierr.Detail
	if c.DisplayName != nil {
		*c.DisplayName = strings.TrimSpace(*c.DisplayName)
		details = append(details, checkDisplayName(*c.DisplayName))
	}
	if c.Email != nil {
		*c.Email = strings.TrimSpace(*c.Email)
		details = append(details, checkEmail(*c.Email))
	}
	if c.TimeZone != nil {
		details = append(details, checkTimeZone(*c.TimeZone))
	}
	return refuseInvalid(details...)
}

// checkTimeZone takes the names of the zone database; "Local" would be the
// server's, which says nothing about a person.
func checkTimeZone(name string) []apierr.Detail {
	_, err := time.LoadLocation(name)
	if err == nil && name != "Local" {
		return nil
	}
	return []apierr.Detail{{Field: "time_zone", Value: cut(printable(name), 64),
		Message: "Use a name of the time zone database such as Europe/Berlin, or leave it empty."}}
}

// updateMe changes the actor's own profile. Roles and groups are not part of it.
func (s *Service) updateMe(ctx context.Context, actor Actor, c ProfileChange) error {
	if err := actor.Require(OwnAccount); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	err := s.db.InTx(ctx, func(tx db.Tx) error {
		before, found, err := lockProfile(ctx, tx, actor.UserID)
		if err != nil || !found {
			return orEnded(err)
		}
		changed := map[string]any{}
		after := profile{
			displayName: replaced(changed, "display_name", before.displayName, c.DisplayName),
			email:       replaced(changed, "email", before.email, c.Email),
			theme:       replaced(changed, "theme", before.theme, c.Theme),
			timeZone:    replaced(changed, "time_zone", before.timeZone, c.TimeZone),
		}
		if len(changed) == 0 {
			return nil
		}
		if err := writeProfile(ctx, tx, actor.UserID, after); err != nil {
			return err
		}
		target := audit.Target{Kind: "user", ID: actor.UserID.String(), Name: actor.Name}
		return audit.Append(ctx, tx, actor.Entry("user.profile_change", target, changed))
	})
	if err != nil {
		return fmt.Errorf("change own profile: %w", err)
	}
	return nil
}

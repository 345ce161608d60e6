package app

import (
	"time"

	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/settings"
)

// signInRules are the settings as auth knows them, looked up with each use.
func signInRules(s *settings.Service) func() auth.Rules {
	return func() auth.Rules {
		v := s.Security()
		return auth.Rules{
			SessionLife: time.Duration(v.SessionHours) * time.Hour, IdleLife: time.Duration(v.IdleMinutes) * time.Minute,
			FreshFor: time.Duration(v.StepUpMinutes) * time.Minute, UngroupedSeen: v.UngroupedVisible,
			PasswordOff: v.PasswordOff, BreakGlass: v.BreakGlass,
		}
	}
}

// trailRules are the settings as audit knows them.
func trailRules(s *settings.Service) func() audit.Settings {
	return func() audit.Settings {
		v := s.Audit()
		return audit.Settings{RetentionDays: v.RetentionDays, Export: string(v.Export), ExportPath: v.ExportPath, SyslogAddress: v.SyslogAddress}
	}
}

package settings

import (
	"context"

	"patchmanager/internal/apierr"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
)

// SetSecurity replaces the section. Passwords are switched off only while the
// break-glass admin can sign in with one.
func (s *Service) SetSecurity(ctx context.Context, actor auth.Actor, version int64, v Security) (SecuritySetting, error) {
	v = v.normal()
	k, err := replace(ctx, s, actor, security, version, v, func(tx db.Tx, _ kept[Security]) (kept[Security], error) {
		return kept[Security]{value: v}, checkBreakGlass(ctx, tx, v)
	})
	return securityOf(k), err
}

func checkBreakGlass(ctx context.Context, tx db.Tx, v Security) error {
	if !v.PasswordOff {
		return nil
	}
	ok, err := auth.IsLocalAdmin(ctx, tx, v.BreakGlass)
	if err != nil || ok {
		return err
	}
	return apierr.Invalid(apierr.Detail{Field: "break_glass", Value: v.BreakGlass,
		Message: "This is not the user name of an enabled admin with a password."})
}

// SetAudit replaces the section.
func (s *Service) SetAudit(ctx context.Context, actor auth.Actor, version int64, v Audit) (AuditSetting, error) {
	v = v.normal()
	k, err := replace(ctx, s, actor, trail, version, v, func(db.Tx, kept[Audit]) (kept[Audit], error) {
		return kept[Audit]{value: v}, nil
	})
	return auditOf(k), err
}

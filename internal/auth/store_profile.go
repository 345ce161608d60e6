package auth

import (
	"context"
	"fmt"

	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

func lockProfile(ctx context.Context, tx db.Tx, id ids.ID) (p profile, found bool, err error) {
	err = tx.QueryRow(ctx, `select display_name, email, theme, time_zone from auth_user where id = $1 for no key update`, id).
		Scan(&p.displayName, &p.email, &p.theme, &p.timeZone)
	if db.IsNoRows(err) {
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("read profile: %w", err)
	}
	return p, true, nil
}

func writeProfile(ctx context.Context, tx db.Tx, id ids.ID, p profile) error {
	_, err := tx.Exec(ctx, `update auth_user set display_name = $2, email = $3, theme = $4, time_zone = $5 where id = $1`,
		id, p.displayName, p.email, p.theme, p.timeZone)
	if err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	return nil
}

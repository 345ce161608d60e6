package auth

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"patchmanager/internal/apierr"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Lifetimes.
const (
	accessLife = 15 * time.Minute
)

// endReason is why a session ended before its time.
type endReason string

const (
	endLogout          endReason = "logout"
	endPasswordChanged endReason = "password_changed"
	endPasswordReset   endReason = "password_reset"
	endRefreshReused   endReason = "refresh_reused"
	endByUser          endReason = "ended_by_user"
	endByAdmin         endReason = "ended_by_admin"
	endDisabled        endReason = "user_disabled"
	endMFAReset        endReason = "mfa_reset"

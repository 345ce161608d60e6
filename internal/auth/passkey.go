package auth

import (
	"time"

	"patchmanager/internal/ids"
)

// Passkey is a key on a device of the user, as the API shows it.
type Passkey struct {
	ID         ids.ID     `json:"id"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
	BackedUp   bool       `json:"backed_up" doc:"It is kept by a password manager or an account and survives the loss of the device."`
}

type storedPasskey struct{ Passkey }

package auth

import "time"

// Rules are the run-time settings of this package. They are read with each use,
// so that a change is in force with the next request.
type Rules struct {
	SessionLife   time.Duration // a session ends in any case
	IdleLife      time.Duration // a refresh token ends unused
	FreshFor      time.Duration // a second factor counts as fresh
	UngroupedSeen bool          // operators see hosts that are in no group
	PasswordOff   bool          // single sign-on only: passwords sign in nobody but BreakGlass
	BreakGlass    string        // user name of the local admin who always may
}

// DefaultRules are in force until an admin sets others.
func DefaultRules() Rules {
	return Rules{SessionLife: 12 * time.Hour, IdleLife: time.Hour, FreshFor: 5 * time.Minute}
}

// Package settings holds what is tuned while the product runs: typed, one
// struct and one row per section, in force in every process within two seconds.
//
// # Reading
//
// [Service.Security], [Service.Access] and [Service.Audit] answer from memory
// and are asked with each use. A change notifies every process, and each one
// reads the rows again every 1.5 s besides, because a notification may be lost.
// When the database does not answer, what was read last stays in force.
//
// # Changing
//
// A change names the version that its author has seen; another one is refused
// with 409. It is checked field by field, needs a fresh second factor, and its
// audit row says every changed field before and after. A section without a row
// has version 0 and the defaults; a field that a stored value does not have yet
// has its default too, so that a new version of the product may add some.
//
// # A change that would shut its author out
//
//	           shut_me_out                        confirmed from an allowed address,
//	[in force] -----------> [on trial, 5 minutes] or changed again ------> [in force]
//	     ^                           |
//	     +---- 5 minutes are over ---+
//
// revert_at and the previous value stand in the row. From revert_at on every
// process goes by the previous value, by its own clock; the first one whose
// loop comes by writes it back, also when the process that made the change, or
// all of them, have died in between. On the console, `patch-manager admin
// reset-access` empties the lists.
//
// # A new section
//
// A struct with its JSON names, a section with its defaults and its check, a
// place in the list of sections, an accessor, and an operation in http.go.
//
// Table: settings_section.
package settings

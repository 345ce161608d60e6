// Package config reads what must be known before there is a database: a TOML
// file, with each key overridable by the environment.
//
//	PATCH_MANAGER__HTTP__LISTEN=:9443              the value itself
//	PATCH_MANAGER__DATABASE__PASSWORD__FILE=/run/x  a file that holds the value
//
// # Guarantees
//
//   - Nothing falls back in silence: an unknown key, a bad value, an unreadable
//     file stop the start.
//   - All problems are told at once, each with key, value, reason and way out,
//     and the line of the file or the variable that it comes from.
//   - What is logged of a configuration never holds a password.
//
// What can be changed while the product runs is no business of this package.
package config

// Package app puts the product together and runs it. It holds no rules: what
// the product does is in two lists, routes.go (everything that can be asked)
// and background.go (everything that happens by itself).
//
// # Processes
//
//	serve   private PostgreSQL (without database.url), migration, web and worker
//	web     migration, listener
//	worker  waits for the schema that it was built for, then loops and queue
//
// # Life of a process
//
//	listen -> database -> migrate -> keys, CA, first user -> loops, HTTP -> READY
//	                                                                |
//	 end <- private PostgreSQL <- pool <- queue, loops <- HTTP <- SIGTERM
//
// The end takes at most 30 seconds; a second signal ends the process at once,
// which loses nothing: what matters is in the database, and the private server
// shuts down by itself. A private server that dies is started again.
package app

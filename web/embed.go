// Package web carries the browser interface inside the manager's binary. The
// files under dist are made by `npm run build`; a checkout without them still
// compiles, and [Built] then answers false so that the server can say so.
package web

import (
	"embed"
	"io/fs"
)

// all: keeps names that begin with a dot or underscore; dist/.gitkeep is
// committed so that the pattern matches in a fresh checkout.
//
//go:embed all:dist
var dist embed.FS

// Index is the page that every path which is neither a file nor the API answers
// with. It holds [NoncePlaceholder], to be replaced on each request.
const Index = "index.html"

// NoncePlaceholder stands in [Index] wherever the nonce of the request's
// Content-Security-Policy belongs.
const NoncePlaceholder = "__CSP_NONCE__"

// NotBuilt is what to tell somebody who asks for the interface of a binary that
// was built without it.
const NotBuilt = "The web interface is not part of this build. Run `npm ci && npm run build` in web/ and build the manager again; the API under /api/v1 works without it."

// FS returns the built files with index.html at the root. Everything under
// assets/ has a content hash in its name and never changes.
func FS() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil { // cannot happen: dist is a constant, valid path
		panic(err)
	}
	return sub
}

// Built reports whether the interface is part of this binary.
func Built() bool { return built(FS()) }

func built(files fs.FS) bool {
	info, err := fs.Stat(files, Index)
	return err == nil && !info.IsDir()
}

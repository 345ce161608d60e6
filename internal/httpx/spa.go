package httpx

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"patchmanager/internal/apierr"
)

// Pages says how the browser interface lies in its file system.
type Pages struct {
	Files       fs.FS
	Index       string // the page that every path without a file answers with
	Placeholder string // in the page, where the nonce of a request belongs
	Immutable   string // folder whose file names change with their contents
	NotBuilt    string // what to say when there is no index page
}

// SPA serves the browser interface.
func SPA(p Pages) http.Handler { return &spa{Pages: p} }

type spa struct {
	Pages
	packed sync.Map // name → []byte, compressed once
	tags   sync.Map // name → string, the hash of the contents
}

// ServeHTTP implements http.Handler.
func (s *spa) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		WriteError(w, r, apierr.New(http.StatusMethodNotAllowed, "method_not_allowed", "Pages can only be read."))
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == "" || name == s.Index || strings.HasPrefix(path.Base(name), ".") {
		s.page(w, r)
		return
	}
	b, err := fs.ReadFile(s.Files, name)
	switch {
	case err == nil:
		s.file(w, r, name, b)
	case strings.HasPrefix(name, s.Immutable+"/"):
		// a page of an older build asks for it; the page in its place would be
		// taken for a script
		WriteError(w, r, apierr.NotFound("file"))
	default:
		s.page(w, r)
	}
}

// page is the interface itself, with a nonce of its own. It is never kept, not
// even to be asked for again: the policy of a "304" would have another nonce
// than the page that the browser kept.
func (s *spa) page(w http.ResponseWriter, r *http.Request) {
	text, err := fs.ReadFile(s.Files, s.Index)
	if errors.Is(err, fs.ErrNotExist) {
		http.Error(w, s.NotBuilt, http.StatusServiceUnavailable)
		return
	}
	if err != nil {
		WriteError(w, r, fmt.Errorf("read page: %w", err))
		return
	}
	nonce := newNonce()
	h := w.Header()
	h.Set("Content-Security-Policy", policy(nonce))
	h.Set("Content-Type", "text/html; charset=utf-8")
	text = bytes.ReplaceAll(text, []byte(s.Placeholder), []byte(nonce))
	http.ServeContent(w, r, s.Index, time.Time{}, bytes.NewReader(text))
}

func newNonce() string {
	b := make([]byte, 16)
	rand.Read(b) //nolint:errcheck // never fails, says its documentation
	return base64.RawURLEncoding.EncodeToString(b)
}

func (s *spa) file(w http.ResponseWriter, r *http.Request, name string, b []byte) {
	h := w.Header()
	h.Set("Cache-Control", "public, no-cache") // kept, and asked for with its tag
	if strings.HasPrefix(name, s.Immutable+"/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	tag := s.tag(name, b)
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	h.Set("Content-Type", kind)
	if isText(kind) {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r) && len(b) >= minCompress {
			packed, err := s.pack(name, b)
			if err != nil {
				WriteError(w, r, fmt.Errorf("compress %s: %w", name, err))
				return
			}
			h.Set("Content-Encoding", "gzip")
			b, tag = packed, tag+"-gzip"
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
}

// tag names the contents of a file.
func (s *spa) tag(name string, b []byte) string {
	if have, ok := s.tags.Load(name); ok {
		return have.(string) //nolint:forcetypeassert // only we store there
	}
	sum := sha256.Sum256(b)
	tag := base64.RawURLEncoding.EncodeToString(sum[:12])
	s.tags.Store(name, tag)
	return tag
}

func isText(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.Contains(kind, "javascript") ||
		strings.Contains(kind, "json") || strings.Contains(kind, "xml")
}

// pack compresses a file as well as it can, the first time that it is asked for.
func (s *spa) pack(name string, b []byte) ([]byte, error) {
	if have, ok := s.packed.Load(name); ok {
		return have.([]byte), nil //nolint:forcetypeassert // only we store there
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = z.Write(b)
	if err := errors.Join(err, z.Close()); err != nil {
		return nil, err
	}
	s.packed.Store(name, out.Bytes())
	return out.Bytes(), nil
}

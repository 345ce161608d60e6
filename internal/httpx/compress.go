package httpx

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
)

// minCompress is where compression begins to save a packet.
const minCompress = 1 << 10

var writers = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil { // cannot happen: the level is a constant
		panic(err)
	}
	return z
}}

// compressor compresses a JSON answer for whoever takes gzip. Everything else,
// and what is too small to be worth it, goes through as it is. It decides at
// the first write, because handlers write a JSON answer at once.
type compressor struct {
	http.ResponseWriter
	accepts bool
	status  int
	decided bool
	z       *gzip.Writer
}

func compress(w http.ResponseWriter, r *http.Request) *compressor {
	return &compressor{ResponseWriter: w, accepts: acceptsGzip(r) && r.Method != http.MethodHead}
}

func acceptsGzip(r *http.Request) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == "gzip" {
			return strings.ReplaceAll(q, " ", "") != "q=0"
		}
	}
	return false
}

// WriteHeader implements http.ResponseWriter. The status waits for the first
// write, except where nothing is written or the connection changes hands.
func (c *compressor) WriteHeader(status int) {
	if status < 200 || status == http.StatusNoContent || status == http.StatusNotModified {
		c.decided = c.decided || status >= 200 || status == http.StatusSwitchingProtocols
		c.ResponseWriter.WriteHeader(status)
		return
	}
	if c.status == 0 {
		c.status = status
	}
}

// Write implements io.Writer.
func (c *compressor) Write(b []byte) (int, error) {
	if !c.decided {
		c.begin(len(b))
	}
	if c.z != nil {
		return c.z.Write(b)
	}
	return c.ResponseWriter.Write(b)
}

func (c *compressor) begin(first int) {
	c.decided = true
	h := c.Header()
	if strings.HasPrefix(h.Get("Content-Type"), "application/json") {
		h.Add("Vary", "Accept-Encoding")
		if c.accepts && first >= minCompress && h.Get("Content-Encoding") == "" {
			h.Set("Content-Encoding", "gzip")
			h.Del("Content-Length")
			z, _ := writers.Get().(*gzip.Writer)
			z.Reset(c.ResponseWriter)
			c.z = z
		}
	}
	if c.status != 0 {
		c.ResponseWriter.WriteHeader(c.status)
	}
}

// Unwrap is for http.ResponseController: hijacking and deadlines.
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// FlushError implements what http.ResponseController calls to flush.
func (c *compressor) FlushError() error {
	if !c.decided {
		c.begin(0)
	}
	if c.z != nil {
		if err := c.z.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(c.ResponseWriter).Flush()
}

// close ends the answer; it runs also when the handler panics.
func (c *compressor) close() {
	if !c.decided && c.status != 0 {
		c.begin(0)
	}
	if c.z == nil {
		return
	}
	if err := c.z.Close(); err != nil {
		slog.Debug("answer not delivered", "error", err)
	}
	c.z.Reset(io.Discard)
	writers.Put(c.z)
	c.z = nil
}

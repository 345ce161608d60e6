package patches

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strings"

	"patchmanager/internal/agentapi"
)

// digest names a shared row by everything that is in it.
type digest [16]byte

func (d digest) hex() string { return hex.EncodeToString(d[:]) }

// hasher writes fields with their length in front, so that no two different
// rows give the same bytes.
type hasher struct {
	h   hash.Hash
	buf []byte
}

func newHasher() *hasher { return &hasher{h: sha256.New()} }

func (h *hasher) text(fields ...string) {
	for _, f := range fields {
		h.buf = binary.AppendUvarint(h.buf, uint64(len(f)))
		h.buf = append(h.buf, f...)
	}
}

func (h *hasher) number(n int64) { h.buf = binary.AppendVarint(h.buf, n) }

func (h *hasher) flag(b bool) {
	if b {
		h.number(1)
	} else {
		h.number(0)
	}
}

func (h *hasher) list(l []string) {
	h.number(int64(len(l)))
	h.text(l...)
}

// sum ends one row and makes the hasher ready for the next.
func (h *hasher) sum() digest {
	h.h.Reset()
	h.h.Write(h.buf)
	h.buf = h.buf[:0]
	var full [sha256.Size]byte
	return digest(h.h.Sum(full[:0])[:16])
}

func (h *hasher) version(p *agentapi.Package) digest {
	h.text(p.Name, p.Arch, p.Version, p.Source, p.SourceVersion, p.Origin)
	h.number(p.SizeBytes)
	return h.sum()
}

func (h *hasher) offer(p *agentapi.Patch) digest {
	h.text(p.Name, p.Arch, p.Source, p.CurrentVersion, p.AvailableVersion, p.Origin, p.Suite, string(p.Severity))
	h.number(p.SizeBytes)
	h.flag(p.Security)
	h.flag(p.RequiresReboot)
	h.list(p.Advisories)
	h.list(p.CVEIDs)
	return h.sum()
}

// Bounds of what one update may name; a kernel update names some hundred CVEs.
const (
	maxIDs  = 1000
	maxID   = 64
	maxKept = 500
)

// bounded returns a copy of a patch that is not larger than we keep.
func bounded(p agentapi.Patch) agentapi.Patch {
	p.Advisories, p.CVEIDs = boundedIDs(p.Advisories), boundedIDs(p.CVEIDs)
	if len(p.KeptBack) > maxKept {
		p.KeptBack = strings.ToValidUTF8(p.KeptBack[:maxKept-3], "") + "…"
	}
	return p
}

func boundedIDs(list []string) []string {
	out := make([]string, 0, min(len(list), maxIDs))
	for _, id := range list {
		if id != "" && len(id) <= maxID && len(out) < maxIDs {
			out = append(out, id)
		}
	}
	return out
}

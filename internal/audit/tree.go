package audit

import (
	"golang.org/x/mod/sumdb/tlog"
)

// leafOf is the leaf of a row: SHA-256(0x00, row_hash).
func leafOf(own hash) tlog.Hash { return tlog.RecordHash(own[:]) }

// frontier is a tree of which only the roots of its full subtrees are known,
// largest first: what is needed to go on, and to know the root.
type frontier struct {
	Size  int64       `json:"size"`
	Nodes []tlog.Hash `json:"nodes"`
}

// push appends a leaf and returns the hashes that it completes, in the order in
// which tlog stores them: the leaf first, then upwards.
func (f *frontier) push(leaf tlog.Hash) []tlog.Hash {
	fresh := []tlog.Hash{leaf}
	h := leaf
	for n := f.Size; n&1 == 1; n >>= 1 {
		last := len(f.Nodes) - 1
		h = tlog.NodeHash(f.Nodes[last], h)
		f.Nodes = f.Nodes[:last]
		fresh = append(fresh, h)
	}
	f.Nodes = append(f.Nodes, h)
	f.Size++
	return fresh
}

// root is the hash of the whole tree; the tree has at least one leaf.
func (f *frontier) root() tlog.Hash {
	last := len(f.Nodes) - 1
	h := f.Nodes[last]
	for i := last - 1; i >= 0; i-- {
		h = tlog.NodeHash(f.Nodes[i], h)
	}
	return h
}

// frontierIndexes are the storage indexes of the frontier of a tree.
func frontierIndexes(size int64) []int64 {
	var out []int64
	var done int64
	for level := 62; level >= 0; level-- {
		if size>>level&1 == 1 {
			out = append(out, tlog.StoredHashIndex(level, done>>level))
			done += 1 << level
		}
	}
	return out
}

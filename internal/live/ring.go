package live

import "sort"

// ring keeps the newest ringSize values. Positions count from the first one
// ever pushed.
type ring[T any] struct {
	buf    []T
	pushed int64
}

// push adds a value and returns the one that had to go.
func (r *ring[T]) push(v T) (dropped T, full bool) {
	if len(r.buf) < ringSize {
		r.buf = append(r.buf, v)
		r.pushed++
		return dropped, false
	}
	i := r.pushed % ringSize
	dropped, r.buf[i] = r.buf[i], v
	r.pushed++
	return dropped, true
}

func (r *ring[T]) start() int64 { return r.pushed - int64(len(r.buf)) }

func (r *ring[T]) end() int64 { return r.pushed }

func (r *ring[T]) at(pos int64) T { return r.buf[pos%ringSize] }

// from copies the values from a position on.
func (r *ring[T]) from(pos int64) []T {
	if pos >= r.pushed {
		return nil
	}
	out := make([]T, 0, r.pushed-pos)
	for ; pos < r.pushed; pos++ {
		out = append(out, r.at(pos))
	}
	return out
}

// after copies the values from the first one on for which isAfter holds; the
// values must be sorted by it.
func (r *ring[T]) after(isAfter func(T) bool) []T {
	n := sort.Search(len(r.buf), func(i int) bool { return isAfter(r.at(r.start() + int64(i))) })
	return r.from(r.start() + int64(n))
}

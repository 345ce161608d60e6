package discovery

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"
)

// ResolveFunc answers the names of an address.
type ResolveFunc func(ctx context.Context, address string) ([]string, error)

const (
	nameTime   = time.Second // one question
	maxLookups = 64          // at once
	// giveUpAfter is how many questions in a row may stay without any answer: a
	// name is a courtesy, for which no scan waits longer than some seconds.
	giveUpAfter = maxLookups
)

// namer asks the name servers what an address is called.
type namer struct {
	resolve ResolveFunc
	places  chan struct{}
	failed  atomic.Int32 // in a row
}

func newNamer(resolve ResolveFunc) *namer {
	if resolve == nil {
		resolve = net.DefaultResolver.LookupAddr
	}
	return &namer{resolve: resolve, places: make(chan struct{}, maxLookups)}
}

// again gives name servers that did not answer another chance, with a new scan.
func (n *namer) again() { n.failed.Store(0) }

// name is a name that the name servers give to an address, or none. Who runs the
// reverse zone of an address may give it any name.
func (n *namer) name(ctx context.Context, a netip.Addr) string {
	select {
	case n.places <- struct{}{}:
	case <-ctx.Done():
		return ""
	}
	defer func() { <-n.places }()
	if n.failed.Load() >= giveUpAfter {
		return ""
	}
	limited, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	names, err := n.resolve(limited, a.String())
	var dns *net.DNSError
	if err != nil && !(errors.As(err, &dns) && dns.IsNotFound) {
		n.failed.Add(1)
		return ""
	}
	n.failed.Store(0)
	for _, name := range names {
		if name = strings.ToLower(strings.TrimSuffix(name, ".")); isHostName(name) {
			return name
		}
	}
	return ""
}

// isHostName keeps everything else out of names that people see and register.
func isHostName(name string) bool {
	if len(name) == 0 || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range label {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	_, err := netip.ParseAddr(name)
	return err != nil // an address is no name
}

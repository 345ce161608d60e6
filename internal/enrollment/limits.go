package enrollment

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"patchmanager/internal/apierr"
	"patchmanager/internal/clock"
)

// Requests of one address: checking a certificate request costs CPU, and a
// whole fleet may stand behind one address. Nothing is guessed here (tokens
// have 256 bits), so a limit of this process is enough.
const (
	perSecond    = 10
	burst        = 200
	maxAddresses = 10_000
)

type limits struct {
	clock clock.Clock
	mu    sync.Mutex
	byIP  map[netip.Addr]*rate.Limiter
}

func newLimits(c clock.Clock) *limits {
	return &limits{clock: c, byIP: map[netip.Addr]*rate.Limiter{}}
}

// allow refuses an address that asks too often.
func (l *limits) allow(from netip.Addr) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	lim, ok := l.byIP[from]
	if !ok {
		l.makeRoom(now)
		lim = rate.NewLimiter(perSecond, burst)
		l.byIP[from] = lim
	}
	if lim.AllowN(now, 1) {
		return nil
	}
	return apierr.TooMany(time.Second)
}

// makeRoom forgets addresses whose budget is full again, or else all of them.
func (l *limits) makeRoom(now time.Time) {
	if len(l.byIP) < maxAddresses {
		return
	}
	for a, lim := range l.byIP {
		if lim.TokensAt(now) >= burst {
			delete(l.byIP, a)
		}
	}
	if len(l.byIP) >= maxAddresses {
		clear(l.byIP)
	}
}

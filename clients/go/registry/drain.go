package registry

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// LeaveWindow is for how long after its exit was accepted an instance may still receive requests, because the exit
// has to travel from the broker to each observer. [Registrar.DeRegister] returns when it is over.
const LeaveWindow = 500 * time.Millisecond

// A client that never stops must not keep the process. Process managers often kill after ten seconds.
const maxQuietWait = 8 * LeaveWindow

// Drain shuts down an HTTP server that has left the registry, without failing a request.
// [http.Server.Shutdown] alone closes idle connections at once, and a gateway that has not received the exit
// yet may be sending a request on one.
type Drain struct {
	server *http.Server
	latest atomic.Pointer[time.Time] // when the latest request came; nil if none has
}

// NewDrain wraps the handler of a server, to watch its requests. Call it before the server serves.
func NewDrain(server *http.Server) *Drain {
	drain := &Drain{server: server}
	next := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := time.Now()
		drain.latest.Store(&now)
		next.ServeHTTP(w, r)
	})
	return drain
}

// Shutdown continues to serve until no request has come for a [LeaveWindow], for 4 seconds at most, then shuts the
// server down as [http.Server.Shutdown] does, with its errors. Call it after [Registrar.DeRegister]. If no request
// came while that waited, Shutdown does not wait again.
func (d *Drain) Shutdown(ctx context.Context) error {
	enough, cancel := context.WithTimeout(ctx, maxQuietWait)
	defer cancel()
	for enough.Err() == nil {
		quiet := d.quietAfter()
		if quiet <= 0 {
			break
		}
		_ = systemClock.sleep(enough, quiet)
	}
	return d.server.Shutdown(ctx)
}

// quietAfter returns how long it takes, at the least, until no request has come for a LeaveWindow.
func (d *Drain) quietAfter() time.Duration {
	latest := d.latest.Load()
	if latest == nil {
		return 0
	}
	return LeaveWindow - time.Since(*latest)
}

package registry

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// LeaveWindow is how long after its exit was accepted an instance may still be sent requests: the
// exit has to travel from the broker to each observer. [Registrar.DeRegister] returns when it is over.
const LeaveWindow = 500 * time.Millisecond

// A client that never stops must not keep the process; ten seconds is what process managers grant.
const longestWait = 8 * LeaveWindow

// Drain ends an HTTP server that has left the registry without failing a request.
// [http.Server.Shutdown] alone closes idle connections at once, and a gateway that has not heard of the
// exit yet may be sending on one.
type Drain struct {
	server *http.Server
	latest atomic.Pointer[time.Time] // when the latest request came; nil if none has
}

// NewDrain watches the requests of a server. Call it before the server serves.
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

// Shutdown goes on serving until no request has come for a [LeaveWindow], then shuts the server down as
// [http.Server.Shutdown] does, with its errors. Call it after [Registrar.DeRegister]: if none has come
// while that waited, there is nothing to wait for.
func (d *Drain) Shutdown(ctx context.Context) error {
	enough, cancel := context.WithTimeout(ctx, longestWait)
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

// quietAfter is how long it takes at least until no request has come for a LeaveWindow.
func (d *Drain) quietAfter() time.Duration {
	latest := d.latest.Load()
	if latest == nil {
		return 0
	}
	return LeaveWindow - time.Since(*latest)
}

package registry

import (
	"context"
	"net/http"
	"time"
)

// LeaveWindow is how long after its exit was accepted an instance may still be sent requests: the
// exit has to travel from the broker to each observer.
const LeaveWindow = 500 * time.Millisecond

// A client that never stops must not keep the process; ten seconds is what process managers grant.
const longestWait = 8 * LeaveWindow

// Drain ends an HTTP server that has left the registry without failing a request.
// [http.Server.Shutdown] alone closes idle connections at once, and a gateway that has not heard of the
// exit yet may be sending on one.
type Drain struct {
	server  *http.Server
	arrived chan struct{}
}

// NewDrain watches the requests of a server. Call it before the server serves.
func NewDrain(server *http.Server) *Drain {
	drain := &Drain{server: server, arrived: make(chan struct{}, 1)}
	next := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case drain.arrived <- struct{}{}:
		default: // One that nobody has looked at yet says the same.
		}
		next.ServeHTTP(w, r)
	})
	return drain
}

// Shutdown goes on serving until no request has come for a [LeaveWindow], then shuts the server down
// as [http.Server.Shutdown] does, with its errors. Call it after [Registrar.DeRegister].
func (d *Drain) Shutdown(ctx context.Context) error {
	enough, cancel := context.WithTimeout(ctx, longestWait)
	defer cancel()
	quiet := time.NewTimer(LeaveWindow)
	defer quiet.Stop()
	for {
		select {
		case <-d.arrived:
			quiet.Reset(LeaveWindow)
			continue
		case <-quiet.C:
		case <-enough.Done():
		}
		return d.server.Shutdown(ctx)
	}
}

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/rollcall-dev/rollcall/clients/go/registry"
)

// Together less than the ten seconds that container runtimes give a process to stop.
const (
	leaveTimeout = 3*time.Second + registry.LeaveWindow
	drainTimeout = 6 * time.Second
	// sameWish is for how long further signals count as the first one.
	sameWish = 500 * time.Millisecond
)

// errReported stands for faults that were reported when they occurred.
var errReported = errors.New("failed")

// lifetime is the order of events: listen, register, serve, leave the registry, finish the requests in flight. No
// request is routed here before the server listens, nor after it has stopped.
type lifetime struct {
	registrar      *registry.Registrar
	server         *http.Server
	stdout, stderr io.Writer
	// kill ends the process at once.
	kill func()

	drainer *registry.Drain
}

func (l *lifetime) run(listener net.Listener, signals <-chan os.Signal) error {
	l.drainer = registry.NewDrain(l.server)
	l.registrar.OnRenewalError = func(err error) { l.report("registry", err) }
	l.registrar.OnRegistered = func(service registry.Service) {
		fmt.Fprintf(l.stdout, "registered %s\n", service)
	}
	failed := make(chan error, 1)
	go func() { failed <- l.server.Serve(listener) }()
	fmt.Fprintf(l.stdout, "id-v4 listens on http://%s\n", listener.Addr())

	signalled := l.watch(signals)
	if err := l.registrar.Register(signalled); err != nil && signalled.Err() == nil {
		l.giveUp(err)
		return err
	}
	// A registration that a signal aborted may have been accepted, so the service leaves nevertheless.

	ok := true
	select {
	case <-signalled.Done():
	case err := <-failed:
		ok = l.report("the server failed", err)
	}
	// Both, even if the first one fails.
	ok = l.leave() && ok
	ok = l.drain() && ok
	if !ok {
		return errReported
	}
	return nil
}

// watch returns a context that ends with the first signal. A later one ends the process, unless it follows at once:
// timeout(1) signals its command and then its process group, and npm repeats Ctrl+C.
func (l *lifetime) watch(signals <-chan os.Signal) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-signals
		since := time.Now()
		cancel()
		for range signals {
			if time.Since(since) > sameWish {
				fmt.Fprintln(l.stderr, "id-v4: a second signal: ended at once")
				l.kill()
			}
		}
	}()
	return ctx
}

// giveUp stops a service that could not register. If only the broker's response was lost, gateways know the instance, so
// it tries to leave. Only the first fault is reported.
func (l *lifetime) giveUp(err error) {
	var fault *registry.Error
	if errors.As(err, &fault) && fault.Code == registry.CodeBrokerUnreachable {
		ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
		defer cancel()
		_ = l.registrar.DeRegister(ctx)
	}
	_ = l.server.Close()
}

func (l *lifetime) leave() bool {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	if err := l.registrar.DeRegister(ctx); err != nil {
		return l.report("could not leave the registry", err)
	}
	fmt.Fprintln(l.stdout, "left the registry")
	return true
}

func (l *lifetime) drain() bool {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	if err := l.drainer.Shutdown(ctx); err != nil {
		_ = l.server.Close()
		return l.report("requests under way were cut off", err)
	}
	return true
}

// report prints a fault that must not prevent the remaining steps.
func (l *lifetime) report(what string, err error) (ok bool) {
	fmt.Fprintf(l.stderr, "id-v4: %s: %s\n", what, err)
	return false
}

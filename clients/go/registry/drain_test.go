package registry

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"
)

func TestDrainServesWhatStillComesAndThenStops(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	drain := NewDrain(server)
	go func() { _ = server.Serve(listener) }()
	url := "http://" + listener.Addr().String()
	ask := func() error {
		response, err := http.Get(url)
		if err == nil {
			err = response.Body.Close()
		}
		return err
	}

	if err := ask(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	begun := time.Now()
	go func() { ended <- drain.Shutdown(context.Background()) }()
	// Each comes well within the window of the one before, and the last long after the first window.
	for time.Since(begun) < 2*LeaveWindow {
		if err := ask(); err != nil {
			t.Fatalf("a request that came after %s failed: %v", time.Since(begun), err)
		}
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if ask() == nil {
		t.Error("it still serves after Shutdown has returned")
	}
}

// DeRegister has waited already: only what came meanwhile is a reason to wait.
func TestDrainWaitsOnlyForWhatCameLately(t *testing.T) {
	drain := NewDrain(&http.Server{})
	if wait := drain.quietAfter(); wait > 0 {
		t.Errorf("waits %s though none has come", wait)
	}
	for _, c := range []struct {
		ago   time.Duration
		waits bool
	}{{LeaveWindow, false}, {0, true}} {
		latest := time.Now().Add(-c.ago)
		drain.latest.Store(&latest)
		if wait := drain.quietAfter(); wait > 0 != c.waits {
			t.Errorf("waits %s for one that came %s ago", wait, c.ago)
		}
	}
}

func TestDrainDoesNotWaitForAClientThatNeverStops(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	drain := NewDrain(server)
	go func() { _ = server.Serve(listener) }()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			response, err := http.Get("http://" + listener.Addr().String())
			if err != nil {
				return
			}
			_ = response.Body.Close()
		}
	}()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = drain.Shutdown(ctx)
	_ = server.Close()
	<-stopped
}

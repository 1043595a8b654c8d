package registry

import (
	"context"
	"testing"
	"time"
)

// inTime only keeps a broken program from holding up the tests.
const inTime = 20 * time.Second

func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(inTime):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// untilIdle waits for the broker's answer to what is being published: others hear of it before.
func untilIdle(t *testing.T, r *Registrar) {
	t.Helper()
	release, err := r.takeTurn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	release()
}

func mustDo(t *testing.T, do func(context.Context) error) {
	t.Helper()
	if err := do(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// ticker is time as a test makes it pass.
type ticker struct {
	asked chan time.Duration
	ticks chan time.Time
}

func tick(r *Registrar) *ticker {
	t := &ticker{asked: make(chan time.Duration, 1000), ticks: make(chan time.Time)}
	r.clock.after = func(d time.Duration) <-chan time.Time {
		t.asked <- d
		return t.ticks
	}
	return t
}

func (c *ticker) pass(t *testing.T) {
	t.Helper()
	select {
	case c.ticks <- time.Time{}:
	case <-time.After(inTime):
		t.Fatal("nobody waits for the next third")
	}
}

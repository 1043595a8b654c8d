package registry

import (
	"context"
	"math/rand/v2"
	"time"
)

// clock is the source of time and of random waits. Tests have their own.
type clock struct {
	now   func() time.Time
	after func(time.Duration) <-chan time.Time
	// upTo returns a random time below max.
	upTo func(max time.Duration) time.Duration
}

var systemClock = clock{now: time.Now, after: time.After, upTo: func(max time.Duration) time.Duration {
	if max <= 0 {
		return 0
	}
	return rand.N(max)
}}

// sleep waits. It returns early, with the context's error, when the context ends.
func (c clock) sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	select {
	case <-c.after(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// jittered returns a time that is up to a tenth shorter, so that instances which were started together do not stay
// in step.
func (c clock) jittered(d time.Duration) time.Duration { return d - c.upTo(d/10) }

// timer is one point in time, or none.
type timer struct {
	clock
	due  time.Time
	tick <-chan time.Time // nil while there is none
}

func (t *timer) in(d time.Duration) { t.due, t.tick = t.now().Add(d), t.after(d) }

// within moves it to d from now, if it is later or there is none.
func (t *timer) within(d time.Duration) {
	if t.tick == nil || t.now().Add(d).Before(t.due) {
		t.in(d)
	}
}

func (t *timer) stop() { t.tick = nil }

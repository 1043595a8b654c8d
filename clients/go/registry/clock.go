package registry

import (
	"context"
	"math/rand/v2"
	"time"
)

// clock is time as the system makes it pass; tests have another.
type clock struct {
	now   func() time.Time
	after func(time.Duration) <-chan time.Time
	// upTo is a random time below max.
	upTo func(max time.Duration) time.Duration
}

var systemClock = clock{now: time.Now, after: time.After, upTo: func(max time.Duration) time.Duration {
	if max <= 0 {
		return 0
	}
	return rand.N(max)
}}

// sleep returns early, with the context's error, when the context ends.
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

// jittered is up to a tenth sooner, so that instances that were started together do not stay in step.
func (c clock) jittered(d time.Duration) time.Duration { return d - c.upTo(d/10) }

// timer is one point in time ahead, or none.
type timer struct {
	clock
	due  time.Time
	tick <-chan time.Time // nil while there is none
}

func (t *timer) in(d time.Duration) { t.due, t.tick = t.now().Add(d), t.after(d) }

// within makes it sooner, if it is later or there is none.
func (t *timer) within(d time.Duration) {
	if t.tick == nil || t.now().Add(d).Before(t.due) {
		t.in(d)
	}
}

func (t *timer) stop() { t.tick = nil }

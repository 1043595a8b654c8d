package registry

import (
	"context"
	"math/rand/v2"
	"time"
)

// DefaultTTL is how many seconds an announcement is good for if [Service.TTL] is 0.
const DefaultTTL = 30

// renewalPatience is how long an exit waits for the answer to a renewal that is under way.
const renewalPatience = time.Second

// lease repeats the announcement from a successful Register to the next DeRegister.
type lease struct {
	// No renewal begins after ended; one that is under way goes on until cut.
	ended, cut       context.Context
	end, cutUnderWay context.CancelFunc
	// done is closed when the last renewal is over.
	done chan struct{}
}

// beginLease does nothing if there is one. Only with turn.
func (r *Registrar) beginLease() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lease != nil {
		return
	}
	l := &lease{done: make(chan struct{})}
	l.ended, l.end = context.WithCancel(context.Background())
	l.cut, l.cutUnderWay = context.WithCancel(context.Background())
	r.lease = l
	go r.renew(l, time.Duration(r.service.TTL)*time.Second/3)
}

// endLease lets no further renewal begin. One that is under way keeps the turn for the time of r.patience
// at most, and no longer than until settle is called.
func (r *Registrar) endLease() (settle func()) {
	r.mu.Lock()
	l := r.lease
	r.lease = nil
	r.mu.Unlock()
	if l == nil {
		return func() {}
	}
	l.end()
	patience := time.AfterFunc(r.patience, l.cutUnderWay)
	return func() {
		patience.Stop()
		l.cutUnderWay()
	}
}

func (r *Registrar) hasLease() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lease != nil
}

func (r *Registrar) renew(l *lease, third time.Duration) {
	defer close(l.done)
	tick := r.after(jittered(third))
	for {
		select {
		case <-tick:
		case <-l.ended.Done():
			return
		}
		// From now, not from the answer: one that is slow to come must not cost a third.
		tick = r.after(jittered(third))
		if err := r.renewOnce(l); err != nil && r.OnRenewalError != nil {
			r.OnRenewalError(err)
		}
	}
}

// renewOnce tries once: the next third is the next try.
func (r *Registrar) renewOnce(l *lease) error {
	release, err := r.takeTurn(l.ended)
	if err != nil {
		return nil
	}
	defer release()
	if l.ended.Err() != nil { // It may end while the turn is taken.
		return nil
	}
	err = r.broker.publishOnce(l.cut, "register", r.payload)
	if l.ended.Err() != nil {
		return nil // The exit makes up for it.
	}
	return err
}

// jittered is up to a tenth sooner, so that instances that were started together do not stay in step.
func jittered(d time.Duration) time.Duration {
	return d - rand.N(d/10)
}

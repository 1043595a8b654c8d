package registry

import (
	"context"
	"time"
)

// DefaultTTL is how many seconds an announcement is good for in lease mode if [Service.TTL] is 0.
const DefaultTTL = 300

const (
	// exitPatience is how long an exit waits for the answer to an announcement that is under way.
	exitPatience = time.Second
	// firstRetry is the wait after an announcement that failed. It doubles from there.
	firstRetry = time.Second
)

// keeper keeps the service known from a successful Register to the next DeRegister: it repeats the
// announcement whenever that is due, and in presence mode stays in the presence channel.
type keeper struct {
	*Registrar
	// Nothing begins after ended; an announcement that is under way goes on until cut; the presence channel
	// is left once gone.
	ended, cut, gone       context.Context
	end, cutUnderWay, part context.CancelFunc
	// failed is sent to when an Update could not be announced.
	failed chan struct{}
	// done is closed when all is over.
	done chan struct{}

	// The rest is for run alone.
	next     timer         // when it is announced again
	retry    time.Duration // the wait after the next failure
	presence presence      // empty in lease mode
}

// keep begins a keeper; there must be none. Only with turn.
func (r *Registrar) keep(entered presence) {
	k := &keeper{
		Registrar: r,
		failed:    make(chan struct{}, 1),
		done:      make(chan struct{}),
		next:      timer{clock: r.clock},
		presence:  entered,
	}
	k.retry = min(firstRetry, k.third())
	k.ended, k.end = context.WithCancel(context.Background())
	k.cut, k.cutUnderWay = context.WithCancel(context.Background())
	k.gone, k.part = context.WithCancel(context.Background())
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keeper = k
	go k.run()
}

func (r *Registrar) kept() *keeper {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keeper
}

// dismiss ends the keeper, if there is one. Of the functions that it returns, settle cuts the announcement
// under way, which keeps the turn for exitPatience at most, and part leaves the presence channel.
func (r *Registrar) dismiss() (settle, part func()) {
	r.mu.Lock()
	k := r.keeper
	r.keeper = nil
	r.mu.Unlock()
	if k == nil {
		return func() {}, func() {}
	}
	k.end()
	patience := time.AfterFunc(r.patience, k.cutUnderWay)
	return func() {
		patience.Stop()
		k.cutUnderWay()
	}, k.part
}

func (k *keeper) run() {
	defer close(k.done)
	k.rest()
	k.hearAll(k.presence.early)
	for k.ended.Err() == nil {
		select {
		case <-k.next.tick:
			k.announce()
		case <-k.failed:
			k.next.within(k.clock.jittered(k.retry))
		case heard, ok := <-k.presence.heard():
			if ok {
				k.hear(heard)
			} else {
				k.lose()
			}
		case <-k.presence.again.tick:
			k.enterAgain()
		case <-k.presence.outbids.due:
			k.outbid()
		case <-k.ended.Done():
		}
	}
	<-k.gone.Done()
	k.presence.leave()
}

// rest is until the lease is renewed, or until something happens.
func (k *keeper) rest() {
	if k.broker.config.Mode == Lease {
		k.next.in(k.clock.jittered(k.third()))
	} else {
		k.next.stop()
	}
}

func (k *keeper) announce() {
	// From now, not from the answer: one that is slow to come must not cost a third.
	k.rest()
	if err := k.announceOnce(); err != nil {
		k.next.within(k.clock.jittered(k.retry))
		k.retry = min(2*k.retry, k.third())
		k.report(err)
		return
	}
	k.retry = min(firstRetry, k.third())
}

// announceOnce tries once: what fails is tried again when others have had the turn.
func (k *keeper) announceOnce() error {
	release, err := k.takeTurn(k.ended)
	if err != nil {
		return nil
	}
	defer release()
	if k.ended.Err() != nil { // It may end while the turn is taken.
		return nil
	}
	err = k.broker.publishOnce(k.cut, "register", k.payload)
	if k.ended.Err() != nil {
		return nil // The exit makes up for it.
	}
	return err
}

func (k *keeper) report(err error) {
	if k.OnRenewalError != nil {
		k.OnRenewalError(err)
	}
}

// third is how long the announcement rests in lease mode, and the longest wait between retries in both.
func (r *Registrar) third() time.Duration {
	ttl := DefaultTTL
	if r.broker.config.Mode == Lease {
		ttl = r.Service().TTL
	}
	return time.Duration(ttl) * time.Second / 3
}

package registry

import (
	"context"
	"time"
)

// DefaultTTL is for how many seconds an announcement is valid in lease mode if [Service.TTL] is 0.
const DefaultTTL = 300

const (
	// maxExitWait is how long an exit waits for the response to an announcement in progress.
	maxExitWait = time.Second
	// firstRetry is the wait after an announcement that failed. It doubles with each further failure.
	firstRetry = time.Second
	// maxRetry is the longest wait of a service that is not registered.
	maxRetry = 30 * time.Second
)

// keeper keeps the service known from a successful Register to the next DeRegister. It repeats the announcement
// whenever that is due, and in presence mode stays in the presence channel.
type keeper struct {
	*Registrar
	// After ended, nothing is started. After cut, an announcement in progress is aborted. After gone, the
	// presence channel is left.
	ended, cut, gone       context.Context
	end, cutUnderWay, part context.CancelFunc
	// failed receives a value when an Update could not be announced.
	failed chan struct{}
	// moved receives a value when the run continues as a later one, because of what came by another broker.
	moved chan struct{}
	// done is closed when the keeper has stopped.
	done chan struct{}

	// Only run uses the rest.
	next     timer         // when to announce again
	retry    time.Duration // the wait after the next failure
	presence presence      // empty in lease mode
}

// keep starts a keeper. There must be none. The caller has the turn.
func (r *Registrar) keep(entered presence) {
	k := &keeper{
		Registrar: r,
		failed:    make(chan struct{}, 1),
		moved:     make(chan struct{}, 1),
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

// endKeeper stops the keeper, if there is one. Of the functions that it returns, settle aborts an announcement in
// progress, which keeps the turn for maxExitWait at most, and part leaves the presence channel.
func (r *Registrar) endKeeper() (settle, part func()) {
	r.mu.Lock()
	k := r.keeper
	r.keeper = nil
	r.mu.Unlock()
	if k == nil {
		return func() {}, func() {}
	}
	k.end()
	patience := time.AfterFunc(r.exitWait, k.cutUnderWay)
	return func() {
		patience.Stop()
		k.cutUnderWay()
	}, k.part
}

func (k *keeper) run() {
	defer close(k.done)
	k.rest()
	if k.isPending.Load() { // Register has failed.
		k.tryAgain()
	}
	k.handleAll(k.presence.early)
	for k.ended.Err() == nil {
		select {
		case <-k.next.tick:
			k.announce()
		case <-k.failed:
			k.next.within(k.clock.jittered(k.retry))
		case received, ok := <-k.presence.received():
			if ok {
				k.handle(received)
			} else {
				k.lose()
			}
		case <-k.presence.again.tick:
			k.reenter()
		case <-k.presence.outbids.due:
			k.outbid()
		case <-k.moved:
			k.follow()
		case <-k.ended.Done():
		}
	}
	<-k.gone.Done()
	k.presence.leave()
}

// tryAgain schedules the next attempt of a Register that has failed.
func (k *keeper) tryAgain() {
	if k.broker.config.Mode == Lease {
		k.next.in(k.clock.jittered(k.retry))
	} else {
		k.lose()
	}
}

// rest schedules the next renewal of the lease, if there is one.
func (k *keeper) rest() {
	if k.broker.config.Mode == Lease {
		k.next.in(k.clock.jittered(k.third()))
	} else {
		k.next.stop()
	}
}

func (k *keeper) announce() {
	// From now, and not from the response: a slow response must not delay the next renewal.
	k.rest()
	if err := k.announceOnce(); err != nil {
		k.next.within(k.clock.jittered(k.retry))
		k.retry = min(2*k.retry, k.third())
		if k.isPending.Load() { // Register has reported it.
			k.retry = min(k.retry, maxRetry)
		} else {
			k.report(err)
		}
		return
	}
	k.retry = min(firstRetry, k.third())
}

// announceOnce makes one attempt. A failed one is repeated after others have had the turn.
func (k *keeper) announceOnce() error {
	release, err := k.takeTurn(k.ended)
	if err != nil {
		return nil
	}
	defer release()
	if k.ended.Err() != nil { // It may end while it waits for the turn.
		return nil
	}
	if err := k.correctAddress(k.ended); err != nil {
		return err
	}
	err = k.broker.publishOnce(k.cut, "register", k.identity.payload("register"))
	if err == nil && k.isPending.CompareAndSwap(true, false) {
		k.registered()
	}
	if k.ended.Err() != nil {
		return nil // The exit replaces it.
	}
	return err
}

// third is the time between two renewals in lease mode, and the longest wait between retries in both modes.
func (r *Registrar) third() time.Duration {
	ttl := DefaultTTL
	if r.broker.config.Mode == Lease {
		ttl = r.Service().TTL
	}
	return time.Duration(ttl) * time.Second / 3
}

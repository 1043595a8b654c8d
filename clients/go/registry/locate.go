package registry

import (
	"context"
	"slices"
	"time"
)

// A search asks the auth server again and again where the registry is, after a Register that it did not answer, and then
// registers the service.
type search struct {
	// After end, nothing is started. After cut, announcements in progress are aborted.
	end, cut context.CancelFunc
	done     chan struct{}
}

// locate asks the auth server where the registry is, unless it has said so. It makes three attempts. The service has the
// registrars of its brokers from then on.
func (r *Registrar) locate(ctx context.Context) error {
	if !r.isUnlocated() {
		return nil
	}
	var at authRegistry
	err := r.broker.withRetries(ctx, func() (failed *fault) {
		at, failed = r.broker.auth.registry(ctx)
		return failed
	})
	if err != nil {
		return err
	}
	var located []*Registrar
	for _, each := range at.brokers {
		located = append(located, r.at(r.broker.located(at.channels, each)))
	}
	r.identity.signBy(located[0].broker.signer)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.others == nil {
		r.others = located
	}
	return nil
}

// isUnlocated reports whether it is not known where the registry is.
func (r *Registrar) isUnlocated() bool { return r.broker.auth != nil && len(r.all()) == 0 }

// searchOn goes on asking where the registry is. The first attempts have failed.
func (r *Registrar) searchOn(err error) {
	ended, end := context.WithCancel(context.Background())
	underWay, cut := context.WithCancel(context.Background())
	s := &search{end: end, cut: cut, done: make(chan struct{})}
	r.mu.Lock()
	r.search = s
	r.mu.Unlock()
	go func() {
		defer close(s.done)
		var known faults
		for wait := firstRetry; err != nil; wait = min(2*wait, maxRetry) {
			if ended.Err() == nil && known.isNew(err) {
				r.reportStart(r.notYet(err))
			}
			if r.clock.sleep(ended, r.clock.jittered(wait)) != nil {
				return
			}
			err = r.locate(ended)
		}
		if ended.Err() == nil {
			_ = r.registerAtEach(underWay, false) // what fails is reported, and retried
		}
	}()
}

// endStart waits for the Register under way, and ends the search that it has left. It does nothing without an auth server. The
// next one waits until release. An announcement in progress has some time to be accepted.
func (r *Registrar) endStart(ctx context.Context, patience time.Duration) (release func(), _ error) {
	if r.broker.auth == nil {
		return func() {}, nil
	}
	release, err := r.takeTurn(ctx)
	if err != nil {
		return nil, err
	}
	r.endSearch(ctx, patience)
	return release, nil
}

func (r *Registrar) endSearch(ctx context.Context, patience time.Duration) {
	r.mu.Lock()
	s := r.search
	r.search = nil
	r.mu.Unlock()
	if s == nil {
		return
	}
	s.end()
	defer s.cut()
	defer time.AfterFunc(patience, s.cut).Stop()
	select {
	case <-s.done:
	case <-ctx.Done():
		s.cut()
		<-s.done
	}
}

// faults are the kinds of faults that were reported.
type faults struct{ codes []Code }

// isNew reports whether no error of this kind was reported, and records it.
func (f *faults) isNew(err error) bool {
	code := codeOf(err)
	if slices.Contains(f.codes, code) {
		return false
	}
	f.codes = append(f.codes, code)
	return true
}

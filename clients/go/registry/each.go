package registry

import (
	"context"
	"slices"
	"time"
)

// othersLeaveWait is how much longer the other brokers have once one has accepted an exit.
const othersLeaveWait = 500 * time.Millisecond

// all returns the registrar at each broker. There is none as long as an auth server has not said where the registry is.
func (r *Registrar) all() []*Registrar {
	first := r.first
	first.mu.Lock()
	defer first.mu.Unlock()
	if first.broker.auth != nil {
		return slices.Clone(first.others)
	}
	return append([]*Registrar{first}, first.others...)
}

// outcome is what came of an act at one broker.
type outcome struct {
	at   *Registrar
	done bool
	err  error
}

// atEach acts at every broker at once. It returns nil when one has done it, and the others have ended or have had so much
// longer, in which they go on. If none has done it, it returns the first error, if there is one. failed is called for each
// that has failed, with whether another one has done it, and returns what is left of the error.
func (r *Registrar) atEach(
	ctx context.Context,
	othersWait time.Duration,
	act func(context.Context, *Registrar) (bool, error),
	failed func(ctx context.Context, at *Registrar, err error, isAnywhere bool) error,
) error {
	all := r.all()
	// Where there are several, what one has done is done, so that the end of ctx must not end it elsewhere.
	shared, release := ctx, func() bool { return true }
	if len(all) > 1 {
		untied, cancel := context.WithCancel(context.WithoutCancel(ctx))
		shared, release = untied, context.AfterFunc(ctx, cancel)
	}
	outcomes := make(chan outcome, len(all))
	for _, at := range all {
		go func() {
			done, err := act(shared, at)
			outcomes <- outcome{at, done, err}
		}()
	}
	var failures []outcome
	for ended := 1; ended <= len(all); ended++ {
		one := <-outcomes
		if one.err != nil {
			failures = append(failures, one)
		}
		if !one.done {
			continue
		}
		release()
		rest := make(chan struct{})
		go func() {
			defer close(rest)
			report := func(each outcome) { _ = failed(context.WithoutCancel(ctx), each.at, each.err, true) }
			for _, each := range failures {
				report(each)
			}
			// One that hangs holds up what follows at no other.
			for ; ended < len(all); ended++ {
				if other := <-outcomes; other.err != nil {
					report(other)
				}
			}
		}()
		if len(all) > 1 && othersWait > 0 {
			select {
			case <-rest:
			case <-time.After(othersWait):
			}
		}
		return nil
	}
	var first error
	for _, each := range failures {
		if err := failed(ctx, each.at, each.err, false); err != nil && (first == nil || each.at == all[0]) {
			first = err
		}
	}
	return first
}

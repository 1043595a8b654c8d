package registry

import (
	"context"
	"fmt"
	"time"
)

// DeRegister announces at every broker that the service leaves. It returns nil once one has accepted that and a
// [LeaveWindow] has passed, in which requests may still come; the others have half a second more. Call it before the service stops listening. After it has
// succeeded, further calls do nothing until the next Register. After it has failed, it can be called again. Its
// errors are those of Register, or that of the context if it ends within the window.
//
// If it fails, the service is no longer kept known, so that observers notice the end of the lease or of the
// presence.
//
//	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
//	defer cancel()
//	err := registrar.DeRegister(ctx)
func (r *Registrar) DeRegister(ctx context.Context) error {
	release, err := r.endStart(ctx, r.exitWait)
	if err != nil {
		return err
	}
	release()
	err = r.atEach(ctx, othersLeaveWait, func(ctx context.Context, at *Registrar) (bool, error) {
		return at.deRegister(ctx)
	}, func(_ context.Context, at *Registrar, err error, isAnywhere bool) error {
		if isAnywhere {
			at.report(err)
			return nil
		}
		return err
	})
	r.identity.withdraw()
	return err
}

// deRegister announces at this broker that the service leaves, and returns whether there was anything to withdraw. It is in
// its presence channel until the end: an observer may learn that it is gone from there before it takes in the exit.
func (r *Registrar) deRegister(ctx context.Context) (isWithdrawn bool, _ error) {
	var parts []func()
	defer func() {
		for _, part := range parts {
			part()
		}
	}()
	accepted, err := r.exit(ctx, func(part func()) { parts = append(parts, part) })
	if err != nil || accepted.IsZero() {
		return false, err
	}
	if err := r.clock.sleep(ctx, r.leaveWindow-r.clock.now().Sub(accepted)); err != nil {
		return false, fmt.Errorf("the exit was accepted less than %s ago, so that requests may still come: %w", r.leaveWindow, err)
	}
	return true, nil
}

// exit publishes the exit, unless it was accepted before, and returns when it was accepted. later receives what leaves the
// presence channel.
func (r *Registrar) exit(ctx context.Context, later func(part func())) (accepted time.Time, _ error) {
	run, _ := r.identity.exit()
	// Before it has the turn, because the keeper may have it for an announcement.
	settle, part := r.endKeeper()
	later(part)
	release, err := r.takeTurn(ctx)
	settle()
	if err != nil {
		return time.Time{}, err
	}
	defer release()
	now, payload := r.identity.exit()
	if now != run {
		return time.Time{}, nil // A Register has begun another one meanwhile.
	}
	_, part = r.endKeeper() // that of a Register which had the turn
	later(part)
	if r.phase == left {
		return r.leftAt, nil
	}
	if r.isPending.CompareAndSwap(true, false) {
		return r.exitUnaccepted(ctx, payload), nil
	}
	r.phase = leaving
	r.identity.end()
	if err := r.broker.publish(ctx, "exit", payload); err != nil {
		return time.Time{}, err
	}
	r.phase, r.leftAt = left, r.clock.now()
	return r.leftAt, nil
}

// exitUnaccepted publishes the exit at a broker that has accepted no announcement, if another one has: one may have arrived
// nevertheless, whose response was lost. It makes one attempt. It returns when the exit was accepted, if it was.
func (r *Registrar) exitUnaccepted(ctx context.Context, payload []byte) time.Time {
	r.phase = unannounced
	if !r.identity.isAcceptedAnywhere() {
		return time.Time{} // There is nothing to withdraw.
	}
	ctx, cancel := context.WithTimeout(ctx, r.exitWait)
	defer cancel()
	if r.broker.publishOnce(ctx, "exit", payload) != nil {
		return time.Time{}
	}
	r.phase, r.leftAt = left, r.clock.now()
	return r.leftAt
}

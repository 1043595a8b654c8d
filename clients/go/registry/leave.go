package registry

import (
	"context"
	"fmt"
	"time"
)

// DeRegister announces that the service leaves, and returns nil only when the broker has accepted it and a
// [LeaveWindow] has passed since then, in which requests may still come. Call it before the service stops
// to listen. After it has succeeded, further calls do nothing until the next Register; after it has
// failed, it can be called again. Errors are those of Register; or the context's, if that ends within the
// window.
//
// The service is no longer kept known when it publishes, also if it fails: then observers learn from the
// end of the lease, or of the presence.
func (r *Registrar) DeRegister(ctx context.Context) error {
	accepted, err := r.exit(ctx)
	if err != nil {
		return err
	}
	if err := r.clock.sleep(ctx, r.leaveWindow-r.clock.now().Sub(accepted)); err != nil {
		return fmt.Errorf("the exit was accepted less than %s ago, so that requests may still come: %w", r.leaveWindow, err)
	}
	return nil
}

// exit returns when the exit was accepted.
func (r *Registrar) exit(ctx context.Context) (accepted time.Time, _ error) {
	// Already now: what has the turn may be an announcement of the keeper.
	settle, part := r.dismiss()
	defer part()
	release, err := r.takeTurn(ctx)
	settle()
	if err != nil {
		return time.Time{}, err
	}
	defer release()
	_, part = r.dismiss() // that of a Register which had the turn
	defer part()
	if r.phase == left {
		return r.leftAt, nil
	}
	r.phase = leaving
	if err := r.broker.publish(ctx, "exit", r.payload); err != nil {
		return time.Time{}, err
	}
	r.phase, r.leftAt = left, r.clock.now()
	return r.leftAt, nil
}

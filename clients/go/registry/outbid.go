package registry

import "time"

// outbid returns the incarnation as which an owner has to continue if another program holds this of its instance:
// a later run, or the same run as one that has left.
func outbid(own, held Service, left bool) (next int64, needed bool) {
	if held.ID != own.ID || held.Inc < own.Inc || held.Inc == own.Inc && !left {
		return 0, false
	}
	return held.Inc + 1, true
}

const (
	minOutbidWait = time.Second
	maxOutbidWait = time.Minute
)

// outbids spaces outbids, so that two programs which share one ID do not outbid each other without pause.
type outbids struct {
	clock
	// next is the highest incarnation that was needed since the latest outbid.
	next int64
	// due is nil while no outbid is needed.
	due <-chan time.Time

	wait      time.Duration // between the latest outbid and the next one
	notBefore time.Time
}

func (o *outbids) need(next int64) {
	o.next = max(o.next, next)
	if o.due == nil {
		o.due = o.after(max(0, o.notBefore.Sub(o.now())))
	}
}

// done records that an outbid was made, or has failed.
func (o *outbids) done() {
	o.due, o.next = nil, 0
	o.wait = min(max(2*o.wait, minOutbidWait), maxOutbidWait)
	o.notBefore = o.now().Add(o.wait)
}

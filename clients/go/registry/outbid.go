package registry

import "time"

// outbid is the incarnation as which an owner goes on that is told of its own ID, if it has to: what it was
// told would win over what it says, or has ended it.
func outbid(own, told Service, left bool) (next int64, needed bool) {
	if told.ID != own.ID || told.Inc < own.Inc || told.Inc == own.Inc && !left {
		return 0, false
	}
	return told.Inc + 1, true
}

const (
	shortestOutbidWait = time.Second
	longestOutbidWait  = time.Minute
)

// outbids keeps two programs that share one ID from outbidding each other without pause.
type outbids struct {
	clock
	// next is the highest incarnation that was needed since the latest.
	next int64
	// due is nil while none is needed.
	due <-chan time.Time

	wait      time.Duration // between the latest and the one after it
	notBefore time.Time
}

func (o *outbids) need(next int64) {
	o.next = max(o.next, next)
	if o.due == nil {
		o.due = o.after(max(0, o.notBefore.Sub(o.now())))
	}
}

// done is called when one was made, or has failed.
func (o *outbids) done() {
	o.due, o.next = nil, 0
	o.wait = min(max(2*o.wait, shortestOutbidWait), longestOutbidWait)
	o.notBefore = o.now().Add(o.wait)
}

package registry

import (
	"sync"
	"time"
)

// incarnations numbers the runs of the instances of this process: by the clock, so that a later process has higher
// numbers, and never the same twice, even if the clock is set back.
type incarnations struct {
	now func() time.Time

	mu   sync.Mutex
	last int64
}

var ofThisProcess = &incarnations{now: time.Now}

// passed makes later numbers higher than inc, which another program gave to an instance.
func (i *incarnations) passed(inc int64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last = max(i.last, inc)
}

func (i *incarnations) next() int64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last = max(i.last+1, i.now().UnixMilli())
	return i.last
}

package registry

import (
	"sync"
	"time"
)

// incarnations numbers the runs of the instances of this process: by the clock, so that a later process
// has higher ones, and never the same twice, whatever the clock does meanwhile.
type incarnations struct {
	now func() time.Time

	mu   sync.Mutex
	last int64
}

var ofThisProcess = &incarnations{now: time.Now}

// passed sees to it that those to come are later than inc, which was given to an instance elsewhere.
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

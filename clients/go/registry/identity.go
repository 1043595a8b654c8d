package registry

import (
	"bytes"
	"encoding/json"
	"sync"
)

// identity is what the service announces, the same at every broker: one run, whose announcements are numbered once.
type identity struct {
	mu      sync.Mutex
	service Service
	text    []byte
	// signer is nil unless the service has a key.
	signer *signer
	// isAddressGuessed means that the way to a broker was not known when the address was chosen.
	isAddressGuessed bool
	// isAnnounced means that the service, as it is, was published, or is about to be.
	isAnnounced bool
	// isOver means that an exit of this run was published.
	isOver bool
	// isAccepted means that a broker has accepted this run.
	isAccepted bool
	// run counts the runs that a Register has begun.
	run int
}

// check refuses a valid service for a further reason.
type check func(Service) error

func (i *identity) current() Service {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.service.clone()
}

// payload returns the announcement as it is published by an event.
func (i *identity) payload(event string) []byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.signed(event)
}

// exit returns the number of the run, and the announcement as its exit is published.
func (i *identity) exit() (run int, payload []byte) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.run, i.signed("exit")
}

// signed returns the announcement as it is published. The caller has the lock.
func (i *identity) signed(event string) []byte {
	if i.signer == nil {
		return i.text
	}
	text, _ := json.Marshal(i.signer.sign(event, i.service)) // it was JSON without the signature
	return text
}

// signBy signs by the key of the service in the registry's name.
func (i *identity) signBy(signer *signer) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.signer = signer
}

func (i *identity) set(service Service, allowed check) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.replace(service, allowed)
}

// replace sets the announcement. The caller has the lock.
func (i *identity) replace(service Service, allowed check) error {
	if err := service.Validate(); err != nil {
		return err
	}
	if err := allowed(service); err != nil {
		return err
	}
	text, err := json.Marshal(service)
	if err != nil {
		return err
	}
	i.service, i.text = service, text
	return nil
}

// begin gives the service a new run if its last one is over: observers that received the exit take it for ended.
func (i *identity) begin(incarnations *incarnations, allowed check) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.isOver {
		service := i.service.clone()
		service.Inc, service.Seq = incarnations.next(), 0
		if err := i.replace(service, allowed); err != nil {
			return err
		}
		i.isOver, i.isAccepted = false, false
		i.run++
	}
	i.isAnnounced = true
	return nil
}

// change changes the announcement, under the next number if it was announced. It returns whether that changes anything.
func (i *identity) change(change func(*Service), allowed check) (bool, error) {
	before := i.current()
	after := i.current()
	change(&after)        // It must not call the registrar, but may be slow.
	after = after.clone() // It may have kept references.
	if err := after.Validate(); err != nil {
		return false, cannot("update", err)
	}
	if !after.isSameInstance(before) {
		return false, &Error{
			Code:    CodeAnnouncement,
			Message: "cannot update: prefix, port, address, id, inc, seq and ttl cannot change",
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	// It may have continued as a later run, or have got its address, meanwhile.
	after.Inc, after.Seq, after.Address = i.service.Inc, i.service.Seq, i.service.Address
	if text, err := json.Marshal(after); err == nil && bytes.Equal(text, i.text) {
		return false, nil
	}
	if i.isAnnounced || i.isOver {
		after.Seq++
	}
	if err := i.replace(after, allowed); err != nil {
		return false, cannot("update", err)
	}
	return true, nil
}

// continueAs gives the run a later incarnation, unless it has one already.
func (i *identity) continueAs(inc int64, allowed check) (was, is Service, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	was = i.service.clone()
	if inc <= was.Inc {
		return was, was, nil
	}
	is = i.service.clone()
	is.Inc, is.Seq = inc, 0
	if err := i.replace(is, allowed); err != nil {
		return was, was, err
	}
	return was, is, nil
}

func (i *identity) isGuessed() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.isAddressGuessed
}

// correct replaces a guessed address.
func (i *identity) correct(address string, allowed check) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.isAddressGuessed {
		return nil
	}
	service := i.service.clone()
	service.Address = address
	if err := i.replace(service, allowed); err != nil {
		return err
	}
	i.isAddressGuessed = false
	return nil
}

// isFirstAcceptance reports whether no broker had accepted this run.
func (i *identity) isFirstAcceptance() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	was := i.isAccepted
	i.isAccepted = true
	return !was
}

// isAcceptedAnywhere reports whether a broker has accepted this run.
func (i *identity) isAcceptedAnywhere() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.isAccepted
}

// end records that the exit of the run is about to be published.
func (i *identity) end() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.isOver = true
}

// withdraw records that nothing was announced after all.
func (i *identity) withdraw() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.isAccepted {
		i.isAnnounced = false
	}
}

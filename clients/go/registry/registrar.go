package registry

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/netip"
	"sync"
	"time"
)

// Registrar makes one instance of a service known, keeps it known, and takes it back. It is safe for
// concurrent use.
//
// It gives the instance an identity: [Service.ID], or a random one; Inc, the time of [New] in
// milliseconds since 1970, higher than any before in this process; and Seq, which each change of the
// announcement raises.
type Registrar struct {
	// OnRenewalError, if set, is told when the service could not be kept known, with an error as of
	// Register: of each renewal or other announcement that failed, and once of a connection that was lost
	// and does not come back. What failed is tried again all the same. Set it before Register; it should
	// return soon.
	OnRenewalError func(error)
	// OnOutbid, if set, is told that the run goes on as a later incarnation, since observers know of one
	// with its ID that is later than it was: this machine's clock was set back since then, or, if it
	// happens again and again, two programs share the ID. Set it before Register; it should return soon.
	OnOutbid func(was, is Service)

	broker       *broker
	addresses    func() ([]netip.Addr, error)
	incarnations *incarnations
	clock        clock
	patience     time.Duration
	leaveWindow  time.Duration

	// turn is held while publishing, so that an exit never overtakes the register before it. A channel,
	// since waiting for it must end with the context.
	turn chan struct{}
	// Only with turn.
	phase   phase
	payload []byte
	leftAt  time.Time

	mu      sync.Mutex
	service Service // written only with turn as well
	keeper  *keeper
}

// phase is how far the incarnation has come.
type phase int

const (
	unsaid  phase = iota // nothing was published
	present              // a register was published; whether it was accepted may be unknown
	leaving              // so was an exit
	left                 // and it was accepted
)

// New checks everything that can be checked without the network, and finds the address to announce
// if the service does not say: the config's, else 127.0.0.1 when the broker is on loopback, since
// then every observer is on this machine, else [Registrar.IP]. What the service says in Inc and Seq
// is not used.
//
// The error is an [*Error] with [CodeConfig], [CodeAnnouncement] or [CodeNoAddress].
func New(service Service, config Config) (*Registrar, error) {
	return newRegistrar(service, config, machineAddresses, ofThisProcess)
}

func newRegistrar(service Service, config Config, addresses func() ([]netip.Addr, error), incarnations *incarnations) (*Registrar, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	r := &Registrar{
		broker:       newBroker(config),
		addresses:    addresses,
		incarnations: incarnations,
		clock:        systemClock,
		patience:     exitPatience,
		leaveWindow:  LeaveWindow,
		turn:         make(chan struct{}, 1),
	}
	service = service.clone()
	if err := r.chooseAddress(&service); err != nil {
		return nil, err
	}
	if service.ID == "" {
		service.ID = rand.Text()
	}
	if service.TTL == 0 && config.Mode == Lease {
		service.TTL = DefaultTTL
	}
	service.Inc, service.Seq = incarnations.next(), 0
	if err := r.say(service); err != nil {
		return nil, cannot("register", err)
	}
	return r, nil
}

// Service returns what is announced, in canonical form.
func (r *Registrar) Service() Service {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.service.clone()
}

// IP returns the first global-unicast address of this machine: IPv4 if there is one, else IPv6. The
// error is an [*Error] with [CodeNoAddress].
func (r *Registrar) IP() (netip.Addr, error) {
	addresses, err := r.addresses()
	if err != nil {
		return netip.Addr{}, &Error{
			Code:    CodeNoAddress,
			Message: "cannot list this machine's addresses: set Service.Address or ROLLCALL_ADDRESS",
			Err:     err,
		}
	}
	return firstReachable(addresses)
}

// Register announces the service and returns nil when the broker has accepted it. Call it once the
// service listens. It tries three times when the broker cannot be reached, and once when it refuses.
//
// Once it has succeeded, the service is kept known until DeRegister, whatever becomes of ctx. In lease
// mode its announcement is repeated every third of [Service.TTL]: so those learn of it that missed it, or
// began to listen later. In presence mode it stays in its presence channel, comes back after every outage
// of the broker, and answers those that ask. After DeRegister it begins a new incarnation.
//
// After an error the broker may still have taken the event, if only its answer was lost: DeRegister
// is right then too. The error is an [*Error] with [CodeBrokerUnreachable] or [CodeBrokerRefused].
func (r *Registrar) Register(ctx context.Context) error {
	release, err := r.takeTurn(ctx)
	if err != nil {
		return err
	}
	defer release()
	if r.phase >= leaving {
		// For observers that have seen the exit the incarnation is over.
		service := r.Service()
		service.Inc, service.Seq = r.incarnations.next(), 0
		if err := r.say(service); err != nil {
			return cannot("register", err)
		}
	}
	r.phase = present
	if r.kept() != nil {
		return r.broker.publish(ctx, "register", r.payload)
	}
	entered, err := r.enterFirst(ctx)
	if err != nil {
		return err
	}
	if err := r.broker.publish(ctx, "register", r.payload); err != nil {
		entered.leave()
		return err
	}
	r.keep(entered)
	return nil
}

// Update changes what is announced, and announces it if the service is registered. If nothing has
// changed it does nothing. Prefix, Port, Address, ID, Inc, Seq and TTL cannot be changed. The function
// gets a copy, and must not call the registrar.
//
// After an error with [CodeAnnouncement] nothing has changed; after one of those of Register the change
// is announced again until it is accepted.
func (r *Registrar) Update(ctx context.Context, change func(*Service)) error {
	release, err := r.takeTurn(ctx)
	if err != nil {
		return err
	}
	defer release()
	before := r.Service()
	after := r.Service()
	change(&after)
	after = after.clone() // what the function has kept is no longer ours
	if err := after.Validate(); err != nil {
		return cannot("update", err)
	}
	if !after.isSameInstance(before) {
		return &Error{
			Code:    CodeAnnouncement,
			Message: "cannot update: prefix, port, address, id, inc, seq and ttl stay as they were at New",
		}
	}
	payload, err := json.Marshal(after)
	if err == nil && bytes.Equal(payload, r.payload) {
		return nil
	}
	if r.phase != unsaid {
		after.Seq++
	}
	if err := r.say(after); err != nil {
		return cannot("update", err)
	}
	k := r.kept()
	if k == nil {
		return nil
	}
	if err := r.broker.publish(ctx, "register", r.payload); err != nil {
		select {
		case k.failed <- struct{}{}:
		default: // One that it has not looked at yet says the same.
		}
		return err
	}
	return nil
}

// say makes the service what is announced from now on. Only with turn, or in New.
func (r *Registrar) say(service Service) error {
	if err := service.Validate(); err != nil {
		return err
	}
	if r.broker.config.Mode == Presence {
		if refusal := checkMember(service, r.broker.channels, r.broker.sealer); refusal != nil {
			return refusal
		}
	}
	payload, err := json.Marshal(service)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.service, r.payload = service, payload
	return nil
}

func (r *Registrar) takeTurn(ctx context.Context) (release func(), err error) {
	select {
	case r.turn <- struct{}{}:
		return func() { <-r.turn }, nil
	case <-ctx.Done():
		return nil, r.broker.describe(ctx, &fault{detail: "given up: " + ctx.Err().Error()})
	}
}

func (r *Registrar) chooseAddress(service *Service) error {
	config := r.broker.config
	switch {
	case service.Address != "":
	case config.Address != "":
		service.Address = config.Address
	case config.isLocal():
		service.Address = "127.0.0.1"
	default:
		ip, err := r.IP()
		if err != nil {
			return err
		}
		service.Address = ip.String()
	}
	return nil
}

func cannot(do string, err error) *Error {
	return &Error{Code: CodeAnnouncement, Message: "cannot " + do + ": " + err.Error(), Err: err}
}

package registry

import (
	"context"
	"crypto/rand"
	"errors"
	"log"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Registrar announces one instance of a service, keeps it known, and withdraws it. It is safe for concurrent use.
//
// It gives the instance its identity: [Service.ID], or a random one; Inc, the time of [New] in milliseconds since
// 1970, higher than any before in this process; and Seq, which each change of the announcement increments.
type Registrar struct {
	// OnRenewalError, if set, is called when the service could not be kept known, with an error like those of
	// Register: for each renewal or other announcement that failed, and once for a connection that was lost and
	// cannot be re-established. Both are retried. Set it before Register. It should return soon. Default: nil.
	OnRenewalError func(error)
	// OnRegistered, if set, is called when the broker has accepted the announcement for the first time: within
	// Register, or later if the broker was away. Set it before Register. It should return soon. Default: nil.
	OnRegistered func(Service)
	// OnOutbid, if set, is called when the run continues as a later incarnation, because observers know a later
	// run with its ID: the clock of this machine was set back, or, if it is called repeatedly, two programs share
	// the ID. Set it before Register. It should return soon. Default: nil.
	OnOutbid func(was, is Service)

	broker *broker
	// first is the registrar at the first broker of the registry, which is the one that the program has, and others are
	// those at further brokers.
	// With an auth server, the first one is at no broker, and those at all brokers are in others, once it has named them.
	first  *Registrar
	others []*Registrar // mu guards it
	// identity is the same at every broker.
	identity  *identity
	addresses func() ([]netip.Addr, error)
	// towards returns the local end of the way to the broker.
	towards      func(context.Context, Config) (netip.Addr, error)
	incarnations *incarnations
	clock        clock
	exitWait     time.Duration
	leaveWindow  time.Duration

	// turn is held while publishing, so that an exit never overtakes the register before it. It is a channel,
	// because waiting for it has to end with the context.
	turn chan struct{}
	// Only the holder of turn uses these.
	phase  phase
	leftAt time.Time

	// isPending means that Register has failed, and the keeper tries again. Only the holder of turn sets it.
	isPending atomic.Bool

	mu     sync.Mutex
	keeper *keeper
	search *search
}

// phase is the state of an incarnation.
type phase int

const (
	unannounced phase = iota // nothing was published
	present                  // a register was published, and perhaps accepted
	leaving                  // an exit was published
	left                     // the exit was accepted
)

// New checks everything that can be checked without the broker. If the service has no Address, it announces
// [Config.Address]; if that is empty, 127.0.0.1 with a broker on loopback, because every observer is on this machine
// then, and with any other broker the address from which this machine reaches it, or [Registrar.IP] while the
// broker's host cannot be resolved. Inc and Seq of the service are ignored.
//
// The error is an [*Error] with [CodeConfig], [CodeAnnouncement] or [CodeNoAddress].
func New(service Service, config Config) (*Registrar, error) {
	return newRegistrar(service, config, machineAddresses, ofThisProcess)
}

func newRegistrar(service Service, config Config, addresses func() ([]netip.Addr, error), incarnations *incarnations) (*Registrar, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	brokers := config.each()
	r := &Registrar{
		identity: &identity{}, broker: newBroker(brokers[0]), turn: make(chan struct{}, 1),
		addresses: addresses, towards: addressTowards, incarnations: incarnations,
		clock: systemClock, exitWait: maxExitWait, leaveWindow: LeaveWindow,
	}
	r.first = r
	for _, each := range brokers[1:] {
		r.others = append(r.others, r.at(newBroker(each)))
	}
	service = service.clone()
	if err := r.chooseAddress(&service, config); err != nil {
		return nil, err
	}
	if service.ID == "" {
		service.ID = rand.Text()
	}
	r.identity.signer = r.broker.signer
	service.ID = r.broker.signer.idFor(service.ID)
	if service.TTL == 0 && config.Mode == Lease {
		service.TTL = DefaultTTL
	}
	service.Inc, service.Seq = incarnations.next(), 0
	if err := r.identity.set(service, r.check); err != nil {
		return nil, cannot("register", err)
	}
	return r, nil
}

// at returns a registrar of the same service at another broker.
func (r *Registrar) at(b *broker) *Registrar {
	return &Registrar{
		first: r, identity: r.identity, broker: b, turn: make(chan struct{}, 1),
		addresses: r.addresses, towards: r.towards, incarnations: r.incarnations,
		clock: r.clock, exitWait: r.exitWait, leaveWindow: r.leaveWindow,
	}
}

// Service returns the current announcement, in canonical form.
func (r *Registrar) Service() Service {
	return r.identity.current()
}

// Register announces the service, and returns once a broker has accepted the announcement. Call it once the service
// listens. At each broker it makes three attempts if the broker cannot be reached, and one if the broker refuses; an
// auth server is asked as often. If they fail, it returns nil nevertheless, unless [Config.RequireBroker] is set: the fault is reported to OnRenewalError, or to the
// standard logger, and the service is registered, and OnRegistered called, as soon as the broker accepts it.
//
// From then on the service is kept known until DeRegister, also when ctx has ended. In lease mode the
// announcement is renewed every third of [Service.TTL]. In presence mode the service stays in its presence channel,
// reconnects after every outage of the broker, and answers roll calls. A Register after DeRegister starts a new
// incarnation.
//
// After an error the broker may have accepted the event nevertheless, if only its response was lost: call DeRegister
// then, too. The error is an [*Error] with [CodeBrokerUnreachable] or [CodeBrokerRefused], or with
// [CodeAuthUnreachable] or [CodeAuthRefused], because of RequireBroker or because ctx has ended.
//
//	if err := registrar.Register(ctx); err != nil {
//		return err
//	}
func (r *Registrar) Register(ctx context.Context) error {
	release, err := r.endStart(ctx, 0)
	if err != nil {
		return err
	}
	defer release()
	isRequired := r.broker.config.RequireBroker
	if err := r.locate(ctx); err != nil {
		if isRequired || ctx.Err() != nil {
			return err
		}
		r.searchOn(err)
		return nil
	}
	return r.registerAtEach(ctx, isRequired)
}

func (r *Registrar) registerAtEach(ctx context.Context, isRequired bool) error {
	return r.atEach(ctx, 0, func(ctx context.Context, at *Registrar) (bool, error) {
		err := at.register(ctx)
		return err == nil, err
	}, func(ctx context.Context, at *Registrar, err error, isAnywhere bool) error {
		if !isAnywhere && (isRequired || ctx.Err() != nil) {
			return err
		}
		at.goOn(err)
		return nil
	})
}

// register announces the service at this broker.
func (r *Registrar) register(ctx context.Context) error {
	release, err := r.takeTurn(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := r.identity.begin(r.incarnations, r.check); err != nil {
		return cannot("register", err)
	}
	r.phase = present
	if r.kept() != nil {
		return r.broker.publish(ctx, "register", r.identity.payload("register"))
	}
	entered, err := r.announceFirst(ctx)
	if err != nil {
		return err
	}
	r.keep(entered)
	r.registered()
	return nil
}

// goOn tries again, until this broker accepts the service. The first attempt has failed.
func (r *Registrar) goOn(err error) {
	release, _ := r.takeTurn(context.Background())
	defer release()
	if r.phase != present || r.kept() != nil { // It has left meanwhile, or was registered before.
		if r.kept() != nil {
			r.reportStart(err)
		}
		return
	}
	r.isPending.Store(true)
	r.reportStart(r.notYet(err))
	entered := presence{again: timer{clock: r.clock}, outbids: outbids{clock: r.clock}}
	entered.reported.isNew(err)
	r.keep(entered)
}

// announceFirst announces the service, in presence mode from within its presence channel. The caller has the turn.
func (r *Registrar) announceFirst(ctx context.Context) (presence, error) {
	if err := r.correctAddress(ctx); err != nil {
		return presence{}, err
	}
	entered, err := r.enterFirst(ctx)
	if err != nil {
		return entered, err
	}
	if err := r.broker.publish(ctx, "register", r.identity.payload("register")); err != nil {
		entered.leave()
		return presence{}, err
	}
	return entered, nil
}

// registered reports that the broker has accepted the announcement for the first time, unless another one had.
func (r *Registrar) registered() {
	if !r.identity.isFirstAcceptance() {
		return
	}
	service := r.Service()
	if r.broker.config.Mode == Lease {
		log.Printf("rollcall: %s is registered with a lease: an observer that starts later may learn of it only after %d s", service, service.TTL/3)
	}
	if r.first.OnRegistered != nil {
		r.first.OnRegistered(service)
	}
}

func (r *Registrar) report(err error) {
	if r.first.OnRenewalError != nil {
		r.first.OnRenewalError(err)
	}
}

// reportStart reports why the service is not registered, which no program should fail to notice.
func (r *Registrar) reportStart(err error) {
	if r.first.OnRenewalError != nil {
		r.first.OnRenewalError(err)
	} else {
		log.Printf("rollcall: %s", err)
	}
}

// notYet describes a fault of the first announcement, which is retried.
func (r *Registrar) notYet(err error) error {
	where := ""
	if len(r.all()) > 1 {
		where = " at this broker"
	}
	var fault *Error
	if !errors.As(err, &fault) {
		return err
	}
	return &Error{Code: fault.Code, Message: "not registered" + where + " yet, retrying: " + fault.Message, Err: fault.Err}
}

// Update changes the announcement, and publishes it if the service is registered. It does nothing if change changes
// nothing. Prefix, Port, Address, ID, Inc, Seq and TTL cannot change. change receives a copy, and must not call the
// registrar.
//
// After an error with [CodeAnnouncement] nothing has changed. After an error of Register the change is published again
// until the broker accepts it.
//
//	err := registrar.Update(ctx, func(service *registry.Service) { service.Weight = 50 })
func (r *Registrar) Update(ctx context.Context, change func(*Service)) error {
	release, err := r.takeTurn(ctx)
	if err != nil {
		return err
	}
	isChanged, err := r.identity.change(change, r.check)
	release()
	if err != nil || !isChanged {
		return err
	}
	return r.atEach(ctx, 0, func(ctx context.Context, at *Registrar) (bool, error) {
		return at.announceChange(ctx)
	}, func(_ context.Context, at *Registrar, err error, isAnywhere bool) error {
		if isAnywhere {
			at.report(err)
			return nil
		}
		return err
	})
}

// announceChange publishes the service at this broker, if it is registered there.
func (r *Registrar) announceChange(ctx context.Context) (published bool, _ error) {
	release, err := r.takeTurn(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	k := r.kept()
	if k == nil || r.isPending.Load() {
		return false, nil
	}
	if err := r.broker.publish(ctx, "register", r.identity.payload("register")); err != nil {
		select {
		case k.failed <- struct{}{}:
		default: // The keeper has not yet handled an earlier failure.
		}
		return false, err
	}
	return true, nil
}

// check refuses a service that is too large with its signature, or does not fit into its presence channel.
func (r *Registrar) check(service Service) error {
	service = r.broker.signer.sign("register", service)
	if err := service.Validate(); err != nil {
		return err
	}
	if r.broker.config.Mode == Presence {
		if refusal := checkMember(service, r.broker.channels, r.broker.sealer); refusal != nil {
			return refusal
		}
	}
	return nil
}

func (r *Registrar) takeTurn(ctx context.Context) (release func(), err error) {
	select {
	case r.turn <- struct{}{}:
		return func() { <-r.turn }, nil
	case <-ctx.Done():
		return nil, r.broker.cancelled(ctx)
	}
}

func cannot(do string, err error) *Error {
	return &Error{Code: CodeAnnouncement, Message: "cannot " + do + ": " + err.Error(), Err: err}
}

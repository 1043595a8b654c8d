package registry

import (
	"context"
	"encoding/json"
	"net/netip"
)

// Observers refuse a larger event, as Pusher does.
const maxPayloadBytes = 10 << 10

// Registrar makes one instance of a service known and takes it back. It is safe for concurrent use.
type Registrar struct {
	service   Service
	payload   []byte
	broker    *broker
	addresses func() ([]netip.Addr, error)

	// turn is held while publishing, so that an exit never overtakes the register before it. A channel,
	// since waiting for it must end with the context.
	turn chan struct{}
	// left is whether an exit was accepted since the latest Register. Only with turn.
	left bool
}

// New checks everything that can be checked without the network, and finds the address to announce
// if the service does not say: the config's, else 127.0.0.1 when the broker is on loopback, since
// then every observer is on this machine, else [Registrar.IP].
//
// The error is an [*Error] with [CodeConfig], [CodeAnnouncement] or [CodeNoAddress].
func New(service Service, config Config) (*Registrar, error) {
	return newRegistrar(service, config, machineAddresses)
}

func newRegistrar(service Service, config Config, addresses func() ([]netip.Addr, error)) (*Registrar, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	r := &Registrar{
		broker:    newBroker(config),
		addresses: addresses,
		turn:      make(chan struct{}, 1),
	}
	if err := r.chooseAddress(&service); err != nil {
		return nil, err
	}
	if err := service.Validate(); err != nil {
		return nil, cannotRegister(err)
	}
	payload, err := json.Marshal(service)
	if err != nil {
		return nil, cannotRegister(err)
	}
	if len(payload) > maxPayloadBytes {
		return nil, cannotRegister(refuse(BadAnnouncement,
			"the announcement has %d bytes; at most %d", len(payload), maxPayloadBytes))
	}
	r.service, r.payload = service, payload
	return r, nil
}

// Service returns what is announced, in canonical form.
func (r *Registrar) Service() Service { return r.service }

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
// After an error the broker may still have taken the event, if only its answer was lost: DeRegister
// is right then too. The error is an [*Error] with [CodeBrokerUnreachable] or [CodeBrokerRefused].
func (r *Registrar) Register(ctx context.Context) error {
	release, err := r.takeTurn(ctx)
	if err != nil {
		return err
	}
	defer release()
	r.left = false
	return r.broker.publish(ctx, "register", r.payload)
}

// DeRegister announces that the service leaves, and returns nil only when the broker has accepted
// it. Call it before the service stops to listen. After it has succeeded, further calls do nothing
// until the next Register; after it has failed, it can be called again. Errors are those of Register.
func (r *Registrar) DeRegister(ctx context.Context) error {
	release, err := r.takeTurn(ctx)
	if err != nil {
		return err
	}
	defer release()
	if r.left {
		return nil
	}
	if err := r.broker.publish(ctx, "exit", r.payload); err != nil {
		return err
	}
	r.left = true
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

func cannotRegister(err error) *Error {
	return &Error{Code: CodeAnnouncement, Message: "cannot register: " + err.Error(), Err: err}
}

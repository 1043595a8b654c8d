package registry

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestAConfigThatDoesNotChooseAModeIsInAPresenceChannel(t *testing.T) {
	broker := startOwnBroker(t)
	observer := observe(t, broker.config(t), "mine")
	config := broker.config(t)
	config.Mode = Config{}.Mode
	r, _ := presentFor(t, config)
	mustDo(t, r.Register)
	if user, _ := observer.seesCome(t); user != memberOf("mine", r.Service().Inc) {
		t.Errorf("%s came", user)
	}
}

// pendingFor returns a registrar that does not require the broker, with what it reports.
func pendingFor(t *testing.T, config Config) (r *Registrar, faults chan error, registered chan Service) {
	t.Helper()
	config.RequireBroker = false
	r, err := New(Service{Prefix: "/v2", Port: 4123, ID: "mine"}, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { abandon(r) })
	r.leaveWindow = 0
	r.broker.wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	faults, registered = make(chan error, 10), make(chan Service, 10)
	r.OnRenewalError = func(err error) { faults <- err }
	r.OnRegistered = func(service Service) { registered <- service }
	return r, faults, registered
}

func TestAServiceThatStartsWithoutABrokerIsRegisteredOnceThereIsOne(t *testing.T) {
	for name, mode := range map[string]Mode{"presence": Presence, "lease": Lease} {
		t.Run(name, func(t *testing.T) {
			broker := startOwnBroker(t)
			config := broker.config(t)
			config.Mode = mode
			broker.stop(t)
			r, faults, registered := pendingFor(t, config)
			mustDo(t, r.Register)
			fault := receive(t, faults, "the fault")
			expectCode(t, fault, CodeBrokerUnreachable)
			if !strings.HasPrefix(fault.Error(), "not registered yet, retrying: cannot reach the broker") {
				t.Errorf("reported %q", fault)
			}
			broker.start(t)
			if service := receive(t, registered, "the registration"); service.ID != "mine" {
				t.Errorf("registered %+v", service)
			}
			if len(faults) > 0 {
				t.Errorf("also reported %v", <-faults)
			}
			mustDo(t, r.DeRegister)
		})
	}
}

func TestAServiceThatWasNeverRegisteredHasNothingToWithdraw(t *testing.T) {
	broker := startOwnBroker(t)
	broker.stop(t)
	r, faults, registered := pendingFor(t, broker.config(t))
	mustDo(t, r.Register)
	receive(t, faults, "the fault")
	mustDo(t, r.DeRegister)
	if len(registered) > 0 {
		t.Error("it was registered")
	}
	// It can register later.
	broker.start(t)
	mustDo(t, r.Register)
	receive(t, registered, "the registration")
}

func TestAnAddressThatWasGuessedIsCorrectedBeforeItIsAnnounced(t *testing.T) {
	broker := newFakeBroker(t)
	config := configFor(t, broker.URL)
	r, _ := registrarFor(t, config)
	r.identity.isAddressGuessed = true
	r.towards = func(context.Context, Config) (netip.Addr, error) { return netip.MustParseAddr("10.99.0.1"), nil }
	mustDo(t, r.Register)
	if got := broker.next(t, "register").Address; got != "10.99.0.1" {
		t.Errorf("announced %s", got)
	}
}

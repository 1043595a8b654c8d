package registry

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestDeRegisterIsIdempotent(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	for _, publish := range []func(context.Context) error{r.Register, r.DeRegister, r.DeRegister, r.Register, r.DeRegister} {
		if err := publish(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	events, _ := broker.taken()
	var names []string
	for _, each := range events {
		names = append(names, each.Name)
	}
	if got := strings.Join(names, " "); got != "register exit register exit" {
		t.Fatalf("published %s", got)
	}
}

func TestDeRegisterWaitsForRequestsOnTheirWay(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	r.leaveWindow = LeaveWindow
	clock := tick(r)
	now := time.UnixMilli(0)
	r.clock.now = func() time.Time { return now }
	mustDo(t, r.Register)
	receive(t, clock.asked, "the next third")

	short, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() { left <- r.DeRegister(short) }()
	if d := receive(t, clock.asked, "the window"); d != 500*time.Millisecond {
		t.Errorf("waits %v", d)
	}
	if events, _ := broker.taken(); events[len(events)-1].Name != "exit" {
		t.Error("the window began before the exit was accepted")
	}
	cancel()
	if err := receive(t, left, "the end of the context"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}

	now = now.Add(200 * time.Millisecond)
	go func() { left <- r.DeRegister(context.Background()) }()
	if d := receive(t, clock.asked, "the rest of the window"); d != 300*time.Millisecond {
		t.Errorf("waits %v", d)
	}
	clock.pass(t)
	if err := receive(t, left, "its end"); err != nil {
		t.Error(err)
	}
	if _, seen := broker.taken(); seen != 2 {
		t.Errorf("%d requests", seen)
	}
}

// A gateway may learn that an instance is gone from its channel before it takes in the exit, and would doubt it.
func TestAnInstanceStaysInItsPresenceChannelUntilItHasLeft(t *testing.T) {
	r, _ := presentFor(t, startOwnBroker(t).config(t))
	mustDo(t, r.Register)
	r.leaveWindow = LeaveWindow
	clock := tick(r)
	k := r.kept()
	left := make(chan error, 1)
	go func() { left <- r.DeRegister(context.Background()) }()
	receive(t, clock.asked, "the window")
	if k.gone.Err() != nil {
		t.Error("it has left its channel before")
	}
	clock.pass(t)
	if err := receive(t, left, "its end"); err != nil || k.gone.Err() == nil {
		t.Errorf("%v, and in its channel: %t", err, k.gone.Err() == nil)
	}
}

func TestDeRegisterTriesAnewAfterAFailure(t *testing.T) {
	broker := newFakeBroker(t)
	broker.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 2 {
			http.Error(w, "no", http.StatusForbidden)
		}
		return n == 2
	}
	r, _ := registrarFor(t, configFor(t, broker.URL))
	if err := r.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	expectCode(t, r.DeRegister(t.Context()), CodeBrokerRefused)
	if err := r.DeRegister(t.Context()); err != nil {
		t.Fatal(err)
	}
	if events, _ := broker.taken(); len(events) != 2 || events[1].Name != "exit" {
		t.Fatalf("got %v", events)
	}
}

// An exit that overtook the register before it would leave a dead instance in every table.
func TestAnExitWaitsForTheRegisterBeforeIt(t *testing.T) {
	broker := newFakeBroker(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	broker.answer = func(n int, _ http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			close(arrived)
			<-release
		}
		return false
	}
	r, _ := registrarFor(t, configFor(t, broker.URL))
	registered, left := make(chan error, 1), make(chan error, 1)
	go func() { registered <- r.Register(context.Background()) }()
	<-arrived
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.DeRegister(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting did not end with the context: %v", err)
	}
	if _, seen := broker.taken(); seen != 1 {
		t.Error("the exit overtook the register")
	}
	go func() { left <- r.DeRegister(context.Background()) }()
	close(release)
	if err := errors.Join(<-registered, <-left); err != nil {
		t.Fatal(err)
	}
	if events, _ := broker.taken(); len(events) != 2 || events[0].Name != "register" || events[1].Name != "exit" {
		t.Fatalf("got %v", events)
	}
}

// After its exit an incarnation is over for every observer.
func TestARegisterAfterAnExitIsANewIncarnation(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	for range 3 {
		mustDo(t, r.Register)
		mustDo(t, r.DeRegister)
	}
	var last Service
	for range 3 {
		begun, ended := broker.next(t, "register"), broker.next(t, "exit")
		if begun.ID != r.Service().ID || begun.Inc <= last.Inc || ended.Inc != begun.Inc {
			t.Errorf("%+v, then %+v, then %+v", last, begun, ended)
		}
		last = ended
	}
}

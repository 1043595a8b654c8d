package registry

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"
)

func TestAnExitWaitsForTheRenewalUnderWay(t *testing.T) {
	broker := newFakeBroker(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	broker.answer = func(n int, _ http.ResponseWriter, _ *http.Request) bool {
		if n == 2 {
			close(arrived)
			<-release
		}
		return false
	}
	r, _ := registrarFor(t, configFor(t, broker.URL))
	r.exitWait = time.Hour
	clock := tick(r)
	mustDo(t, r.Register)
	keeper := r.kept()
	clock.pass(t)
	receive(t, arrived, "the renewal")
	left := make(chan error, 1)
	go func() { left <- r.DeRegister(context.Background()) }()
	receive(t, keeper.ended.Done(), "the end of the renewals")
	if _, seen := broker.taken(); seen != 2 {
		t.Error("the exit overtook the renewal")
	}
	close(release)
	if err := receive(t, left, "the exit"); err != nil {
		t.Fatal(err)
	}
	receive(t, keeper.done, "the end of the renewals")
	for _, name := range []string{"register", "register", "exit"} {
		broker.next(t, name)
	}
}

func TestARenewalThatHangsDoesNotKeepTheExit(t *testing.T) {
	broker := newFakeBroker(t)
	arrived := make(chan struct{})
	broker.answer = func(n int, _ http.ResponseWriter, r *http.Request) bool {
		if n == 2 {
			close(arrived)
			<-r.Context().Done()
		}
		return n == 2
	}
	r, _ := registrarFor(t, configFor(t, broker.URL))
	r.broker.timeout = time.Hour
	r.exitWait = 0
	r.OnRenewalError = func(err error) { t.Errorf("told of what it did itself: %v", err) }
	clock := tick(r)
	mustDo(t, r.Register)
	keeper := r.kept()
	clock.pass(t)
	receive(t, arrived, "the renewal")
	mustDo(t, r.DeRegister)
	receive(t, keeper.done, "the end of the renewals")
	broker.next(t, "register")
	broker.next(t, "exit")
}

func TestAThirdThatComesWhileLeavingRenewsNothing(t *testing.T) {
	broker := newFakeBroker(t)
	exiting, release := make(chan struct{}), make(chan struct{})
	broker.answer = func(n int, _ http.ResponseWriter, _ *http.Request) bool {
		if n == 2 {
			close(exiting)
			<-release
		}
		return false
	}
	r, _ := registrarFor(t, configFor(t, broker.URL))
	ticks := make(chan time.Time, 1)
	r.clock.after = func(time.Duration) <-chan time.Time { return ticks }
	mustDo(t, r.Register)
	keeper := r.kept()
	left := make(chan error, 1)
	go func() { left <- r.DeRegister(context.Background()) }()
	receive(t, exiting, "the exit")
	ticks <- time.Time{}
	close(release)
	if err := receive(t, left, "the exit"); err != nil {
		t.Fatal(err)
	}
	receive(t, keeper.done, "the end of the renewals")
	if _, seen := broker.taken(); seen != 2 {
		t.Errorf("%d requests", seen)
	}
}

func TestNoRenewalBeginsAfterTheKeeperHasEnded(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	mustDo(t, r.Register)
	keeper := r.kept()
	settle, part := r.endKeeper()
	defer part()
	defer settle()
	// The turn is free and the keeper has ended: which of the two it sees first is chance.
	for range 50 {
		if err := keeper.announceOnce(); err != nil {
			t.Fatal(err)
		}
	}
	if _, seen := broker.taken(); seen != 1 {
		t.Errorf("%d requests", seen)
	}
}

func TestRenewalsEndEvenIfTheExitFails(t *testing.T) {
	broker := newFakeBroker(t)
	broker.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 2 {
			w.WriteHeader(http.StatusForbidden)
		}
		return n == 2
	}
	r, _ := registrarFor(t, configFor(t, broker.URL))
	mustDo(t, r.Register)
	keeper, first := r.kept(), broker.next(t, "register")
	expectCode(t, r.DeRegister(t.Context()), CodeBrokerRefused)
	receive(t, keeper.done, "the end of the renewals")

	// Its exit may have been taken all the same: only a new incarnation is sure to be believed.
	mustDo(t, r.Register)
	if again := broker.next(t, "register"); again.ID != first.ID || again.Inc <= first.Inc || again.Seq != 0 {
		t.Errorf("registered again as %+v after %+v", again, first)
	}
	if r.kept() == nil {
		t.Error("it is not renewed")
	}
}

// Of calls at the same time: of each incarnation the exit is the last event, and no seq goes back.
func TestNothingFollowsTheExit(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	r.exitWait = time.Hour
	ticks := make(chan time.Time)
	close(ticks) // It is always time for the next renewal.
	r.clock.after = func(time.Duration) <-chan time.Time { return ticks }
	var all sync.WaitGroup
	for range 3 {
		for _, do := range []func(context.Context) error{
			r.Register, r.DeRegister,
			func(ctx context.Context) error {
				return r.Update(ctx, func(s *Service) { s.Draining = !s.Draining })
			},
		} {
			all.Add(1)
			go func() {
				defer all.Done()
				for range 5 {
					if err := do(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}()
		}
	}
	all.Wait()
	if err := errors.Join(r.Register(t.Context()), r.DeRegister(t.Context())); err != nil {
		t.Fatal(err)
	}
	events, _ := broker.taken()
	var last event
	for _, e := range events {
		was, is := Service{}, e.announced(t)
		if last.Data != "" {
			was = last.announced(t)
		}
		if is.Inc < was.Inc || is.Inc == was.Inc && (is.Seq < was.Seq || last.Name == "exit") {
			t.Fatalf("%v follows %v", e, last)
		}
		last = e
	}
	if last.Name != "exit" {
		t.Errorf("the last event is %v", last)
	}
}

package registry

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
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
	r.patience = time.Hour
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
	r.patience = 0
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
	settle, part := r.dismiss()
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

// Whatever is called together: of each incarnation the exit is the last event, and no seq goes back.
func TestNothingFollowsTheExit(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	r.patience = time.Hour
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

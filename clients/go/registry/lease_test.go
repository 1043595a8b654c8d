package registry

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"
)

// ticker is time as a test makes it pass.
type ticker struct {
	asked chan time.Duration
	ticks chan time.Time
}

func tick(r *Registrar) *ticker {
	t := &ticker{asked: make(chan time.Duration, 1000), ticks: make(chan time.Time)}
	r.after = func(d time.Duration) <-chan time.Time {
		t.asked <- d
		return t.ticks
	}
	return t
}

// inTime only keeps a broken program from holding up the tests.
const inTime = 20 * time.Second

func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(inTime):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

func (c *ticker) pass(t *testing.T) {
	t.Helper()
	select {
	case c.ticks <- time.Time{}:
	case <-time.After(inTime):
		t.Fatal("nobody waits for the next third")
	}
}

func mustDo(t *testing.T, do func(context.Context) error) {
	t.Helper()
	if err := do(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (b *fakeBroker) next(t *testing.T, name string) Service {
	t.Helper()
	e := receive(t, b.accepted, name)
	if e.Name != name {
		t.Fatalf("got %v, want %s", e, name)
	}
	return e.announced(t)
}

// runningLease is the lease before DeRegister forgets it.
func runningLease(r *Registrar) *lease {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lease
}

func TestARegistrationIsRenewedEveryThirdUntilTheExit(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	clock := tick(r)
	ctx, cancel := context.WithCancel(t.Context())
	if err := r.Register(ctx); err != nil {
		t.Fatal(err)
	}
	cancel() // ends Register, not what comes of it
	first := broker.next(t, "register")
	lease := runningLease(r)
	for range 5 {
		clock.pass(t)
		if again := broker.next(t, "register"); again.Inc != first.Inc || again.Seq != 0 || again.ID != first.ID {
			t.Errorf("renewed as %+v, not %+v", again, first)
		}
		if d := <-clock.asked; d <= 9*time.Second || d > 10*time.Second {
			t.Errorf("waits %v", d)
		}
	}
	mustDo(t, r.DeRegister)
	if last := broker.next(t, "exit"); last.Inc != first.Inc || last.Seq != first.Seq || last.ID != first.ID {
		t.Errorf("left as %+v, not %+v", last, first)
	}
	receive(t, lease.done, "the end of the renewals")
}

func TestASecondRegisterDoesNotRenewTwice(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	clock := tick(r)
	mustDo(t, r.Register)
	lease := runningLease(r)
	mustDo(t, r.Register)
	if runningLease(r) != lease {
		t.Error("another lease")
	}
	<-clock.asked
	select {
	case <-clock.asked:
		t.Error("two renewals wait")
	default:
	}
}

func TestTheServiceChoosesItsLease(t *testing.T) {
	broker := newFakeBroker(t)
	r, err := New(Service{Port: 80, TTL: 300}, configFor(t, broker.URL))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.endLease()() })
	clock := tick(r)
	mustDo(t, r.Register)
	if s := broker.next(t, "register"); s.TTL != 300 {
		t.Errorf("ttl %d", s.TTL)
	}
	if d := receive(t, clock.asked, "a renewal"); d <= 90*time.Second || d > 100*time.Second {
		t.Errorf("waits %v", d)
	}
}

func TestARegisterThatFailedIsNotRenewed(t *testing.T) {
	broker := newFakeBroker(t)
	broker.answer = answers(403, "")
	r, _ := registrarFor(t, configFor(t, broker.URL))
	expectCode(t, r.Register(t.Context()), CodeBrokerRefused)
	if runningLease(r) != nil {
		t.Error("it is renewed")
	}
}

func TestARenewalThatFailsIsToldAndTriedAtTheNextThird(t *testing.T) {
	for _, told := range []bool{true, false} {
		broker := newFakeBroker(t)
		refused := make(chan struct{}, 2)
		broker.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n == 2 || n == 3 {
				w.WriteHeader(http.StatusBadGateway)
				refused <- struct{}{}
			}
			return n == 2 || n == 3
		}
		r, waited := registrarFor(t, configFor(t, broker.URL))
		failed := make(chan error, 3)
		if told {
			r.OnRenewalError = func(err error) { failed <- err }
		}
		clock := tick(r)
		mustDo(t, r.Register)
		first := broker.next(t, "register")
		for range 2 {
			clock.pass(t)
			receive(t, refused, "the renewal")
			if told {
				expectCode(t, receive(t, failed, "its fault"), CodeBrokerUnreachable)
			}
		}
		clock.pass(t)
		if again := broker.next(t, "register"); again.Seq != first.Seq || again.Inc != first.Inc {
			t.Errorf("renewed as %+v", again)
		}
		mustDo(t, r.DeRegister)
		if len(*waited) > 0 || len(failed) > 0 {
			t.Errorf("waited %v, %d more faults", *waited, len(failed))
		}
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
	lease := runningLease(r)
	clock.pass(t)
	receive(t, arrived, "the renewal")
	left := make(chan error, 1)
	go func() { left <- r.DeRegister(context.Background()) }()
	receive(t, lease.ended.Done(), "the end of the lease")
	if _, seen := broker.taken(); seen != 2 {
		t.Error("the exit overtook the renewal")
	}
	close(release)
	if err := receive(t, left, "the exit"); err != nil {
		t.Fatal(err)
	}
	receive(t, lease.done, "the end of the renewals")
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
	lease := runningLease(r)
	clock.pass(t)
	receive(t, arrived, "the renewal")
	mustDo(t, r.DeRegister)
	receive(t, lease.done, "the end of the renewals")
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
	r.after = func(time.Duration) <-chan time.Time { return ticks }
	mustDo(t, r.Register)
	lease := runningLease(r)
	left := make(chan error, 1)
	go func() { left <- r.DeRegister(context.Background()) }()
	receive(t, exiting, "the exit")
	ticks <- time.Time{}
	receive(t, lease.done, "the end of the renewals")
	close(release)
	if err := receive(t, left, "the exit"); err != nil {
		t.Fatal(err)
	}
	if _, seen := broker.taken(); seen != 2 {
		t.Errorf("%d requests", seen)
	}
}

func TestNoRenewalBeginsAfterTheLeaseHasEnded(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	mustDo(t, r.Register)
	lease := runningLease(r)
	r.endLease()
	// The turn is free and the lease is over: which of the two it sees first is chance.
	for range 50 {
		if err := r.renewOnce(lease); err != nil {
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
	lease, first := runningLease(r), broker.next(t, "register")
	expectCode(t, r.DeRegister(t.Context()), CodeBrokerRefused)
	receive(t, lease.done, "the end of the renewals")

	// Its exit may have been taken all the same: only a new incarnation is sure to be believed.
	mustDo(t, r.Register)
	if again := broker.next(t, "register"); again.ID != first.ID || again.Inc <= first.Inc || again.Seq != 0 {
		t.Errorf("registered again as %+v after %+v", again, first)
	}
	if runningLease(r) == nil {
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

func TestEachRegistrarHasItsIdentity(t *testing.T) {
	const at = 1_767_225_600_000
	now := time.UnixMilli(at)
	numbers := &incarnations{now: func() time.Time { return now }}
	config := Config{AppID: "7", Key: "k", Secret: "s", Host: "::1", Port: 6001}
	var registrars []Service
	for _, id := range []string{"", "", "mine"} {
		r, err := newRegistrar(Service{Port: 80, ID: id, Inc: 7, Seq: 7}, config, machineAddresses, numbers)
		if err != nil {
			t.Fatal(err)
		}
		registrars = append(registrars, r.Service())
		now = now.Add(-time.Hour) // set right, or wrong
	}
	a, b, c := registrars[0], registrars[1], registrars[2]
	if a.ID == "" || a.ID == b.ID || c.ID != "mine" {
		t.Errorf("ids %q, %q, %q", a.ID, b.ID, c.ID)
	}
	if a.Inc != at || b.Inc != at+1 || c.Inc != at+2 || a.Seq+b.Seq+c.Seq != 0 {
		t.Errorf("%+v, %+v, %+v", a, b, c)
	}
	now = time.UnixMilli(at + 5000)
	if inc := numbers.next(); inc != at+5000 {
		t.Errorf("inc %d", inc)
	}
	before1970 := &incarnations{now: func() time.Time { return time.UnixMilli(-5) }}
	if inc := before1970.next(); inc != 1 {
		t.Errorf("inc %d", inc)
	}
}

func TestUpdate(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	clock := tick(r)
	update := func(change func(*Service)) {
		t.Helper()
		if err := r.Update(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	// Nobody has heard the first version yet, so that this is it.
	update(func(s *Service) { s.Meta = map[string]string{"load": "0"} })
	mustDo(t, r.Register)
	if s := broker.next(t, "register"); s.Seq != 0 || s.Meta["load"] != "0" {
		t.Errorf("announced %+v", s)
	}

	update(func(s *Service) { s.Meta["load"] = "1" })
	if s := broker.next(t, "register"); s.Seq != 1 || s.Meta["load"] != "1" {
		t.Errorf("announced %+v", s)
	}
	update(func(s *Service) { s.Meta, s.Prefix = map[string]string{"load": "1"}, "/v2/" }) // changes nothing
	update(func(s *Service) { s.Draining = true })
	if s := broker.next(t, "register"); s.Seq != 2 || !s.Draining {
		t.Errorf("announced %+v", s)
	}
	clock.pass(t)
	if s := broker.next(t, "register"); s.Seq != 2 || !s.Draining {
		t.Errorf("renewed as %+v", s)
	}
	mustDo(t, r.DeRegister)
	if s := broker.next(t, "exit"); s.Seq != 2 {
		t.Errorf("left as %+v", s)
	}

	update(func(s *Service) { s.Draining = false })
	if _, seen := broker.taken(); seen != 5 {
		t.Errorf("%d requests: one came after the exit", seen)
	}
	mustDo(t, r.Register)
	if s := broker.next(t, "register"); s.Seq != 0 || s.Draining || s.Meta["load"] != "1" {
		t.Errorf("announced %+v", s)
	}
}

func TestUpdateRefuses(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	mustDo(t, r.Register)
	before := r.Service()
	for name, change := range map[string]func(*Service){
		"prefix":       func(s *Service) { s.Prefix = "/v3" },
		"port":         func(s *Service) { s.Port++ },
		"address":      func(s *Service) { s.Address = "10.0.0.1" },
		"id":           func(s *Service) { s.ID = "another" },
		"inc":          func(s *Service) { s.Inc++ },
		"seq":          func(s *Service) { s.Seq++ },
		"ttl":          func(s *Service) { s.TTL++ },
		"what is not":  func(s *Service) { s.Zone = "\n" },
		"what is long": func(s *Service) { s.Meta = map[string]string{"a": string(make([]byte, 1024))} },
	} {
		expectCode(t, r.Update(t.Context(), change), CodeAnnouncement)
		if after := r.Service(); after.String() != before.String() || !after.isSameInstance(before) || after.Zone != "" || after.Meta != nil {
			t.Errorf("%s: it is %+v now", name, after)
		}
	}
	if _, seen := broker.taken(); seen != 1 {
		t.Errorf("%d requests", seen)
	}
}

func TestAnUpdateThatFailedComesWithTheNextRenewal(t *testing.T) {
	broker := newFakeBroker(t)
	broker.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 2 {
			w.WriteHeader(http.StatusForbidden)
		}
		return n == 2
	}
	r, _ := registrarFor(t, configFor(t, broker.URL))
	clock := tick(r)
	mustDo(t, r.Register)
	broker.next(t, "register")
	expectCode(t, r.Update(t.Context(), func(s *Service) { s.Draining = true }), CodeBrokerRefused)
	clock.pass(t)
	if s := broker.next(t, "register"); s.Seq != 1 || !s.Draining {
		t.Errorf("renewed as %+v", s)
	}
}

// Its first version may have been heard, if only the broker's answer was lost.
func TestAnUpdateAfterARegisterThatFailedIsTheNextVersion(t *testing.T) {
	broker := newFakeBroker(t)
	broker.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n <= 3 {
			w.WriteHeader(http.StatusBadGateway)
		}
		return n <= 3
	}
	r, _ := registrarFor(t, configFor(t, broker.URL))
	expectCode(t, r.Register(t.Context()), CodeBrokerUnreachable)
	if err := r.Update(t.Context(), func(s *Service) { s.Draining = true }); err != nil {
		t.Fatal(err)
	}
	if _, seen := broker.taken(); seen != 3 {
		t.Errorf("%d requests: what is not registered announced a change", seen)
	}
	mustDo(t, r.Register)
	if s := broker.next(t, "register"); s.Seq != 1 || !s.Draining {
		t.Errorf("announced %+v", s)
	}
}

func TestNobodyElseHoldsWhatIsAnnounced(t *testing.T) {
	broker := newFakeBroker(t)
	meta := map[string]string{"a": "1"}
	health := &Health{Path: "/health"}
	r, err := New(Service{Port: 80, Meta: meta, Health: health}, configFor(t, broker.URL))
	if err != nil {
		t.Fatal(err)
	}
	meta["a"], health.Path = "2", "/other"
	r.Service().Meta["a"] = "3"
	r.Service().Health.Path = "/third"
	if s := r.Service(); s.Meta["a"] != "1" || s.Health.Path != "/health" || health.Method != "" {
		t.Errorf("announces %+v", s)
	}
	var kept *Service
	var held map[string]json.RawMessage
	if err := r.Update(t.Context(), func(s *Service) {
		s.Meta["a"], s.Extra = "4", map[string]json.RawMessage{"x": json.RawMessage("4")}
		held, kept = s.Extra, s
	}); err != nil {
		t.Fatal(err)
	}
	kept.Meta["a"], held["x"] = "5", json.RawMessage("5")
	if s := r.Service(); s.Meta["a"] != "4" || string(s.Extra["x"]) != "4" {
		t.Errorf("announces %+v", s)
	}
}

// Whatever is called together: of each incarnation the exit is the last event, and no seq goes back.
func TestNothingFollowsTheExit(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	r.patience = time.Hour
	ticks := make(chan time.Time)
	close(ticks) // It is always time for the next renewal.
	r.after = func(time.Duration) <-chan time.Time { return ticks }
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

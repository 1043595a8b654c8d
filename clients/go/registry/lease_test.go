package registry

import (
	"context"
	"net/http"
	"testing"
	"time"
)

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
	keeper := r.kept()
	for range 5 {
		clock.pass(t)
		if again := broker.next(t, "register"); again.Inc != first.Inc || again.Seq != 0 || again.ID != first.ID {
			t.Errorf("renewed as %+v, not %+v", again, first)
		}
		if d := <-clock.asked; d <= 90*time.Second || d > 100*time.Second {
			t.Errorf("waits %v", d)
		}
	}
	mustDo(t, r.DeRegister)
	if last := broker.next(t, "exit"); last.Inc != first.Inc || last.Seq != first.Seq || last.ID != first.ID {
		t.Errorf("left as %+v, not %+v", last, first)
	}
	receive(t, keeper.done, "the end of the renewals")
}

func TestASecondRegisterDoesNotRenewTwice(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	clock := tick(r)
	mustDo(t, r.Register)
	keeper := r.kept()
	mustDo(t, r.Register)
	if r.kept() != keeper {
		t.Error("another keeper")
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
	r, err := New(Service{Port: 80, TTL: 30}, configFor(t, broker.URL))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { abandon(r) })
	clock := tick(r)
	mustDo(t, r.Register)
	if s := broker.next(t, "register"); s.TTL != 30 {
		t.Errorf("ttl %d", s.TTL)
	}
	if d := receive(t, clock.asked, "a renewal"); d <= 9*time.Second || d > 10*time.Second {
		t.Errorf("waits %v", d)
	}
}

func TestARegisterThatFailedIsNotRenewed(t *testing.T) {
	broker := newFakeBroker(t)
	broker.answer = answers(403, "")
	r, _ := registrarFor(t, configFor(t, broker.URL))
	expectCode(t, r.Register(t.Context()), CodeBrokerRefused)
	if r.kept() != nil {
		t.Error("it is renewed")
	}
}

func TestARenewalThatFailsIsReportedAndTriedAgainUntilItIsAccepted(t *testing.T) {
	for _, told := range []bool{true, false} {
		broker := newFakeBroker(t)
		refused := make(chan struct{}, 10)
		broker.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool {
			fails := n >= 2 && n <= 9 || n == 11
			if fails {
				w.WriteHeader(http.StatusBadGateway)
				refused <- struct{}{}
			}
			return fails
		}
		r, waited := registrarFor(t, configFor(t, broker.URL))
		failed := make(chan error, 10)
		if told {
			r.OnRenewalError = func(err error) { failed <- err }
		}
		clock := tick(r)
		r.clock.upTo = func(time.Duration) time.Duration { return 0 }
		mustDo(t, r.Register)
		first := broker.next(t, "register")
		expectThird := func() {
			t.Helper()
			if d := receive(t, clock.asked, "the next third"); d != 100*time.Second {
				t.Errorf("waits %v", d)
			}
		}
		expectThird()
		fails := func(retry time.Duration) {
			t.Helper()
			clock.pass(t)
			receive(t, refused, "the renewal")
			expectThird()
			if retry > 0 {
				if d := receive(t, clock.asked, "the wait"); d != retry*time.Second {
					t.Errorf("waits %v, want %d s", d, retry)
				}
			}
			if told {
				expectCode(t, receive(t, failed, "its fault"), CodeBrokerUnreachable)
			}
		}
		for _, retry := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 0} { // and then a third
			fails(retry)
		}
		clock.pass(t)
		if again := broker.next(t, "register"); again.Seq != first.Seq || again.Inc != first.Inc {
			t.Errorf("renewed as %+v", again)
		}
		expectThird()
		fails(1)
		mustDo(t, r.DeRegister)
		if len(*waited) > 0 || len(failed) > 0 || len(clock.asked) > 0 {
			t.Errorf("waited %v, %d more faults, %d more waits", *waited, len(failed), len(clock.asked))
		}
	}
}

package registry

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAnInstanceIsInItsPresenceChannelBeforeItRegisters(t *testing.T) {
	broker := startOwnBroker(t)
	observer := observe(t, broker.config(t), "mine")
	r, _ := presentFor(t, broker.config(t))
	mustDo(t, r.Register)

	want := r.Service()
	user, member := observer.seesCome(t)
	if user != memberOf("mine", want.Inc) || member.Inc != want.Inc || member.Seq != 0 || member.TTL != 0 {
		t.Errorf("%s came as %+v", user, member)
	}
	if s := observer.hearsOf(t, "register"); s.Inc != want.Inc || s.TTL != 0 {
		t.Errorf("registered as %+v", s)
	}

	mustDo(t, r.DeRegister)
	if s := observer.hearsOf(t, "exit"); s.Inc != want.Inc {
		t.Errorf("left as %+v", s)
	}
	if went := observer.seesGo(t); went != user {
		t.Errorf("%s went", went)
	}
}

// refusesEvents answers events in the broker's place.
type refusesEvents struct{ http.RoundTripper }

func (b refusesEvents) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method != http.MethodPost {
		return b.RoundTripper.RoundTrip(request)
	}
	return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody, Request: request}, nil
}

func TestARegisterThatIsRefusedLeavesThePresenceChannelEmpty(t *testing.T) {
	broker := startOwnBroker(t)
	observer := observe(t, broker.config(t), "mine")
	r, _ := presentFor(t, broker.config(t))
	r.broker.transport = refusesEvents{r.broker.transport}
	expectCode(t, r.Register(t.Context()), CodeBrokerRefused)
	if user, _ := observer.seesCome(t); observer.seesGo(t) != user {
		t.Errorf("%s did not go", user)
	}
}

func TestItComesBackAsWhatItIsByThen(t *testing.T) {
	broker := startOwnBroker(t)
	before := observe(t, broker.config(t), "mine")
	r, clock := presentFor(t, broker.config(t))
	mustDo(t, r.Register)
	before.seesCome(t)
	before.hearsOf(t, "register")
	if err := r.Update(t.Context(), func(s *Service) { s.Weight = 7 }); err != nil {
		t.Fatal(err)
	}
	if s := before.hearsOf(t, "register"); s.Seq != 1 || s.Weight != 7 {
		t.Errorf("updated to %+v", s)
	}

	broker.stop(t)
	if d := receive(t, clock.asked, "the wait before it comes back"); d < 250*time.Millisecond || d > 750*time.Millisecond {
		t.Errorf("waits %v", d)
	}
	broker.start(t)
	after := observe(t, broker.config(t), "mine")
	clock.pass(t)
	if user, member := after.seesCome(t); user != memberOf("mine", r.Service().Inc) || member.Seq != 1 || member.Weight != 7 {
		t.Errorf("%s came back as %+v", user, member)
	}
	if d := receive(t, clock.asked, "the wait before it registers"); d > time.Second {
		t.Errorf("waits %v", d)
	}
	clock.pass(t)
	if s := after.hearsOf(t, "register"); s.Seq != 1 {
		t.Errorf("registered as %+v", s)
	}
}

func TestThatItDoesNotComeBackIsReportedOnce(t *testing.T) {
	broker := startOwnBroker(t)
	r, clock := presentFor(t, broker.config(t))
	told := make(chan error, 10)
	r.OnRenewalError = func(err error) { told <- err }
	mustDo(t, r.Register)
	for range 2 {
		broker.stop(t)
		for range 3 {
			receive(t, clock.asked, "a wait")
			clock.pass(t)
		}
		receive(t, clock.asked, "a wait")
		expectCode(t, receive(t, told, "the fault"), CodeBrokerUnreachable)
		if len(told) > 0 {
			t.Errorf("also told %v", <-told)
		}
		broker.start(t)
		observer := observe(t, broker.config(t), "mine")
		clock.pass(t)
		observer.seesCome(t)
		receive(t, clock.asked, "the wait before it registers")
		clock.pass(t)
		observer.hearsOf(t, "register")
		untilIdle(t, r)
	}
}

func TestARollCallIsAnsweredUnlessItsDigestHasTheVersion(t *testing.T) {
	broker := startOwnBroker(t)
	config := broker.config(t)
	observer := observe(t, config, "mine")
	r, clock := presentFor(t, config)
	longest := make(chan time.Duration, 10)
	r.clock.upTo = func(max time.Duration) time.Duration {
		longest <- max
		return max
	}
	mustDo(t, r.Register)
	observer.seesCome(t)
	first := observer.hearsOf(t, "register")

	call := func(digest string) {
		t.Helper()
		publish(t, config, "mapped-discovery.owners", "rollcall",
			map[string]any{"nonce": "n", "digest": digest, "size": 50})
	}
	others := strings.Repeat(hashOf("other", 1, 0, false), 49)
	call(others + hashOf("mine", first.Inc, 0, false))
	call(others) // has no room for all, and the channel shows it
	call(others + hashOf("mine", first.Inc, 1, false))
	if d := receive(t, longest, "the longest wait"); d != 100*time.Millisecond {
		t.Errorf("waits up to %v", d)
	}
	if d := receive(t, clock.asked, "the wait"); d != 100*time.Millisecond {
		t.Errorf("waits %v", d)
	}
	call(others + others) // is answered by the same
	clock.pass(t)
	if s := observer.hearsOf(t, "register"); s.Inc != first.Inc || s.Seq != 0 {
		t.Errorf("answered %+v", s)
	}
	mustDo(t, r.DeRegister)
	observer.hearsOf(t, "exit")
}

// Nobody can outbid the last incarnation there is; who says so shall not stop the rest.
func TestAnOwnerThatCannotOutbidSaysSo(t *testing.T) {
	broker := startOwnBroker(t)
	config := broker.config(t)
	r, clock := presentFor(t, config)
	told := make(chan error, 1)
	r.OnRenewalError = func(err error) { told <- err }
	mustDo(t, r.Register)
	last := r.Service()
	last.Inc = maxSafeInteger
	publish(t, config, "presence-mapped-discovery.mine", "table", map[string]any{"nonce": "n", "up": []Service{last}})
	receive(t, clock.asked, "the wait")
	clock.pass(t)
	expectCode(t, receive(t, told, "the fault"), CodeAnnouncement)
	publish(t, config, "mapped-discovery.owners", "rollcall", map[string]any{"nonce": "n"})
	receive(t, clock.asked, "the wait before the answer")
}

func TestAnOwnerOutbids(t *testing.T) {
	broker := startOwnBroker(t)
	config := broker.config(t)
	observer := observe(t, config, "mine")
	r, clock := presentFor(t, config)
	outbid := make(chan [2]int64, 10)
	r.OnOutbid = func(was, is Service) { outbid <- [2]int64{was.Inc, is.Inc} }
	mustDo(t, r.Register)
	observer.seesCome(t)
	own := observer.hearsOf(t, "register")

	table := func(list string, incs ...int64) {
		t.Helper()
		said := []any{"no announcement"}
		for _, inc := range incs {
			of := own
			of.Inc = inc
			said = append(said, of)
		}
		publish(t, config, "presence-mapped-discovery.mine", "table", map[string]any{"nonce": "n", list: said})
		observer.hears(t, "table")
	}
	expect := func(was, is int64) {
		t.Helper()
		clock.pass(t)
		if went := observer.seesGo(t); went != memberOf("mine", was) {
			t.Errorf("%s went", went)
		}
		if user, _ := observer.seesCome(t); user != memberOf("mine", is) {
			t.Errorf("%s came", user)
		}
		if got := receive(t, outbid, "the report"); got != [2]int64{was, is} {
			t.Errorf("told %v", got)
		}
		if d := receive(t, clock.asked, "the wait before it registers"); d != 0 {
			t.Errorf("waits %v", d)
		}
		clock.pass(t)
		if s := observer.hearsOf(t, "register"); s.Inc != is || s.Seq != 0 {
			t.Errorf("registered as %+v", s)
		}
	}

	table("up", own.Inc) // what it says itself
	table("left", own.Inc)
	if d := receive(t, clock.asked, "the wait"); d != 0 {
		t.Errorf("waits %v for the first", d)
	}
	expect(own.Inc, own.Inc+1)

	table("up", own.Inc+5, own.Inc+7, own.Inc+6)
	if d := receive(t, clock.asked, "the wait"); d <= 0 || d > time.Second {
		t.Errorf("waits %v for the second", d)
	}
	expect(own.Inc+1, own.Inc+8)

	// Another program with the ID, whose clock is an hour ahead.
	const ahead = 3_600_000
	another := newBroker(config)
	later := own
	later.Inc = own.Inc + ahead
	link, _, fault := another.enter(t.Context(), later)
	if fault != nil {
		t.Fatal(fault)
	}
	defer link.close()
	observer.seesCome(t)
	if d := receive(t, clock.asked, "the wait"); d <= time.Second || d > 2*time.Second {
		t.Errorf("waits %v for the third", d)
	}
	expect(own.Inc+8, own.Inc+ahead+1)
	if next := r.incarnations.next(); next <= own.Inc+ahead+1 {
		t.Errorf("the next incarnation is %d", next)
	}
}

func TestAnOwnerThatSignsFollowsOnlyRunsThatAreSigned(t *testing.T) {
	broker := startOwnBroker(t)
	config := broker.config(t)
	config.ServiceKey = "rsk_" + strings.Repeat("A", 43)
	signer, _ := newSigner(config.ServiceKey, "mapped-discovery")
	observer := observe(t, config, signer.idFor("mine"))
	r, clock := presentFor(t, config)
	outbid := make(chan int64, 10)
	r.OnOutbid = func(_, is Service) { outbid <- is.Inc }
	mustDo(t, r.Register)
	observer.seesCome(t)
	own := observer.hearsOf(t, "register")

	config.ServiceKey = "" // what joins below is signed as it is
	join := func(service Service) {
		t.Helper()
		link, _, fault := newBroker(config).enter(t.Context(), service)
		if fault != nil {
			t.Fatal(fault)
		}
		t.Cleanup(link.close)
		observer.seesCome(t)
	}
	forged, genuine := own, own
	forged.Inc += 9
	genuine.Inc += 2
	join(forged)
	join(signer.sign("register", genuine))
	receive(t, clock.asked, "the wait")
	clock.pass(t)
	if inc := receive(t, outbid, "the report"); inc != genuine.Inc+1 {
		t.Errorf("continues as %d, not %d", inc, genuine.Inc+1)
	}
}

package registry

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

func severalOf(configs ...Config) Config {
	several := configs[0]
	for _, each := range configs {
		several.Brokers = append(several.Brokers, Broker{
			AppID: each.AppID, Key: each.Key, Secret: each.Secret, Host: each.Host, Port: each.Port, Cluster: each.Cluster, TLS: each.TLS,
		})
	}
	several.AppID, several.Key, several.Secret = "", "", ""
	several.Host, several.Port, several.Cluster, several.TLS = "", 0, "", false
	return several
}

// twoBrokers returns a registrar of two brokers, which waits for neither.
func twoBrokers(t *testing.T) (one, two *fakeBroker, _ *Registrar) {
	one, two = newFakeBroker(t), newFakeBroker(t)
	r, _ := registrarFor(t, severalOf(configFor(t, one.URL), configFor(t, two.URL)))
	for _, at := range r.all() {
		at.leaveWindow = 0
		t.Cleanup(func() { abandon(at) })
		at.broker.wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	}
	return one, two, r
}

func TestAServiceIsAnnouncedAtEachBrokerAsTheSameRun(t *testing.T) {
	one, two, r := twoBrokers(t)
	mustDo(t, r.Register)
	a, b := one.next(t, "register"), two.next(t, "register")
	if a.Inc != b.Inc || a.ID != b.ID || a.Seq != 0 || b.Seq != 0 {
		t.Errorf("registered as %+v and %+v", a, b)
	}
	if err := r.Update(t.Context(), func(s *Service) { s.Weight = 7 }); err != nil {
		t.Fatal(err)
	}
	for _, broker := range []*fakeBroker{one, two} {
		if s := broker.next(t, "register"); s.Seq != 1 || s.Weight != 7 {
			t.Errorf("updated to %+v", s)
		}
	}
	mustDo(t, r.DeRegister)
	if c, d := one.next(t, "exit"), two.next(t, "exit"); c.Inc != a.Inc || d.Inc != a.Inc {
		t.Errorf("left as %+v and %+v", c, d)
	}
	mustDo(t, r.Register)
	if a, b := one.next(t, "register"), two.next(t, "register"); a.Inc != b.Inc || a.Inc <= r.Service().Inc-1 {
		t.Errorf("registered again as %+v and %+v", a, b)
	}
}

func TestOneBrokerIsEnough(t *testing.T) {
	one, two, r := twoBrokers(t)
	one.answer = answers(500, "")
	reported := make(chan error, 10)
	r.OnRenewalError = func(err error) { reported <- err }
	registered := make(chan Service, 10)
	r.OnRegistered = func(s Service) { registered <- s }
	mustDo(t, r.Register)
	two.next(t, "register")
	if err := receive(t, reported, "a report"); !strings.Contains(err.Error(), "not registered at this broker yet, retrying: cannot reach the broker at") {
		t.Error(err)
	}
	mustDo(t, r.DeRegister)
	two.next(t, "exit")
	if len(registered) != 1 {
		t.Errorf("registered %d times", len(registered))
	}
}

func TestAllBrokersThatFailAreAnError(t *testing.T) {
	one, two, r := twoBrokers(t)
	one.answer, two.answer = answers(500, ""), answers(403, "")
	expectCode(t, r.Register(t.Context()), CodeBrokerUnreachable)
	if kept := r.kept(); kept != nil {
		t.Error("it goes on")
	}
}

func TestABrokerThatHangsHoldsUpNothing(t *testing.T) {
	one, two, r := twoBrokers(t)
	hangs := make(chan struct{})
	t.Cleanup(func() { close(hangs) })
	one.answer = func(int, http.ResponseWriter, *http.Request) bool {
		<-hangs
		return true
	}
	begun := time.Now()
	mustDo(t, r.Register)
	two.next(t, "register")
	mustDo(t, r.DeRegister)
	two.next(t, "exit")
	// Half a second for the other broker, on a busy machine.
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestABrokerThatHangsDoesNotHoldUpWhatIsRetriedAtAnother(t *testing.T) {
	one, two, three := newFakeBroker(t), newFakeBroker(t), newFakeBroker(t)
	r, _ := registrarFor(t, severalOf(configFor(t, one.URL), configFor(t, two.URL), configFor(t, three.URL)))
	for _, at := range r.all() {
		t.Cleanup(func() { abandon(at) })
		at.broker.wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	}
	hangs := make(chan struct{})
	t.Cleanup(func() { close(hangs) })
	r.broker.timeout = time.Hour
	one.answer = func(int, http.ResponseWriter, *http.Request) bool {
		<-hangs
		return true
	}
	three.answer = answers(403, "")
	reported := make(chan error, 10)
	r.OnRenewalError = func(err error) { reported <- err }
	mustDo(t, r.Register)
	expectCode(t, receive(t, reported, "the refusal"), CodeBrokerRefused)
}

func TestAnExitIsSentToABrokerWhoseResponseToTheAnnouncementWasLost(t *testing.T) {
	one, two, r := twoBrokers(t)
	one.answer = answers(500, "")
	reported := make(chan error, 10)
	r.OnRenewalError = func(err error) { reported <- err }
	clock := tick(r) // The announcement is not repeated.
	mustDo(t, r.Register)
	receive(t, reported, "the fault")
	receive(t, clock.asked, "the retry")
	one.mu.Lock()
	one.answer = nil
	one.mu.Unlock()
	mustDo(t, r.DeRegister)
	if a, b := one.next(t, "exit"), two.next(t, "register"); a.Inc != b.Inc {
		t.Errorf("%+v left, and was %+v", a, b)
	}
	two.next(t, "exit")
}

func TestAnExitIsTriedOnceAtABrokerThatAcceptedNothing(t *testing.T) {
	one, _, r := twoBrokers(t)
	one.answer = answers(500, "")
	reported := make(chan error, 10)
	r.OnRenewalError = func(err error) { reported <- err }
	clock := tick(r)
	mustDo(t, r.Register)
	receive(t, reported, "the fault")
	receive(t, clock.asked, "the retry")
	_, before := one.taken()
	mustDo(t, r.DeRegister)
	if _, after := one.taken(); after != before+1 || len(reported) > 0 {
		t.Errorf("%d attempts, and %d reports", after-before, len(reported))
	}
}

func TestAnOutbidIsAnnouncedAtEachBroker(t *testing.T) {
	one, two := startOwnBroker(t), startOwnBroker(t)
	observers := []observer{observe(t, one.config(t), "mine"), observe(t, two.config(t), "mine")}
	config := severalOf(one.config(t), two.config(t))
	r, err := New(Service{Prefix: "/v2", Port: 4123, ID: "mine"}, config)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range r.all() {
		t.Cleanup(func() { abandon(at) })
	}
	mustDo(t, r.Register)
	for _, each := range observers {
		each.seesCome(t)
		each.hearsOf(t, "register")
	}
	later := r.Service()
	later.Inc += 1000
	names, _ := config.channels()
	publish(t, two.config(t), names.presence("mine"), "table", map[string]any{"nonce": "n", "up": []Service{later}, "left": []Service{}})
	observers[1].hears(t, "table")
	for _, each := range observers {
		each.seesGo(t)
		if user, _ := each.seesCome(t); user != memberOf("mine", later.Inc+1) {
			t.Errorf("came as %s", user)
		}
	}
	mustDo(t, r.DeRegister)
}

func TestBrokersByURL(t *testing.T) {
	env := func(list string) func(string) string {
		return func(name string) string { return map[string]string{"ROLLCALL_BROKERS": list}[name] }
	}
	config, err := ConfigFromEnv(env("http://k:a%2Fb@10.0.0.7:6001/apps/7, https://k2:s2@api-eu.pusher.com:443/apps/8,https://k:s3@[::1]/apps/9/"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Broker{
		{AppID: "7", Key: "k", Secret: "a/b", Host: "10.0.0.7", Port: 6001},
		{AppID: "8", Key: "k2", Secret: "s2", Cluster: "eu", TLS: true},
		{AppID: "9", Key: "k", Secret: "s3", Host: "::1", Port: 443, TLS: true},
	}
	if !reflect.DeepEqual(config.Brokers, want) {
		t.Errorf("got %#v", config.Brokers)
	}
	if text := config.String(); text != "10.0.0.7:6001, hosted Pusher (cluster eu), [::1]:443" {
		t.Error(text)
	}
	for list, problem := range map[string]string{
		"b:6001":                       "is no http or https URL",
		"http://k:s3cret@b:1":          "does not end with /apps/ID",
		"http://k@b:1/apps/7":          "has no key and secret",
		"http://k:set-this@b:1/apps/7": "has a placeholder as its secret",
		"http://k:s3cret@b:1/apps/7,http://x:s3cret@b:1/apps/8":  "b:1 is there twice",
		"http://k:s3cret@b:0/apps/7":                             "b:0 has port 0",
		"http://k:s3cret@b:99999/apps/7":                         "b:99999 has port 99999",
		"https://k:s3cret@ws-eu.pusher.com/apps/7":               "name api-eu.pusher.com",
		"http://k:s3cret@b:1/apps/7,http://k:s3/cret@b:2/apps/7": "URL 2 is no http or https URL",
		"http://k:s3cret@b:1/apps/a b":                           "b:1: the id or the key of the app contains an invalid character",
		" , ,":                                                   "ROLLCALL_BROKERS names no broker",
	} {
		_, err := ConfigFromEnv(env(list))
		var fault *Error
		named := err != nil && strings.HasPrefix(err.Error(), "ROLLCALL_BROKERS")
		if !errors.As(err, &fault) || fault.Code != CodeConfig || !named || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: %v", list, err)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s is shown", err)
		}
	}
	both := map[string]string{"ROLLCALL_BROKERS": "http://k:s@b:1/apps/7", "PUSHER_HOST": "b"}
	if _, err := ConfigFromEnv(func(name string) string { return both[name] }); err == nil || !strings.Contains(err.Error(), "ROLLCALL_BROKERS and PUSHER_HOST are both set") {
		t.Error(err)
	}
}

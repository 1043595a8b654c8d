package registry

import (
	"context"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestAuthRequestsConform(t *testing.T) {
	type field struct{ Name, Authorization string }
	var vectors struct {
		Requests []struct {
			Name, ServiceKey, Path, Body, Text, Authorization string
			Time                                              int64
		}
		Accepted, Refused []field
	}
	readVectors(t, "auth-requests.json", &vectors)
	if len(vectors.Requests) < 5 || len(vectors.Accepted) < 2 || len(vectors.Refused) < 20 {
		t.Fatal("vectors are missing")
	}
	for _, each := range vectors.Requests {
		t.Run(each.Name, func(t *testing.T) {
			if text := string(authRequestText(each.Path, each.Time, []byte(each.Body))); text != each.Text {
				t.Errorf("the signed text is %q; want %q", text, each.Text)
			}
			signer, _ := newSigner(each.ServiceKey, "")
			if got := signer.proof(each.Path, each.Time, []byte(each.Body)); got != each.Authorization {
				t.Errorf("got %s, want %s", got, each.Authorization)
			}
			if key, at, _, ok := parseProof(each.Authorization); !ok || key != signer.publicHalf() || at != each.Time {
				t.Errorf("read as by %s at %d, %t", key, at, ok)
			}
		})
	}
	for _, each := range vectors.Accepted {
		if _, _, _, ok := parseProof(each.Authorization); !ok {
			t.Errorf("refused: %s", each.Name)
		}
	}
	for _, each := range vectors.Refused {
		if _, _, _, ok := parseProof(each.Authorization); ok {
			t.Errorf("accepted: %s", each.Name)
		}
	}
}

func TestTwoVariablesNameAnAuthServer(t *testing.T) {
	for _, url := range []string{
		"https://auth.example.com", "https://auth.example.com:8443/rollcall/", "http://127.0.0.1:1502", "http://localhost",
		"http://[::1]:1502", "https://[fd00::7]",
	} {
		env := map[string]string{
			"ROLLCALL_AUTH_URL": url, "ROLLCALL_SERVICE_KEY": testServiceKey, "ROLLCALL_ADDRESS": "10.0.0.7", "PUSHER_HOST": "",
		}
		config, err := ConfigFromEnv(fromMap(env))
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if config.String() != url || config.ServiceKey != testServiceKey || config.Address != "10.0.0.7" {
			t.Errorf("%s is read as %s", url, config)
		}
		if _, err := New(Service{Prefix: "/v2", Port: 3000}, config); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestVariablesThatDoNotGoWithAnAuthServer(t *testing.T) {
	both := map[string]string{"ROLLCALL_AUTH_URL": "https://auth.example.com", "ROLLCALL_SERVICE_KEY": testServiceKey}
	const form = "it must be the URL of an auth server: https, or http on loopback, such as https://auth.example.com"
	cases := map[string]map[string]string{
		`ROLLCALL_SERVICE_KEY is not set: an auth server knows a service by its key, which "rollcall keys create" makes`: with(both, "ROLLCALL_SERVICE_KEY", ""),
		"ROLLCALL_SERVICE_KEY is invalid": with(both, "ROLLCALL_SERVICE_KEY", "s3cret"),
	}
	for _, name := range []string{
		"PUSHER_APP_ID", "PUSHER_APP_KEY", "PUSHER_APP_SECRET", "PUSHER_APP_CLUSTER", "PUSHER_HOST", "PUSHER_PORT",
		"PUSHER_APP_SECURE", "ROLLCALL_BROKERS", "ROLLCALL_CHANNEL", "ROLLCALL_MASTER_KEY",
	} {
		cases["ROLLCALL_AUTH_URL and "+name+" are both set: the auth server names the registry, so unset "+name] = with(both, name, "1")
	}
	for _, url := range []string{
		"auth.example.com", "http://auth.example.com", "http://10.0.0.7", "http://localhost.evil.example", "ws://127.0.0.1",
		"https://", "https://user@auth.example.com", "https://a:b@auth.example.com", "https://auth.example.com?a=b",
		"https://auth.example.com?", "https://auth.example.com#a", "https://auth.example.com:0", "https://auth.example.com:99999",
	} {
		cases["ROLLCALL_AUTH_URL is "+quote(url)+"; "+form] = with(both, "ROLLCALL_AUTH_URL", url)
	}
	for message, env := range cases {
		_, err := ConfigFromEnv(fromMap(env))
		if fault := expectCode(t, err, CodeConfig); !strings.HasPrefix(fault.Message, message) {
			t.Errorf("got  %s\nwant %s", fault.Message, message)
		}
	}
	for name, config := range map[string]Config{
		"no key":    {AuthURL: "https://a"},
		"a broker":  {AuthURL: "https://a", ServiceKey: testServiceKey, Host: "b"},
		"TLS":       {AuthURL: "https://a", ServiceKey: testServiceKey, TLS: true},
		"a channel": {AuthURL: "https://a", ServiceKey: testServiceKey, Channel: "team"},
		"a mode":    {AuthURL: "https://a", ServiceKey: testServiceKey, Mode: 2},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(Service{Prefix: "/v2", Port: 3000}, config)
			expectCode(t, err, CodeConfig)
		})
	}
}

func TestALeaseThroughAnAuthServer(t *testing.T) {
	broker := newFakeBroker(t)
	registry := inChannel(configFor(t, broker.URL), "private-team", "")
	auth := newFakeAuth(t, registry)
	r := authorizedFor(t, auth.config(Lease))
	if id := r.Service().ID; id != ownID {
		t.Errorf("it is %s", id)
	}
	owner, _ := newSigner(testServiceKey, "private-team")
	expect := func(event string, seq int64) {
		t.Helper()
		if service := broker.next(t, event); service.Seq != seq || service.Address != "127.0.0.1" || !owner.hasSigned(event, service) {
			t.Errorf("%s of %+v", event, service)
		}
	}
	mustDo(t, r.Register)
	expect("register", 0)
	if err := r.Update(t.Context(), func(s *Service) { s.Weight = 7 }); err != nil {
		t.Fatal(err)
	}
	expect("register", 1)
	mustDo(t, r.DeRegister)
	expect("exit", 1)
	mustDo(t, r.Register)
	expect("register", 0)
	mustDo(t, r.DeRegister)
	expect("exit", 0)
	if events, _ := broker.taken(); events[0].Channel != "private-team" {
		t.Errorf("published in %s", events[0].Channel)
	}
	registries := 0
	for len(auth.asked) > 0 {
		if (<-auth.asked).Path == authRegistryPath {
			registries++
		}
	}
	if registries != 1 {
		t.Errorf("it asked %d times where the registry is", registries)
	}
}

func TestPresenceThroughAnAuthServer(t *testing.T) {
	for channel, key := range map[string]string{"team": "", "private-team": "", "private-encrypted-team": masterKey} {
		t.Run(channel, func(t *testing.T) {
			broker := startOwnBroker(t)
			registry := inChannel(broker.config(t), channel, key)
			observer := observe(t, registry, ownID)
			auth := newFakeAuth(t, registry)
			r := authorizedFor(t, auth.config(Presence))
			clock := tick(r)
			mustDo(t, r.Register)
			presence := "presence-team." + ownID

			var member struct {
				UserID   string          `json:"user_id"`
				UserInfo json.RawMessage `json:"user_info"`
			}
			if err := json.Unmarshal(observer.hears(t, frameMemberAdded), &member); err != nil || member.UserID != memberOf(ownID, r.Service().Inc) {
				t.Fatalf("%+v came, %v", member, err)
			}
			owner, _ := newSigner(testServiceKey, channel)
			open := func(event, channel string, data []byte) Service {
				t.Helper()
				if sealer := observer.broker.sealer; sealer != nil {
					data, _ = sealer.open(envelope{event, channel}, data)
				}
				service, err := ParseAnnouncement(data)
				if err != nil || event != "exit" && !owner.hasSigned("register", service) {
					t.Errorf("%s is %s, %v", event, data, err)
				}
				return service
			}
			open(memberEvent, presence, member.UserInfo)
			own := open("register", channel, observer.hears(t, "register"))

			publish(t, registry, channel+".owners", "rollcall", map[string]any{"nonce": "n"})
			receive(t, clock.asked, "the wait before the answer")
			clock.pass(t)
			open("register", channel, observer.hears(t, "register"))

			// Another observer holds the run for one that has left.
			left, _ := json.Marshal(map[string]any{"nonce": "n", "up": []any{}, "left": []Service{owner.sign("exit", own)}})
			if observer.broker.sealer != nil {
				left = observer.broker.sealer.seal(envelope{"table", presence}, left)
			}
			publish(t, registry, presence, "table", json.RawMessage(left))
			receive(t, clock.asked, "the wait before it outbids")
			clock.pass(t)
			observer.hears(t, "table")
			observer.seesGo(t)
			observer.hears(t, frameMemberAdded)
			receive(t, clock.asked, "the wait before it registers")
			clock.pass(t)
			if again := open("register", channel, observer.hears(t, "register")); again.Inc != own.Inc+1 {
				t.Errorf("registered as %+v", again)
			}

			// Another run with the ID, and the key.
			registry.ServiceKey = testServiceKey
			later := r.Service()
			later.Inc += 1000
			link, _, fault := newBroker(registry).enter(t.Context(), later)
			if fault != nil {
				t.Fatal(fault)
			}
			defer link.close()
			observer.hears(t, frameMemberAdded)
			receive(t, clock.asked, "the wait before it outbids")
			clock.pass(t)
			observer.seesGo(t)
			observer.hears(t, frameMemberAdded)
			receive(t, clock.asked, "the wait before it registers")
			clock.pass(t)
			if again := open("register", channel, observer.hears(t, "register")); again.Inc != later.Inc+1 {
				t.Errorf("registered as %+v", again)
			}
			mustDo(t, r.DeRegister)
			open("exit", channel, observer.hears(t, "exit"))
		})
	}
}

func TestAServiceIsAnnouncedAtEachBrokerThatAnAuthServerNames(t *testing.T) {
	one, two := newFakeBroker(t), newFakeBroker(t)
	auth := newFakeAuth(t, configFor(t, one.URL), configFor(t, two.URL))
	r := authorizedFor(t, auth.config(Lease))
	reported := make(chan error, 10)
	r.OnRenewalError = func(err error) { reported <- err }
	mustDo(t, r.Register)
	a, b := one.next(t, "register"), two.next(t, "register")
	if a.Inc != b.Inc || a.ID != b.ID {
		t.Errorf("registered as %+v and %+v", a, b)
	}
	two.mu.Lock()
	two.answer = answers(500, "")
	two.mu.Unlock()
	if err := r.Update(t.Context(), func(s *Service) { s.Weight = 7 }); err != nil {
		t.Fatal(err)
	}
	if s := one.next(t, "register"); s.Weight != 7 {
		t.Errorf("updated to %+v", s)
	}
	expectCode(t, receive(t, reported, "the fault of the other"), CodeAuthUnreachable)
	mustDo(t, r.DeRegister)
	one.next(t, "exit")
}

func TestAnAddressIsChosenByTheWayToTheBrokerThatAnAuthServerNames(t *testing.T) {
	broker := newFakeBroker(t)
	registry := configFor(t, broker.URL)
	auth := newFakeAuth(t, registry)
	var towards []string
	config := Config{AuthURL: "https://10.0.0.7", ServiceKey: testServiceKey, Mode: Lease, RequireBroker: true}
	guess := func() ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr("10.99.0.2")}, nil }
	r, err := newRegistrar(Service{Prefix: "/v2", Port: 4123}, config, guess, ofThisProcess)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { abandon(r.all()[0]) })
	r.broker.auth.url = auth.URL
	r.towards = func(_ context.Context, config Config) (netip.Addr, error) {
		towards = append(towards, config.String())
		return netip.MustParseAddr("10.99.0.1"), nil
	}
	mustDo(t, r.Register)
	if got := broker.next(t, "register").Address; got != "10.99.0.1" || !slices.Equal(towards, []string{registry.String()}) {
		t.Errorf("announced %s, by the way to %v", got, towards)
	}
	if got := config.authEndpoint(); got != "10.0.0.7:443" {
		t.Errorf("the auth server is at %s", got)
	}
	if got := auth.config(Lease).authEndpoint(); got != strings.TrimPrefix(auth.URL, "http://") {
		t.Errorf("the auth server is at %s", got)
	}
}

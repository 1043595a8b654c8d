package registry

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
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

func TestAServiceThatStartsWithoutItsAuthServerIsRegisteredOnceItAnswers(t *testing.T) {
	for name, mode := range map[string]Mode{"presence": Presence, "lease": Lease} {
		t.Run(name, func(t *testing.T) {
			broker := startOwnBroker(t)
			auth := newFakeAuth(t, broker.config(t))
			config := auth.config(mode)
			config.RequireBroker = false
			r := authorizedFor(t, config)
			clock := tick(r)
			faults, registered := make(chan error, 10), make(chan Service, 10)
			r.OnRenewalError = func(err error) { faults <- err }
			r.OnRegistered = func(service Service) { registered <- service }
			auth.refuses("", http.StatusServiceUnavailable, "")
			mustDo(t, r.Register)
			fault := receive(t, faults, "the fault")
			expectCode(t, fault, CodeAuthUnreachable)
			if !strings.HasPrefix(fault.Error(), "not registered yet, retrying: no answer of the auth server at "+auth.URL+" (HTTP 503)") {
				t.Errorf("reported %q", fault)
			}
			// Without a broker it has nothing to publish, and an update waits.
			if err := r.Update(t.Context(), func(s *Service) { s.Weight = 7 }); err != nil {
				t.Fatal(err)
			}
			for _, longest := range []time.Duration{time.Second, 2 * time.Second} {
				if d := receive(t, clock.asked, "the wait"); d > longest || d < longest*9/10 {
					t.Errorf("waits %v, want %v", d, longest)
				}
				clock.pass(t)
			}
			receive(t, clock.asked, "the wait")
			auth.refuses("", http.StatusForbidden, `{"detail":"rpk_… owns no prefix here."}`)
			clock.pass(t)
			fault = receive(t, faults, "the other fault")
			expectCode(t, fault, CodeAuthRefused)
			receive(t, clock.asked, "the wait")
			auth.answers(nil)
			clock.pass(t)
			if service := receive(t, registered, "the registration"); service.ID != ownID || service.Weight != 7 {
				t.Errorf("registered %+v", service)
			}
			if len(faults) > 0 {
				t.Errorf("also reported %v", <-faults)
			}
			mustDo(t, r.DeRegister)
		})
	}
}

func TestARegistryThatIsRequiredHasToBeFound(t *testing.T) {
	for status, code := range map[int]Code{
		200: CodeAuthRefused, 301: CodeAuthRefused, 401: CodeAuthRefused, 403: CodeAuthRefused, 404: CodeAuthRefused,
		429: CodeAuthUnreachable, 500: CodeAuthUnreachable, 503: CodeAuthUnreachable,
	} {
		auth := newFakeAuth(t, Config{})
		auth.answers(func(_ string, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(map[string]string{"detail": "not for\nyou: " + r.Header.Get("Authorization")})
			return true
		})
		r := authorizedFor(t, auth.config(Presence))
		fault := expectCode(t, r.Register(t.Context()), code)
		if status != 200 && !strings.Contains(fault.Message, "not for you: Rollcall key=") || strings.Contains(fault.Message, "signature=") && !strings.Contains(fault.Message, "signature=***") {
			t.Errorf("%d: %s", status, fault.Message)
		}
		want := 1
		if code == CodeAuthUnreachable {
			want = 3
		}
		if len(auth.asked) != want {
			t.Errorf("%d: %d attempts", status, len(auth.asked))
		}
		mustDo(t, r.DeRegister) // It has nothing to withdraw.
		if len(auth.asked) != want {
			t.Errorf("%d: it asked on", status)
		}
	}
	auth := newFakeAuth(t, Config{})
	auth.Close()
	expectCode(t, authorizedFor(t, auth.config(Presence)).Register(t.Context()), CodeAuthUnreachable)
}

func TestAServiceThatLeavesBeforeItIsRegisteredAsksNoFurther(t *testing.T) {
	broker := newFakeBroker(t)
	auth := newFakeAuth(t, configFor(t, broker.URL))
	config := auth.config(Lease)
	config.RequireBroker = false
	r := authorizedFor(t, config)
	clock := tick(r)
	auth.refuses("", http.StatusServiceUnavailable, "")
	mustDo(t, r.Register)
	receive(t, clock.asked, "the wait")
	auth.answers(nil)
	asked := len(auth.asked)
	mustDo(t, r.DeRegister)
	select {
	case clock.ticks <- time.Time{}:
		t.Error("it still waits")
	default:
	}
	if _, seen := broker.taken(); seen > 0 || len(auth.asked) != asked {
		t.Errorf("%d events, and %d requests", seen, len(auth.asked)-asked)
	}
	// It can register later.
	mustDo(t, r.Register)
	broker.next(t, "register")
}

func TestAnExitWaitsForARegisterThatAsksWhereTheRegistryIs(t *testing.T) {
	broker := newFakeBroker(t)
	auth := newFakeAuth(t, configFor(t, broker.URL))
	release := make(chan struct{})
	auth.answers(func(path string, _ http.ResponseWriter, _ *http.Request) bool {
		if path == authRegistryPath {
			<-release
		}
		return false
	})
	r := authorizedFor(t, auth.config(Lease))
	registered, left := make(chan error, 1), make(chan error, 1)
	go func() { registered <- r.Register(context.Background()) }()
	auth.next(t, authRegistryPath)
	go func() { left <- r.DeRegister(context.Background()) }()
	close(release)
	for _, each := range []chan error{registered, left} {
		if err := receive(t, each, "the end"); err != nil {
			t.Fatal(err)
		}
	}
	broker.next(t, "register")
	broker.next(t, "exit")
}

// What came of an authorization is asked again and again on the same connection, at longer and longer intervals.
func TestAnAuthorizationIsAskedForAgainWhileTheConnectionStays(t *testing.T) {
	broker := startOwnBroker(t)
	registry := inChannel(broker.config(t), "private-team", "")
	auth := newFakeAuth(t, registry)
	r := authorizedFor(t, auth.config(Presence))
	r.clock.upTo = func(max time.Duration) time.Duration { return max }
	clock := tick(r)
	faults := make(chan error, 10)
	r.OnRenewalError = func(err error) { faults <- err }
	mustDo(t, r.Register)
	was := auth.next(t, authChannelPath).SocketID
	auth.next(t, authAnnouncePath)
	broker.stop(t)
	receive(t, clock.asked, "the wait before it comes back")
	broker.start(t)
	observer := observe(t, registry, ownID)
	auth.refuses(authChannelPath, http.StatusServiceUnavailable, "")
	clock.pass(t)
	socket := ""
	for number, seconds := range []int{1, 2, 4, 8, 16, 30, 30} {
		if number == 4 {
			auth.refuses(authChannelPath, http.StatusForbidden, `{"detail":"no"}`)
		}
		if asked := auth.next(t, authChannelPath); number == 0 {
			socket = asked.SocketID
		} else if asked.SocketID != socket || socket == was {
			t.Errorf("it asks for %s after %s", asked.SocketID, socket)
		}
		if d := receive(t, clock.asked, "the wait"); d != time.Duration(seconds)*time.Second {
			t.Errorf("waits %v, want %d s", d, seconds)
		}
		if number == 6 {
			auth.answers(nil)
		}
		clock.pass(t)
	}
	expectCode(t, receive(t, faults, "the fault"), CodeAuthUnreachable)
	expectCode(t, receive(t, faults, "the refusal"), CodeAuthRefused)
	if user, _ := observer.seesCome(t); user != memberOf(ownID, r.Service().Inc) {
		t.Errorf("%s came", user)
	}
	if len(faults) > 0 {
		t.Errorf("also reported %v", <-faults)
	}
}

func TestAnAuthorizationIsGivenUpWithItsConnection(t *testing.T) {
	drop, frames := make(chan struct{}), make(chan string, 10)
	sockets := fakeSocket(t, func(ctx context.Context, socket *websocket.Conn) {
		send(ctx, socket, greeting)
		go func() {
			defer close(frames)
			for {
				_, text, err := socket.Read(ctx)
				if err != nil {
					return
				}
				frames <- string(text)
			}
		}()
		<-drop
	})
	sockets.activity = time.Hour
	auth := newFakeAuth(t, inChannel(sockets.config, "private-team", ""))
	auth.answers(func(_ string, _ http.ResponseWriter, r *http.Request) bool {
		close(drop)
		<-r.Context().Done()
		return true
	})
	sockets.auth, sockets.authID, sockets.channels = newAuthClient(auth.config(Presence)), sockets.config.String(), auth.brokers[0].channels
	sockets.auth.timeout = time.Hour
	_, _, fault := sockets.enter(t.Context(), Service{ID: "a", Inc: 1})
	if fault == nil || fault.refused || fault.ofAuth || !strings.Contains(fault.detail, "lost") {
		t.Errorf("got %+v", fault)
	}
	for each := range frames {
		t.Errorf("sent %s", each)
	}
}

func TestAnAuthorizationThatComesAfterItsConnectionWasLostIsNotUsed(t *testing.T) {
	l := &link{}
	l.lost, l.close = context.WithCancel(t.Context())
	_, err := l.meanwhile(t.Context(), func(context.Context) error {
		l.close()
		return nil
	})
	if !errors.Is(err, errLost) {
		t.Errorf("got %v", err)
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

func TestResponsesThatNameNoRegistry(t *testing.T) {
	broker := func(change string, value any) map[string]any {
		fields := map[string]any{"id": "a", "key": "k", "tls": false, "host": "10.0.0.7", "port": 6001}
		fields[change] = value
		return fields
	}
	list := func(brokers ...any) map[string]any { return map[string]any{"channel": "team", "brokers": brokers} }
	for name, answer := range map[string]any{
		"a list":                   []any{},
		"nothing in it":            map[string]any{},
		"another type of channel":  map[string]any{"channel": 7, "brokers": []any{broker("id", "a")}},
		"an invalid channel":       map[string]any{"channel": "presence-x", "brokers": []any{broker("id", "a")}},
		"no list of brokers":       map[string]any{"channel": "team", "brokers": "a"},
		"no broker":                list(),
		"a broker that is a text":  list("a"),
		"no id":                    list(broker("id", nil)),
		"no key":                   list(broker("key", nil)),
		"a key that ends its path": list(broker("key", "k/../../x?")),
		"an empty key":             list(broker("key", "")),
		"tls as text":              list(broker("tls", "false")),
		"a host with a path":       list(broker("host", "a/b")),
		"an empty host":            list(broker("host", "")),
		"port 0":                   list(broker("port", 0)),
		"a port as text":           list(broker("port", "80")),
		"a port too high":          list(broker("port", 65536)),
		"a fraction of a port":     list(broker("port", 1.5)),
		"an invalid second broker": list(broker("id", "a"), broker("port", -1)),
		"a cluster with a path":    list(map[string]any{"id": "a", "key": "k", "tls": true, "cluster": "eu.evil.example/"}),
	} {
		t.Run(name, func(t *testing.T) {
			auth := newFakeAuth(t, Config{})
			auth.refuses("", http.StatusOK, encoded(t, answer))
			fault := expectCode(t, authorizedFor(t, auth.config(Presence)).Register(t.Context()), CodeAuthRefused)
			if !strings.Contains(fault.Message, "its response ") {
				t.Error(fault.Message)
			}
		})
	}
	auth := newFakeAuth(t, Config{})
	auth.refuses("", http.StatusOK, encoded(t, list(broker("id", strings.Repeat("a", maxAnswerBytes)))))
	fault := expectCode(t, authorizedFor(t, auth.config(Presence)).Register(t.Context()), CodeAuthRefused)
	if !strings.Contains(fault.Message, "its response has more than 65536 bytes") {
		t.Error(fault.Message)
	}
	registry, problem := parseAuthRegistry(decode([]byte(encoded(t, list(
		broker("extra", 1), map[string]any{"id": "b", "key": "k", "tls": true, "cluster": "eu"},
	)))).(map[string]any))
	if problem != "" || registry.brokers[0].port != 6001 || registry.brokers[1].cluster != "eu" || !registry.brokers[1].tls {
		t.Errorf("read %+v, %s", registry, problem)
	}
}

func TestResponsesThatAuthorizeNothing(t *testing.T) {
	secret := masterKey
	for name, answer := range map[string]map[string]any{
		"nothing in it":        {},
		"another type of auth": {"auth": 1, "channel_data": "{}", "shared_secret": secret},
		"no member":            {"auth": "k:s", "shared_secret": secret},
		"a member as object":   {"auth": "k:s", "channel_data": map[string]any{}, "shared_secret": secret},
		"no key":               {"auth": "k:s", "channel_data": "{}"},
		"a key as number":      {"auth": "k:s", "channel_data": "{}", "shared_secret": 7},
		"a key of 31 bytes":    {"auth": "k:s", "channel_data": "{}", "shared_secret": "czNjcmV0AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="},
		"a key as base64url":   {"auth": "k:s", "channel_data": "{}", "shared_secret": strings.Repeat("_", 43) + "="},
	} {
		t.Run(name, func(t *testing.T) {
			auth := newFakeAuth(t, Config{})
			auth.refuses("", http.StatusOK, encoded(t, answer))
			names, _ := channelsOf("private-encrypted-team")
			b := newBroker(auth.config(Presence)).located(names, authBroker{id: "a", key: "k", host: "127.0.0.1", port: 1})
			_, fault := b.admit(t.Context(), "1.2", b.presenceOf(Service{ID: "a", Inc: 1}))
			if fault == nil || !fault.ofAuth || !fault.refused {
				t.Errorf("got %+v", fault)
			}
		})
	}
}

func TestABrokerThatAnAuthServerNamesIsCorrectedThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := configFor(t, listener.Addr().String())
	listener.Close()
	auth := newFakeAuth(t, config)
	fault := expectCode(t, authorizedFor(t, auth.config(Presence)).Register(t.Context()), CodeBrokerUnreachable)
	if !strings.Contains(fault.Message, "(dial tcp 127.0.0.1:") || !strings.HasSuffix(fault.Message, ": start it, or correct the broker at the auth server that ROLLCALL_AUTH_URL names") {
		t.Error(fault.Message)
	}
}

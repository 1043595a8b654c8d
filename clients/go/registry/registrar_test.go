package registry

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	testKey    = "test-key"
	testSecret = "test-s3cret"
)

// fakeBroker accepts events as a Pusher server does: only if they are signed with the app's secret.
type fakeBroker struct {
	*httptest.Server
	mu     sync.Mutex
	events []event
	// answer, if set, answers the n-th request (from 1) in place of the broker's acceptance.
	answer func(n int, w http.ResponseWriter, r *http.Request) (answered bool)
	seen   int
	// accepted holds each of events until it is received.
	accepted chan event
}

type event struct{ Name, Channel, Data string }

func (e event) announced(t *testing.T) Service {
	t.Helper()
	service, err := ParseAnnouncement([]byte(e.Data))
	if err != nil {
		t.Fatal(err)
	}
	return service
}

func newFakeBroker(t *testing.T) *fakeBroker {
	b := &fakeBroker{accepted: make(chan event, 1000)}
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

func (b *fakeBroker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	b.seen++
	n, answer := b.seen, b.answer
	b.mu.Unlock()
	if answer != nil && answer(n, w, r) {
		return
	}
	if reason := wrongSignature(r, body); reason != "" {
		http.Error(w, reason, http.StatusUnauthorized)
		return
	}
	var sent struct {
		Name, Data string
		Channels   []string
	}
	if err := json.Unmarshal(body, &sent); err != nil || len(sent.Channels) != 1 {
		http.Error(w, "bad event", http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	b.events = append(b.events, event{sent.Name, sent.Channels[0], sent.Data})
	b.mu.Unlock()
	select {
	case b.accepted <- event{sent.Name, sent.Channels[0], sent.Data}:
	default: // more than any test receives
	}
	_, _ = io.WriteString(w, "{}")
}

func wrongSignature(r *http.Request, body []byte) string {
	query := make(map[string]string)
	for name, values := range r.URL.Query() {
		query[name] = values[0]
	}
	signature := query["auth_signature"]
	delete(query, "auth_signature")
	sum := md5.Sum(body)
	at, _ := strconv.ParseInt(query["auth_timestamp"], 10, 64)
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/apps/7/events":
		return "wrong endpoint"
	case query["auth_key"] != testKey || query["auth_version"] != "1.0":
		return "wrong key or version"
	case query["body_md5"] != hex.EncodeToString(sum[:]):
		return "wrong body_md5"
	case time.Since(time.Unix(at, 0)).Abs() > 600*time.Second:
		return "wrong auth_timestamp"
	case signature != signRequest(testSecret, r.Method, r.URL.Path, query):
		return "wrong auth_signature"
	}
	return ""
}

func (b *fakeBroker) taken() ([]event, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]event(nil), b.events...), b.seen
}

func configFor(t *testing.T, rawHost string) Config {
	t.Helper()
	host, port, err := net.SplitHostPort(strings.TrimPrefix(rawHost, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	number, _ := strconv.Atoi(port)
	return Config{AppID: "7", Key: testKey, Secret: testSecret, Host: host, Port: number}
}

// registrarFor never sleeps between attempts; what it would have waited is in the second result.
func registrarFor(t *testing.T, config Config) (*Registrar, *[]time.Duration) {
	t.Helper()
	r, err := New(Service{Prefix: "/v2/", Port: 4123, Name: "id-v4"}, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.endLease()() })
	var waited []time.Duration
	r.broker.wait = func(ctx context.Context, d time.Duration) error {
		waited = append(waited, d)
		return ctx.Err()
	}
	return r, &waited
}

func TestRegisterAndDeRegister(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	if err := r.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.DeRegister(t.Context()); err != nil {
		t.Fatal(err)
	}
	events, _ := broker.taken()
	if len(events) != 2 || events[0].Name != "register" || events[1].Name != "exit" {
		t.Fatalf("got %v", events)
	}
	service := r.Service()
	want := map[string]any{"prefix": "/v2", "port": 4123.0, "address": "127.0.0.1", "name": "id-v4",
		"id": service.ID, "inc": float64(service.Inc), "seq": 0.0, "ttl": 30.0}
	for _, each := range events {
		var data map[string]any
		if err := json.Unmarshal([]byte(each.Data), &data); err != nil || !reflect.DeepEqual(data, want) {
			t.Errorf("%s announced %s", each.Name, each.Data)
		}
		if each.Channel != "mapped-discovery" {
			t.Errorf("channel %s", each.Channel)
		}
	}
}

func TestBrokerOverIPv6(t *testing.T) {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 loopback on this machine")
	}
	broker := &fakeBroker{accepted: make(chan event, 1)}
	broker.Server = httptest.NewUnstartedServer(broker)
	broker.Listener.Close()
	broker.Listener = listener
	broker.Start()
	t.Cleanup(broker.Close)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	if err := r.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
}

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

// answers makes the broker give one answer to every request.
func answers(status int, body string) func(int, http.ResponseWriter, *http.Request) bool {
	return func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	}
}

func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		code   Code
		tries  int
	}{
		"bad request":                    {400, "Invalid", CodeBrokerRefused, 1},
		"bad signature":                  {401, "Invalid signature", CodeBrokerRefused, 1},
		"over quota":                     {403, "", CodeBrokerRefused, 1},
		"too large":                      {413, "", CodeBrokerRefused, 1},
		"redirect":                       {307, "", CodeBrokerRefused, 1},
		"an error under 200":             {200, `{"error":"App not found","code":404}`, CodeBrokerRefused, 1},
		"an error under 202":             {202, `{"error":{"a":1}}`, CodeBrokerRefused, 1},
		"a page":                         {200, "<html>", CodeBrokerRefused, 1},
		"nothing":                        {200, "", CodeBrokerRefused, 1},
		"broker in trouble":              {500, "x", CodeBrokerUnreachable, 3},
		"broker asks to come back later": {429, "slow down", CodeBrokerUnreachable, 3},
		"broker behind a gateway, gone":  {502, "", CodeBrokerUnreachable, 3},
		"accepted":                       {200, "{}", "", 1},
		"accepted with channels":         {200, `{"channels":{}}`, "", 1},
		"accepted with another status":   {202, "{}", "", 1},
		"accepted by a word":             {200, `"ok"`, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			broker := newFakeBroker(t)
			broker.answer = answers(c.status, c.body)
			r, waited := registrarFor(t, configFor(t, broker.URL))
			err := r.Register(t.Context())
			if c.code == "" && err != nil {
				t.Fatal(err)
			}
			if c.code != "" {
				expectCode(t, err, c.code)
			}
			if _, seen := broker.taken(); seen != c.tries {
				t.Errorf("%d requests, want %d", seen, c.tries)
			}
			if c.tries == 3 && !reflect.DeepEqual(*waited, []time.Duration{100 * time.Millisecond, 400 * time.Millisecond}) {
				t.Errorf("waited %v", *waited)
			}
		})
	}
}

func TestARetryThatSucceeds(t *testing.T) {
	broker := newFakeBroker(t)
	broker.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		if n == 2 {
			panic(http.ErrAbortHandler) // the connection breaks without an answer
		}
		return n < 3
	}
	r, _ := registrarFor(t, configFor(t, broker.URL))
	if err := r.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	if events, seen := broker.taken(); len(events) != 1 || seen != 3 {
		t.Fatalf("%d events, %d requests", len(events), seen)
	}
}

func TestNobodyListens(t *testing.T) {
	broker := newFakeBroker(t)
	broker.Close()
	r, waited := registrarFor(t, configFor(t, broker.URL))
	fault := expectCode(t, r.Register(t.Context()), CodeBrokerUnreachable)
	if !errors.Is(fault, syscall.ECONNREFUSED) {
		t.Errorf("the cause is %v", fault.Err)
	}
	if len(*waited) != 2 {
		t.Errorf("waited %v", *waited)
	}
	expectNothingSecret(t, fault)
}

func TestABrokerThatNeverAnswers(t *testing.T) {
	broker := newFakeBroker(t)
	broker.answer = func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	}
	r, _ := registrarFor(t, configFor(t, broker.URL))
	if r.broker.timeout != 5*time.Second {
		t.Errorf("the timeout is %v", r.broker.timeout)
	}
	r.broker.timeout = 30 * time.Millisecond
	fault := expectCode(t, r.Register(t.Context()), CodeBrokerUnreachable)
	if !strings.Contains(fault.Message, "no answer within 30ms") {
		t.Errorf("got %s", fault)
	}
	if _, seen := broker.taken(); seen != 3 {
		t.Errorf("%d requests", seen)
	}
	expectNothingSecret(t, fault)
}

func TestTheContextEndsARequest(t *testing.T) {
	broker := newFakeBroker(t)
	ctx, cancel := context.WithCancel(t.Context())
	broker.answer = func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		cancel()
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
			t.Error("the request goes on")
		}
		return true
	}
	r, _ := registrarFor(t, configFor(t, broker.URL))
	r.broker.timeout = time.Hour
	fault := expectCode(t, r.Register(ctx), CodeBrokerUnreachable)
	if !errors.Is(fault, context.Canceled) {
		t.Errorf("the cause is %v", fault.Err)
	}
	if _, seen := broker.taken(); seen != 1 {
		t.Errorf("%d requests", seen)
	}
}

func TestTheContextEndsAWait(t *testing.T) {
	broker := newFakeBroker(t)
	broker.answer = answers(500, "")
	r, _ := registrarFor(t, configFor(t, broker.URL))
	ctx, cancel := context.WithCancel(t.Context())
	waits := 0
	r.broker.wait = func(ctx context.Context, _ time.Duration) error {
		waits++
		cancel()
		return wait(ctx, time.Hour)
	}
	if err := r.Register(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, seen := broker.taken(); seen != 1 || waits != 1 {
		t.Errorf("%d requests, %d waits", seen, waits)
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

func TestErrorsHoldNothingSecret(t *testing.T) {
	for name, answer := range map[string]func(int, http.ResponseWriter, *http.Request) bool{
		"the connection breaks": func(int, http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		"the server echoes the request": func(_ int, w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, r.URL.String()+"\nsecret "+testSecret+strings.Repeat(" long", 1000))
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			broker := newFakeBroker(t)
			broker.answer = answer
			r, _ := registrarFor(t, configFor(t, broker.URL))
			var fault *Error
			if !errors.As(r.Register(t.Context()), &fault) {
				t.Fatal("accepted")
			}
			expectNothingSecret(t, fault)
			if len(fault.Message) > 600 || strings.Contains(fault.Message, "\n") {
				t.Errorf("%d bytes long: %q", len(fault.Message), fault.Message)
			}
		})
	}
}

func expectNothingSecret(t *testing.T, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		for _, secret := range []string{"auth_signature", "auth_key", testKey, testSecret} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q is in %q", secret, err)
			}
		}
	}
}

func TestAnnouncedAddress(t *testing.T) {
	local := Config{AppID: "7", Key: "k", Secret: "s", Host: "::1", Port: 6001}
	remote := Config{AppID: "7", Key: "k", Secret: "s", Cluster: "eu", TLS: true}
	machine := []netip.Addr{netip.MustParseAddr("10.0.0.9")}
	for name, c := range map[string]struct {
		config        Config
		service, conf string
		want          string
	}{
		"the service's own":      {remote, "10.0.0.1", "10.0.0.2", "10.0.0.1"},
		"the config's":           {local, "", "10.0.0.2", "10.0.0.2"},
		"a broker on loopback":   {local, "", "", "127.0.0.1"},
		"else the machine's own": {remote, "", "", "10.0.0.9"},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.Address = c.conf
			r, err := newRegistrar(Service{Port: 80, Address: c.service}, c.config,
				func() ([]netip.Addr, error) { return machine, nil }, ofThisProcess)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Service().Address; got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	remote := Config{AppID: "7", Key: "k", Secret: "s", Cluster: "eu", TLS: true}
	none := func() ([]netip.Addr, error) { return nil, nil }
	broken := func() ([]netip.Addr, error) { return nil, errors.New("no netlink") }

	_, err := newRegistrar(Service{Port: 80}, remote, none, ofThisProcess)
	expectCode(t, err, CodeNoAddress)
	_, err = newRegistrar(Service{Port: 80}, remote, broken, ofThisProcess)
	expectCode(t, err, CodeNoAddress)

	_, err = New(Service{Prefix: "v2", Port: 80, Address: "10.0.0.1"}, remote)
	expectCode(t, err, CodeAnnouncement)
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Code != BadPrefix {
		t.Errorf("the cause is %v", err)
	}
	large := map[string]json.RawMessage{"x": json.RawMessage(`"` + strings.Repeat("x", 11_000) + `"`)}
	_, err = New(Service{Port: 80, Address: "10.0.0.1", Extra: large}, remote)
	expectCode(t, err, CodeAnnouncement)
}

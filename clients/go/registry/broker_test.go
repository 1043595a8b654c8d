package registry

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestBrokerOverIPv6(t *testing.T) {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		skip(t, "no IPv6 loopback on this machine")
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

func TestNoServerListens(t *testing.T) {
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
		return systemClock.sleep(ctx, time.Hour)
	}
	if err := r.Register(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, seen := broker.taken(); seen != 1 || waits != 1 {
		t.Errorf("%d requests, %d waits", seen, waits)
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

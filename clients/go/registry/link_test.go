package registry

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// fakeSocket is a server that greets, and then does what the test says.
func fakeSocket(t *testing.T, then func(ctx context.Context, socket *websocket.Conn)) *broker {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = socket.CloseNow() }()
		then(r.Context(), socket)
	}))
	t.Cleanup(server.Close)
	b := newBroker(configFor(t, server.URL))
	b.activity, b.pong = 20*time.Millisecond, 20*time.Millisecond
	return b
}

func send(ctx context.Context, socket *websocket.Conn, text string) {
	_ = socket.Write(ctx, websocket.MessageText, []byte(text))
}

const greeting = `{"event":"pusher:connection_established","data":"{\"socket_id\":\"1.2\",\"activity_timeout\":120}"}`

func dialed(t *testing.T, b *broker) *link {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), inTime)
	defer cancel()
	l, err := b.dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	return l
}

func TestALinkOnWhichNothingIsHeardAnyMoreIsGivenUp(t *testing.T) {
	received := make(chan string, 10)
	l := dialed(t, fakeSocket(t, func(ctx context.Context, socket *websocket.Conn) {
		send(ctx, socket, greeting)
		for n := 0; ; n++ {
			_, text, err := socket.Read(ctx)
			if err != nil {
				close(received)
				return
			}
			received <- string(text)
			if n == 0 {
				send(ctx, socket, `{"event":"pusher:pong","data":{}}`)
			}
		}
	}))
	if ping := receive(t, received, "a ping"); ping != `{"data":{},"event":"pusher:ping"}` {
		t.Errorf("received %s", ping)
	}
	if _, ok := <-l.received; ok {
		t.Error("something was received")
	}
	for range received { // closed when the server sees the end
	}
}

func TestALinkWhosePingsAreAnsweredStays(t *testing.T) {
	const enough = 5
	b := fakeSocket(t, func(ctx context.Context, socket *websocket.Conn) {
		send(ctx, socket, greeting)
		send(ctx, socket, `{"event":"pusher:ping"}`)
		pings, pongs := 0, 0
		for pings < enough || pongs < 1 {
			_, text, err := socket.Read(ctx)
			switch {
			case err != nil:
				return
			case strings.Contains(string(text), "pusher:pong"):
				pongs++
			case strings.Contains(string(text), "pusher:ping"):
				pings++
				send(ctx, socket, `{"event":"pusher:pong","data":{}}`)
			}
		}
		send(ctx, socket, `no JSON`)
		send(ctx, socket, `{"event":"register","channel":"c","data":"{}"}`)
		<-ctx.Done()
	})
	b.pong = inTime
	l := dialed(t, b)
	if received := receive(t, l.received, "an event"); received.Event != "register" || received.Channel != "c" || string(received.Data) != "{}" {
		t.Errorf("received %+v", received)
	}
}

func TestTheServerMayAskForLessSilence(t *testing.T) {
	asked := make(chan struct{}, 10)
	b := fakeSocket(t, func(ctx context.Context, socket *websocket.Conn) {
		send(ctx, socket, strings.Replace(greeting, "120", "0.02", 1))
		if _, _, err := socket.Read(ctx); err == nil {
			asked <- struct{}{}
		}
		<-ctx.Done()
	})
	b.activity, b.pong = time.Hour, time.Hour
	dialed(t, b)
	receive(t, asked, "a ping")
}

func TestAServerThatWillNotServe(t *testing.T) {
	say := func(texts ...string) func(context.Context, *websocket.Conn) {
		return func(ctx context.Context, socket *websocket.Conn) {
			for _, text := range texts {
				send(ctx, socket, text)
			}
			<-ctx.Done()
		}
	}
	closes := func(code websocket.StatusCode) func(context.Context, *websocket.Conn) {
		return func(_ context.Context, socket *websocket.Conn) { _ = socket.Close(code, "because") }
	}
	for name, c := range map[string]struct {
		then    func(context.Context, *websocket.Conn)
		refused bool
		says    string
	}{
		"unknown app":             {say(`{"event":"pusher:error","data":{"code":4001,"message":"no such app"}}`), true, "4001 no such app"},
		"a code of later days":    {say(`{"event":"pusher:error","data":{"code":4303,"message":"no"}}`), true, "4303 no"},
		"over capacity":           {say(`{"event":"pusher:error","data":{"code":4100,"message":"come back"}}`), false, "4100 come back"},
		"closed for good":         {closes(4009), true, "4009 because"},
		"closed for now":          {closes(1001), false, "1001 because"},
		"another greeting":        {say(`{"event":"hello"}`), true, "Pusher-compatible"},
		"no JSON":                 {say(`hello`), true, "Pusher-compatible"},
		"a socket id that signs":  {say(strings.Replace(greeting, "1.2", "1.2:private-x", 1)), true, "Pusher-compatible"},
		"a subscription refused":  {say(greeting, `{"event":"pusher:subscription_error","channel":"c","data":{"type":"AuthError","status":401}}`), true, "AuthError"},
		"a subscription too many": {say(greeting, `{"event":"pusher:error","data":{"code":null,"message":"no"}}`), false, "no"},
		"gone while it joins":     {func(ctx context.Context, socket *websocket.Conn) { send(ctx, socket, greeting) }, false, "lost"},
		"silent":                  {say(), false, "no answer within 1s"},
		"silent while it joins":   {say(greeting), false, "no answer within 1s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := fakeSocket(t, c.then)
			b.timeout, b.activity = time.Second, time.Hour
			_, _, fault := b.enter(t.Context(), Service{ID: "a", Inc: 1})
			if fault == nil || fault.refused != c.refused || !strings.Contains(fault.detail, c.says) {
				t.Errorf("got %+v", fault)
			}
		})
	}
}

func TestAServerThatKnowsNoWebSockets(t *testing.T) {
	for status, code := range map[int]Code{404: CodeBrokerRefused, 307: CodeBrokerRefused, 502: CodeBrokerUnreachable} {
		broker := newFakeBroker(t)
		broker.answer = answers(status, "")
		config := configFor(t, broker.URL)
		config.Mode = Presence
		r, _ := registrarFor(t, config)
		expectNothingSecret(t, expectCode(t, r.Register(t.Context()), code))
	}
}

func TestTheContextEndsAnEntry(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := fakeSocket(t, func(socketCtx context.Context, socket *websocket.Conn) {
		send(socketCtx, socket, greeting)
		cancel()
		<-socketCtx.Done()
	})
	b.activity = time.Hour
	_, _, fault := b.enter(ctx, Service{ID: "a", Inc: 1})
	if fault == nil || !errors.Is(fault.cause, context.Canceled) {
		t.Errorf("got %+v", fault)
	}
}

func TestWhereTheSocketIs(t *testing.T) {
	for want, config := range map[string]Config{
		"ws://[::1]:6001/app/k?":           {AppID: "7", Key: "k", Secret: "s", Host: "::1", Port: 6001},
		"wss://broker.internal:443/app/k?": {AppID: "7", Key: "k", Secret: "s", Host: "broker.internal", Port: 443, TLS: true},
		"wss://ws-eu.pusher.com/app/k?":    {AppID: "7", Key: "k", Secret: "s", Cluster: "eu", TLS: true},
	} {
		if got := newBroker(config).socketURL(); !strings.HasPrefix(got, want) || !strings.Contains(got, "protocol=7") {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

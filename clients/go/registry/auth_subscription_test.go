package registry

import (
	"context"
	"errors"
	"github.com/coder/websocket"
	"net/http"
	"strings"
	"testing"
	"time"
)

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

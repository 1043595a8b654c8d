// Package brokertest is a stand-in for the Pusher server, for tests on loopback.
package brokertest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// Broker accepts events that are signed with its app's secret, and records them.
type Broker struct {
	server *httptest.Server
	// before is called before each response. A status other than 0 is sent in place of acceptance.
	before func(Event) (status int)
	mu     sync.Mutex
	events []Event
}

// Event is one that the broker has accepted.
type Event struct {
	Name    string
	Channel string
	// Data is the announcement.
	Data map[string]any
}

// The app's id, key and secret.
const (
	AppID  = "42"
	Key    = "brokertest-key"
	Secret = "brokertest-secret"
)

// New starts a broker that stops with the test. before, if not nil, is called before each response. It returns the
// status to send in place of acceptance, or 0.
func New(t testing.TB, before func(Event) (status int)) *Broker {
	b := &Broker{before: before}
	b.server = httptest.NewServer(b)
	t.Cleanup(b.server.Close)
	return b
}

// Env returns the environment of a program that uses the broker.
func (b *Broker) Env() map[string]string {
	return map[string]string{
		"PUSHER_APP_ID": AppID, "PUSHER_APP_KEY": Key, "PUSHER_APP_SECRET": Secret,
		"PUSHER_HOST": "127.0.0.1", "PUSHER_PORT": strconv.Itoa(b.server.Listener.Addr().(*net.TCPAddr).Port),
	}
}

// Events returns the accepted events, in order.
func (b *Broker) Events() []Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Event(nil), b.events...)
}

// Names returns the names of the accepted events, separated by spaces.
func (b *Broker) Names() string {
	var names []string
	for _, event := range b.Events() {
		names = append(names, event.Name)
	}
	return strings.Join(names, " ")
}

// Close stops the broker before the test ends.
func (b *Broker) Close() { b.server.Close() }

func (b *Broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/app/"+Key {
		accept(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	var sent struct {
		Name, Data string
		Channels   []string
	}
	var data map[string]any
	if json.Unmarshal(body, &sent) != nil || json.Unmarshal([]byte(sent.Data), &data) != nil || len(sent.Channels) != 1 {
		http.Error(w, "bad event", http.StatusBadRequest)
		return
	}
	if r.URL.Path != "/apps/"+AppID+"/events" || !signed(r.Method, r.URL.Path, r.URL.Query()) {
		http.Error(w, "bad signature", http.StatusUnauthorized)
		return
	}
	event := Event{sent.Name, sent.Channels[0], data}
	if b.before != nil {
		if status := b.before(event); status != 0 {
			w.WriteHeader(status)
			return
		}
	}
	b.mu.Lock()
	b.events = append(b.events, event)
	b.mu.Unlock()
	_, _ = io.WriteString(w, "{}")
}

// accept is a WebSocket connection: every subscription succeeds, and nothing is sent on it.
func accept(w http.ResponseWriter, r *http.Request) {
	socket, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer socket.CloseNow()
	say := func(event, channel, data string) {
		text, _ := json.Marshal(map[string]string{"event": event, "channel": channel, "data": data})
		_ = socket.Write(r.Context(), websocket.MessageText, text)
	}
	say("pusher:connection_established", "", `{"socket_id":"1.1","activity_timeout":30}`)
	for {
		_, text, err := socket.Read(r.Context())
		if err != nil {
			return
		}
		var frame struct {
			Event string
			Data  struct{ Channel string }
		}
		if json.Unmarshal(text, &frame) == nil && frame.Event == "pusher:subscribe" {
			say("pusher_internal:subscription_succeeded", frame.Data.Channel, `{"presence":{"hash":{}}}`)
		}
	}
}

func signed(method, path string, query url.Values) bool {
	var pairs []string
	for name := range query {
		if name != "auth_signature" {
			pairs = append(pairs, name+"="+query.Get(name))
		}
	}
	sort.Strings(pairs)
	mac := hmac.New(sha256.New, []byte(Secret))
	mac.Write([]byte(method + "\n" + path + "\n" + strings.Join(pairs, "&")))
	return query.Get("auth_signature") == hex.EncodeToString(mac.Sum(nil))
}

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
)

// Broker takes events that are signed with its app's secret, and remembers them.
type Broker struct {
	server *httptest.Server
	// before runs ahead of each answer; a status other than 0 is answered in place of acceptance.
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

// New starts a broker that ends with the test. before, if not nil, runs ahead of each answer, and
// gives the status to answer in place of acceptance, or 0.
func New(t testing.TB, before func(Event) (status int)) *Broker {
	b := &Broker{before: before}
	b.server = httptest.NewServer(b)
	t.Cleanup(b.server.Close)
	return b
}

// Env is what a program needs to use the broker.
func (b *Broker) Env() map[string]string {
	return map[string]string{
		"PUSHER_APP_ID": AppID, "PUSHER_APP_KEY": Key, "PUSHER_APP_SECRET": Secret,
		"PUSHER_HOST": "127.0.0.1", "PUSHER_PORT": strconv.Itoa(b.server.Listener.Addr().(*net.TCPAddr).Port),
	}
}

// Events returns what was accepted, in order.
func (b *Broker) Events() []Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Event(nil), b.events...)
}

// Names returns the accepted events' names, with a space between.
func (b *Broker) Names() string {
	var names []string
	for _, event := range b.Events() {
		names = append(names, event.Name)
	}
	return strings.Join(names, " ")
}

// Close ends the broker before the test does.
func (b *Broker) Close() { b.server.Close() }

func (b *Broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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

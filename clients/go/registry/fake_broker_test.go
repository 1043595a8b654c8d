package registry

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
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

func (b *fakeBroker) next(t *testing.T, name string) Service {
	t.Helper()
	e := receive(t, b.accepted, name)
	if e.Name != name {
		t.Fatalf("got %v, want %s", e, name)
	}
	return e.announced(t)
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

func configFor(t *testing.T, rawHost string) Config {
	t.Helper()
	host, port, err := net.SplitHostPort(strings.TrimPrefix(rawHost, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	number, _ := strconv.Atoi(port)
	return Config{AppID: "7", Key: testKey, Secret: testSecret, Host: host, Port: number, Mode: Lease, RequireBroker: true}
}

// abandon ends what keeps the service known, without an exit.
func abandon(r *Registrar) {
	settle, part := r.endKeeper()
	settle()
	part()
}

// registrarFor never sleeps between attempts; what it would have waited is in the second result.
func registrarFor(t *testing.T, config Config) (*Registrar, *[]time.Duration) {
	t.Helper()
	r, err := New(Service{Prefix: "/v2/", Port: 4123, Name: "id-v4"}, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { abandon(r) })
	r.leaveWindow = 0
	var waited []time.Duration
	r.broker.wait = func(ctx context.Context, d time.Duration) error {
		waited = append(waited, d)
		return ctx.Err()
	}
	return r, &waited
}

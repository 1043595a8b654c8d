package registry

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const testServiceKey = "rsk_nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"

// fakeAuth does with the app's secret what the holder of testServiceKey asks for, as an auth server does.
type fakeAuth struct {
	*httptest.Server
	brokers []*broker
	key     *signer
	// asked holds each request until it is received.
	asked chan authRequest

	mu sync.Mutex
	// answer, if set, answers in place of the auth server.
	answer func(path string, w http.ResponseWriter, r *http.Request) (answered bool)
}

type authRequest struct {
	Path         string
	Broker       string          `json:"broker"`
	SocketID     string          `json:"socket_id"`
	ChannelName  string          `json:"channel_name"`
	Event        string          `json:"event"`
	Announcement json.RawMessage `json:"announcement"`
}

// newFakeAuth returns an auth server of the registry that the configs have at their brokers.
func newFakeAuth(t *testing.T, configs ...Config) *fakeAuth {
	t.Helper()
	a := &fakeAuth{asked: make(chan authRequest, 1000)}
	for _, each := range configs {
		a.brokers = append(a.brokers, newBroker(each))
	}
	a.key, _ = newSigner(testServiceKey, "")
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

// config has no more of the registry than a service has.
func (a *fakeAuth) config(mode Mode) Config {
	return Config{AuthURL: a.URL + "/", ServiceKey: testServiceKey, Mode: mode, RequireBroker: true}
}

func (a *fakeAuth) answers(answer func(path string, w http.ResponseWriter, r *http.Request) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = answer
}

// refuses has the auth server answer each request at a path by an error; every path if that is empty.
func (a *fakeAuth) refuses(at string, status int, body string) {
	a.answers(func(path string, w http.ResponseWriter, _ *http.Request) bool {
		if at != "" && path != at {
			return false
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	})
}

// next returns the next request at a path, and skips those at others.
func (a *fakeAuth) next(t *testing.T, path string) authRequest {
	t.Helper()
	for {
		if request := receive(t, a.asked, path); request.Path == path {
			return request
		}
	}
}

var proofText = regexp.MustCompile(`^(?i:Rollcall) key=(rpk_[A-Za-z0-9_-]{43}), ?time=([1-9][0-9]{0,11}), ?signature=([A-Za-z0-9_-]{86})$`)

// parseProof is the tests' own reading of an Authorization field, which is checked against the vectors.
func parseProof(field string) (key string, at int64, signature []byte, ok bool) {
	parts := proofText.FindStringSubmatch(field)
	if parts == nil {
		return "", 0, nil, false
	}
	at, _ = strconv.ParseInt(parts[2], 10, 64)
	signature, err := base64.RawURLEncoding.DecodeString(parts[3])
	return parts[1], at, signature, err == nil
}

func (a *fakeAuth) isProved(r *http.Request, body []byte) bool {
	key, at, signature, ok := parseProof(r.Header.Get("Authorization"))
	public, _ := a.key.key.Public().(ed25519.PublicKey)
	text := "rollcall auth " + r.URL.Path + " " + strconv.FormatInt(at, 10) + "\n" + string(body)
	return ok && key == a.key.publicHalf() && time.Since(time.Unix(at, 0)).Abs() < 300*time.Second &&
		r.Method == http.MethodPost && ed25519.Verify(public, []byte(text), signature)
}

func (a *fakeAuth) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	request := authRequest{Path: r.URL.Path}
	isJSON := json.Unmarshal(body, &request) == nil
	a.mu.Lock()
	answer := a.answer
	a.mu.Unlock()
	a.asked <- request
	if answer != nil && answer(r.URL.Path, w, r) {
		return
	}
	if !a.isProved(r, body) || !isJSON {
		http.Error(w, `{"detail":"not proved"}`, http.StatusUnauthorized)
		return
	}
	status, fields := a.serve(r.Context(), request)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(fields)
}

func (a *fakeAuth) serve(ctx context.Context, request authRequest) (status int, answer map[string]any) {
	if request.Path == authRegistryPath {
		return http.StatusOK, a.registry()
	}
	for _, at := range a.brokers {
		if at.config.String() != request.Broker {
			continue
		}
		if request.Path == authChannelPath {
			return http.StatusOK, authorizationFor(at, request)
		}
		if err := at.publishOnce(ctx, request.Event, request.Announcement); err != nil {
			return http.StatusServiceUnavailable, map[string]any{"detail": err.Error()}
		}
		return http.StatusOK, map[string]any{}
	}
	return http.StatusBadRequest, map[string]any{"detail": "unknown broker"}
}

func (a *fakeAuth) registry() map[string]any {
	var brokers []any
	for _, each := range a.brokers {
		config := each.config
		brokers = append(brokers, map[string]any{
			"id": config.String(), "key": config.Key, "tls": false, "host": config.Host, "port": config.Port,
		})
	}
	return map[string]any{"channel": a.brokers[0].channels.registry, "brokers": brokers}
}

func authorizationFor(at *broker, request authRequest) map[string]any {
	member := ""
	if strings.HasPrefix(request.ChannelName, presencePrefix) {
		service, err := ParseAnnouncement(request.Announcement)
		if err != nil || at.channels.presence(service.ID) != request.ChannelName {
			return map[string]any{"detail": "no instance of this channel"}
		}
		member = memberData(service, at.channels, at.sealer)
	}
	answer := make(map[string]any)
	for name, value := range at.signedRequest(request.SocketID, subscription{request.ChannelName, member}) {
		if name != "channel" {
			answer[name] = value
		}
	}
	if at.sealer != nil {
		key := at.sealer.keyOf(request.ChannelName)
		answer["shared_secret"] = base64.StdEncoding.EncodeToString(key[:])
	}
	return answer
}

// authorizedFor returns a registrar by an auth server, which never sleeps between attempts.
func authorizedFor(t *testing.T, config Config) *Registrar {
	t.Helper()
	r, err := New(Service{Prefix: "/v2", Port: 4123, ID: "mine"}, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		r.endSearch(ctx, 0)
		for _, each := range r.all() {
			abandon(each)
		}
	})
	r.leaveWindow = 0
	r.broker.wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return r
}

// ownID is the ID of the instance of authorizedFor.
const ownID = "mine.11qYAYKxCrfV"

package registry

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

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

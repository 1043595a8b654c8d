package registry

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func fromMap(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

func with(env map[string]string, more ...string) map[string]string {
	all := make(map[string]string)
	for name, value := range env {
		all[name] = value
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

var ownApp = map[string]string{"PUSHER_APP_ID": "7", "PUSHER_APP_KEY": "k", "PUSHER_APP_SECRET": "s3cret"}

const masterKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

func inChannel(config Config, channel, masterKey string) Config {
	config.Channel, config.MasterKey = channel, masterKey
	return config
}

func TestConfigFromEnv(t *testing.T) {
	development := Config{AppID: "1", Key: "rollcall-development-key", Secret: "rollcall-development-secret"}
	own := Config{AppID: "7", Key: "k", Secret: "s3cret"}
	for name, c := range map[string]struct {
		env  map[string]string
		base Config
		host string
		port int
		tls  bool
		text string
	}{
		"nothing set":                    {nil, development, "127.0.0.1", 6001, false, "127.0.0.1:6001"},
		"port of the embedded broker":    {map[string]string{"PUSHER_PORT": "7001"}, development, "127.0.0.1", 7001, false, "127.0.0.1:7001"},
		"development app by name":        {map[string]string{"PUSHER_HOST": "LOCALHOST"}, development, "LOCALHOST", 6001, false, "LOCALHOST:6001"},
		"development app over IPv6":      {map[string]string{"PUSHER_HOST": "::1"}, development, "::1", 6001, false, "[::1]:6001"},
		"development app, mapped":        {map[string]string{"PUSHER_HOST": "::ffff:127.0.0.2"}, development, "::ffff:127.0.0.2", 6001, false, "[::ffff:127.0.0.2]:6001"},
		"own app":                        {ownApp, own, "127.0.0.1", 6001, false, "127.0.0.1:6001"},
		"self-hosted":                    {with(ownApp, "PUSHER_HOST", "broker.internal", "PUSHER_PORT", "80"), own, "broker.internal", 80, false, "broker.internal:80"},
		"self-hosted with TLS":           {with(ownApp, "PUSHER_HOST", "10.0.0.7", "PUSHER_APP_SECURE", "1"), own, "10.0.0.7", 6001, true, "10.0.0.7:6001"},
		"IPv6 in brackets":               {with(ownApp, "PUSHER_HOST", "[fd00::7]"), own, "fd00::7", 6001, false, "[fd00::7]:6001"},
		"hosted":                         {with(ownApp, "PUSHER_APP_CLUSTER", "eu"), own, "", 0, true, "hosted Pusher (cluster eu)"},
		"hosted without TLS":             {with(ownApp, "PUSHER_APP_CLUSTER", "eu", "PUSHER_APP_SECURE", "0"), own, "", 0, false, "hosted Pusher (cluster eu)"},
		"a host goes before a cluster":   {with(ownApp, "PUSHER_APP_CLUSTER", "eu", "PUSHER_HOST", "10.0.0.7"), own, "10.0.0.7", 6001, false, "10.0.0.7:6001"},
		"the port is not hosted's":       {with(ownApp, "PUSHER_APP_CLUSTER", "eu", "PUSHER_PORT", "x"), own, "", 0, true, "hosted Pusher (cluster eu)"},
		"another channel":                {map[string]string{"ROLLCALL_CHANNEL": "private-a"}, inChannel(development, "private-a", ""), "127.0.0.1", 6001, false, "127.0.0.1:6001"},
		"an encrypted channel":           {map[string]string{"ROLLCALL_CHANNEL": "private-encrypted-a", "ROLLCALL_MASTER_KEY": masterKey}, inChannel(development, "private-encrypted-a", masterKey), "127.0.0.1", 6001, false, "127.0.0.1:6001"},
		"an empty value counts as unset": {map[string]string{"PUSHER_APP_ID": "", "PUSHER_HOST": "", "PUSHER_APP_CLUSTER": "", "PUSHER_APP_SECURE": "", "PUSHER_PORT": "", "ROLLCALL_CHANNEL": "", "ROLLCALL_MASTER_KEY": ""}, development, "127.0.0.1", 6001, false, "127.0.0.1:6001"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ConfigFromEnv(fromMap(c.env))
			if err != nil {
				t.Fatal(err)
			}
			want := c.base
			want.Host, want.Port, want.TLS = c.host, c.port, c.tls
			if c.host == "" {
				want.Cluster = "eu"
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got host %q port %d cluster %q tls %v key %q", got.Host, got.Port, got.Cluster, got.TLS, got.Key)
			}
			if got.String() != c.text {
				t.Errorf("got %s, want %s", got, c.text)
			}
		})
	}
}

func TestConfigFromEnvRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		env   map[string]string
		names string
	}{
		"one credential":                {map[string]string{"PUSHER_APP_KEY": "k"}, "PUSHER_APP_ID and PUSHER_APP_SECRET not set"},
		"an empty secret":               {with(ownApp, "PUSHER_APP_SECRET", ""), "PUSHER_APP_SECRET not set"},
		"development app elsewhere":     {map[string]string{"PUSHER_HOST": "10.0.0.7"}, "loopback only"},
		"development app, a look-alike": {map[string]string{"PUSHER_HOST": "localhost.evil.example"}, "loopback only"},
		"development app, hosted":       {map[string]string{"PUSHER_APP_CLUSTER": "eu"}, "loopback only"},
		"secure neither 0 nor 1":        {map[string]string{"PUSHER_APP_SECURE": "true"}, "PUSHER_APP_SECURE"},
		"port 0":                        {map[string]string{"PUSHER_PORT": "0"}, "PUSHER_PORT"},
		"port a name":                   {map[string]string{"PUSHER_PORT": "http"}, "PUSHER_PORT"},
		"host a URL":                    {with(ownApp, "PUSHER_HOST", "http://broker"), "PUSHER_HOST"},
		"host with a port":              {with(ownApp, "PUSHER_HOST", "broker:6001"), "PUSHER_HOST"},
		"host with a user":              {with(ownApp, "PUSHER_HOST", "broker@evil.example"), "PUSHER_HOST"},
		"host with a zone":              {with(ownApp, "PUSHER_HOST", "fe80::1%eth0"), "PUSHER_HOST"},
		"cluster with a dot":            {with(ownApp, "PUSHER_APP_CLUSTER", "eu.evil.example/"), "PUSHER_APP_CLUSTER"},
		"key with a line break":         {with(ownApp, "PUSHER_APP_KEY", "k\n"), "PUSHER_APP_KEY"},
		"channel for presence":          {map[string]string{"ROLLCALL_CHANNEL": "presence-a"}, "ROLLCALL_CHANNEL"},
		"encrypted without a key":       {map[string]string{"ROLLCALL_CHANNEL": "private-encrypted-a"}, "ROLLCALL_MASTER_KEY"},
		"a key of 31 bytes":             {map[string]string{"ROLLCALL_CHANNEL": "private-encrypted-a", "ROLLCALL_MASTER_KEY": "czNjcmV0AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="}, "32 bytes"},
		"a key that is not base64":      {map[string]string{"ROLLCALL_CHANNEL": "private-encrypted-a", "ROLLCALL_MASTER_KEY": "s3cret"}, "32 bytes"},
		"a key with nothing to encrypt": {map[string]string{"ROLLCALL_CHANNEL": "private-a", "ROLLCALL_MASTER_KEY": masterKey}, "ROLLCALL_MASTER_KEY"},
		"id that leaves its path":       {with(ownApp, "PUSHER_APP_ID", "7/../8"), "PUSHER_APP_ID"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ConfigFromEnv(fromMap(c.env))
			fault := expectCode(t, err, CodeConfig)
			if !strings.Contains(fault.Message, c.names) {
				t.Errorf("%q does not say %q", fault.Message, c.names)
			}
			if strings.Contains(fault.Message, "s3cret") {
				t.Errorf("the secret is in %q", fault.Message)
			}
		})
	}
}

func TestConfigNeverShowsItsSecret(t *testing.T) {
	config, err := ConfigFromEnv(fromMap(with(ownApp, "ROLLCALL_CHANNEL", "private-encrypted-a", "ROLLCALL_MASTER_KEY", masterKey)))
	if err != nil {
		t.Fatal(err)
	}
	registrar, err := New(Service{Prefix: "/v2", Port: 3000}, config)
	if err != nil {
		t.Fatal(err)
	}
	asJSON, _ := json.Marshal(config)
	for _, shown := range []string{
		fmt.Sprintf("%v %+v %#v %s", config, config, config, config),
		fmt.Sprintf("%v %+v", struct{ C Config }{config}, &config),
		fmt.Sprintf("%v %+v %#v", registrar, registrar, registrar),
		string(asJSON),
	} {
		if strings.Contains(shown, "s3cret") || strings.Contains(shown, masterKey) {
			t.Errorf("shown: %s", shown)
		}
	}
}

func TestNewChecksAConfigMadeByHand(t *testing.T) {
	service := Service{Prefix: "/v2", Port: 3000, Address: "10.0.0.7"}
	for name, config := range map[string]Config{
		"nothing":        {},
		"no secret":      {AppID: "7", Key: "k", Host: "127.0.0.1", Port: 6001},
		"no port":        {AppID: "7", Key: "k", Secret: "s", Host: "127.0.0.1"},
		"no broker":      {AppID: "7", Key: "k", Secret: "s"},
		"no such mode":   {AppID: "7", Key: "k", Secret: "s", Host: "a", Port: 1, Mode: 2},
		"host with path": {AppID: "7", Key: "k", Secret: "s", Host: "a/b", Port: 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(service, config)
			expectCode(t, err, CodeConfig)
		})
	}
}

package app

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/rollcall-dev/rollcall/clients/go/registry"
)

func getter(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

func TestReadSettings(t *testing.T) {
	hostname, _ := os.Hostname()
	type want struct{ listen, server, announced, health string }
	for name, c := range map[string]struct {
		args []string
		env  map[string]string
		want want
	}{
		"nothing set":           {nil, nil, want{"127.0.0.1:3000", hostname, "127.0.0.1", "http://127.0.0.1:3000/health"}},
		"flag":                  {[]string{"-http.port", "4123"}, nil, want{"127.0.0.1:4123", hostname, "127.0.0.1", "http://127.0.0.1:4123/health"}},
		"flag with two dashes":  {[]string{"--http.port=0"}, nil, want{"127.0.0.1:0", hostname, "127.0.0.1", "http://127.0.0.1:0/health"}},
		"PORT":                  {nil, map[string]string{"PORT": "4000"}, want{"127.0.0.1:4000", hostname, "127.0.0.1", "http://127.0.0.1:4000/health"}},
		"flag before PORT":      {[]string{"-http.port", "4123"}, map[string]string{"PORT": "x"}, want{"127.0.0.1:4123", hostname, "127.0.0.1", "http://127.0.0.1:4123/health"}},
		"every address":         {nil, map[string]string{"HOST": "0.0.0.0"}, want{"0.0.0.0:3000", hostname, "", "http://127.0.0.1:3000/health"}},
		"every address, IPv6":   {nil, map[string]string{"HOST": "::"}, want{"[::]:3000", hostname, "", "http://[::1]:3000/health"}},
		"every address, mapped": {nil, map[string]string{"HOST": "::ffff:0.0.0.0"}, want{"0.0.0.0:3000", hostname, "", "http://127.0.0.1:3000/health"}},
		"one address":           {nil, map[string]string{"HOST": "10.0.0.7"}, want{"10.0.0.7:3000", hostname, "10.0.0.7", "http://10.0.0.7:3000/health"}},
		"ROLLCALL_ADDRESS":      {nil, map[string]string{"HOST": "10.0.0.7", "ROLLCALL_ADDRESS": "10.0.0.8"}, want{"10.0.0.7:3000", hostname, "10.0.0.8", "http://10.0.0.7:3000/health"}},
		"SERVER_NAME":           {nil, map[string]string{"SERVER_NAME": "id 1"}, want{"127.0.0.1:3000", "id 1", "127.0.0.1", "http://127.0.0.1:3000/health"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := readSettings(c.args, getter(c.env))
			if err != nil {
				t.Fatal(err)
			}
			if got := (want{s.listenAddress(), s.serverName, s.config.Address, s.healthURL()}); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestBadSettingsAreOneLineAndExit2(t *testing.T) {
	for name, c := range map[string]struct {
		args  []string
		env   map[string]string
		names string
	}{
		"port too high":         {[]string{"-http.port", "65536"}, nil, "-http.port"},
		"port negative":         {[]string{"-http.port=-1"}, nil, "-http.port"},
		"PORT a name":           {nil, map[string]string{"PORT": "http\n"}, "PORT"},
		"unknown flag":          {[]string{"-port", "1"}, nil, "-port"},
		"an argument":           {[]string{"serve"}, nil, "serve"},
		"HOST a name":           {nil, map[string]string{"HOST": "localhost"}, "HOST"},
		"SERVER_NAME two lines": {nil, map[string]string{"SERVER_NAME": "a\nb"}, "SERVER_NAME"},
		"half the credentials":  {nil, map[string]string{"PUSHER_APP_ID": "1"}, "PUSHER_APP_KEY"},
		"health of any port":    {[]string{"-healthcheck", "-http.port", "0"}, nil, "-healthcheck"},
		"announced address":     {[]string{"-http.port", "0"}, map[string]string{"ROLLCALL_ADDRESS": "here"}, "address"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			code := Main(c.args, getter(c.env), &stdout, &stderr)
			if code != 2 || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), c.names) {
				t.Errorf("exit %d, stderr %q", code, &stderr)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	var stdout, stderr strings.Builder
	if code := Main([]string{"-help"}, getter(nil), &stdout, &stderr); code != 0 || stderr.Len() > 0 {
		t.Errorf("exit %d, stderr %q", code, &stderr)
	}
	for _, setting := range []string{"-http.port", "-healthcheck", "HOST", "PORT", "SERVER_NAME", "ROLLCALL_ADDRESS", "ROLLCALL_CHANNEL", "PUSHER_APP_SECURE", "Exit codes"} {
		if !strings.Contains(stdout.String(), setting) {
			t.Errorf("the usage does not tell of %s", setting)
		}
	}
}

func TestExitCodes(t *testing.T) {
	for code, want := range map[registry.Code]int{
		registry.CodeConfig: 2, registry.CodeAnnouncement: 2, registry.CodeNoAddress: 2,
		codePortTaken: 3, codeListen: 3,
		registry.CodeBrokerUnreachable: 4, registry.CodeBrokerRefused: 5,
		registry.CodeAuthUnreachable: 4, registry.CodeAuthRefused: 5,
	} {
		if got := exitCodeOf(&registry.Error{Code: code}); got != want {
			t.Errorf("%s exits %d, want %d", code, got, want)
		}
	}
	if got := exitCodeOf(errors.New("x")); got != 1 {
		t.Errorf("another fault exits %d", got)
	}
}

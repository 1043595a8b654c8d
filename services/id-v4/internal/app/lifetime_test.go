package app

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/rollcall-dev/rollcall/clients/go/registry"
	"github.com/rollcall-dev/rollcall/services/id-v4/internal/brokertest"
)

// start makes a lifetime on a free port of loopback.
func newLifetime(t *testing.T, env map[string]string) (*lifetime, net.Listener, *strings.Builder, *strings.Builder) {
	t.Helper()
	config, err := registry.ConfigFromEnv(getter(env))
	if err != nil {
		t.Fatal(err)
	}
	config.RequireBroker = env["requires"] == "broker"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	registrar, err := registry.New(registry.Service{Prefix: "/v2", Port: listener.Addr().(*net.TCPAddr).Port}, config)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	life := &lifetime{
		registrar: registrar, server: newServer("test", &stderr), stdout: &stdout, stderr: &stderr,
		kill: func() { t.Error("killed") },
	}
	return life, listener, &stdout, &stderr
}

func TestASignalLeavesTheRegistryThenDrains(t *testing.T) {
	signals := make(chan os.Signal, 2)
	var registeredWhileServing, leftWhileServing atomic.Bool
	var url string
	broker := brokertest.New(t, func(event brokertest.Event) int {
		response, err := http.Get(url)
		serving := err == nil && response.StatusCode == 200
		if event.Name == "register" {
			registeredWhileServing.Store(serving)
			signals <- syscall.SIGTERM // comes while the broker still thinks about it
		} else {
			leftWhileServing.Store(serving)
		}
		return 0
	})
	life, listener, stdout, stderr := newLifetime(t, broker.Env())
	url = "http://" + listener.Addr().String() + "/health"

	if err := life.run(listener, signals); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	if !registeredWhileServing.Load() || !leftWhileServing.Load() {
		t.Errorf("served while registering: %v; while leaving: %v", registeredWhileServing.Load(), leftWhileServing.Load())
	}
	if names := broker.Names(); !strings.HasSuffix(names, "exit") {
		t.Errorf("published %s", names)
	}
	if !strings.Contains(stdout.String(), "left the registry\n") || stderr.Len() > 0 {
		t.Errorf("stdout %q, stderr %q", stdout, stderr)
	}
	if _, err := http.Get(url); err == nil {
		t.Error("still listens")
	}
}

func TestAServerThatFailsLeavesTheRegistry(t *testing.T) {
	var listener net.Listener
	broker := brokertest.New(t, func(event brokertest.Event) int {
		if event.Name == "register" {
			listener.Close()
		}
		return 0
	})
	life, opened, _, stderr := newLifetime(t, broker.Env())
	listener = opened
	if code := exitCodeOf(life.run(listener, nil)); code != 1 {
		t.Errorf("exit %d", code)
	}
	if names := broker.Names(); names != "register exit" {
		t.Errorf("published %s", names)
	}
	if !strings.Contains(stderr.String(), "the server failed") {
		t.Errorf("stderr %q", stderr)
	}
}

func TestARenewalThatFailsIsReportedAndEndsNothing(t *testing.T) {
	signals := make(chan os.Signal, 1)
	var life *lifetime
	broker := brokertest.New(t, func(event brokertest.Event) int {
		if event.Name == "register" {
			life.registrar.OnRenewalError(errors.New("the broker is away"))
			signals <- syscall.SIGTERM
		}
		return 0
	})
	life, listener, _, stderr := newLifetime(t, broker.Env())
	if err := life.run(listener, signals); err != nil {
		t.Fatal(err)
	}
	if stderr.String() != "id-v4: registry: the broker is away\n" {
		t.Errorf("stderr %q", stderr)
	}
}

func TestFailingToLeaveIsReportedAndExits1(t *testing.T) {
	signals := make(chan os.Signal, 1)
	broker := brokertest.New(t, func(event brokertest.Event) int {
		if event.Name == "exit" {
			return http.StatusForbidden
		}
		signals <- syscall.SIGINT
		return 0
	})
	life, listener, stdout, stderr := newLifetime(t, broker.Env())
	if code := exitCodeOf(life.run(listener, signals)); code != 1 {
		t.Errorf("exit %d", code)
	}
	if strings.Contains(stdout.String(), "left") || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("stdout %q, stderr %q", stdout, stderr)
	}
}

func TestABrokerThatRefusesExits5(t *testing.T) {
	broker := brokertest.New(t, nil)
	env := broker.Env()
	env["PUSHER_APP_SECRET"] = "another"
	env["requires"] = "broker"
	life, listener, _, _ := newLifetime(t, env)
	if code := exitCodeOf(life.run(listener, nil)); code != 5 {
		t.Errorf("exit %d", code)
	}
	if _, err := http.Get("http://" + listener.Addr().String() + "/health"); err == nil {
		t.Error("still serves")
	}
}

func TestAnUnansweredRegistrationIsTakenBackAndExits4(t *testing.T) {
	broker := brokertest.New(t, func(event brokertest.Event) int {
		if event.Name == "register" {
			return http.StatusBadGateway
		}
		return 0
	})
	env := broker.Env()
	env["requires"] = "broker"
	life, listener, _, _ := newLifetime(t, env)
	if code := exitCodeOf(life.run(listener, nil)); code != 4 {
		t.Errorf("exit %d", code)
	}
	if names := broker.Names(); names != "exit" {
		t.Errorf("published %q", names)
	}
}

func TestATakenPortExits3(t *testing.T) {
	taken := httptest.NewServer(nil)
	defer taken.Close()
	port := taken.Listener.Addr().(*net.TCPAddr).Port
	var stdout, stderr strings.Builder
	code := Main([]string{"-http.port", strconv.Itoa(port)}, getter(nil), &stdout, &stderr)
	if code != 3 || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), "taken") {
		t.Errorf("exit %d, stderr %q", code, &stderr)
	}
}

func TestHealthcheck(t *testing.T) {
	well := httptest.NewServer(newServer("test", nil).Handler)
	defer well.Close()
	ill := httptest.NewServer(http.NotFoundHandler())
	defer ill.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, c := range map[string]struct {
		server *httptest.Server
		code   int
	}{"well": {well, 0}, "ill": {ill, 1}, "gone": {gone, 1}} {
		t.Run(name, func(t *testing.T) {
			port := c.server.Listener.Addr().(*net.TCPAddr).Port
			var stdout, stderr strings.Builder
			// Half the credentials: a health check needs none.
			env := map[string]string{"PORT": strconv.Itoa(port), "HOST": "0.0.0.0", "PUSHER_APP_ID": "1"}
			if code := Main([]string{"-healthcheck"}, getter(env), &stdout, &stderr); code != c.code {
				t.Errorf("exit %d, stderr %q", code, &stderr)
			}
		})
	}
}

func TestASignalThatComesTwiceAtOnceIsOneWish(t *testing.T) {
	signals := make(chan os.Signal, 2)
	broker := brokertest.New(t, func(event brokertest.Event) int {
		if event.Name == "register" {
			signals <- syscall.SIGTERM
			signals <- syscall.SIGTERM
		}
		return 0
	})
	life, listener, stdout, stderr := newLifetime(t, broker.Env())
	if err := life.run(listener, signals); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stdout.String(), "left the registry") || stderr.Len() > 0 {
		t.Errorf("stdout %q, stderr %q", stdout, stderr)
	}
}

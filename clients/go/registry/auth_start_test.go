package registry

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAServiceThatStartsWithoutItsAuthServerIsRegisteredOnceItAnswers(t *testing.T) {
	for name, mode := range map[string]Mode{"presence": Presence, "lease": Lease} {
		t.Run(name, func(t *testing.T) {
			broker := startOwnBroker(t)
			auth := newFakeAuth(t, broker.config(t))
			config := auth.config(mode)
			config.RequireBroker = false
			r := authorizedFor(t, config)
			clock := tick(r)
			faults, registered := make(chan error, 10), make(chan Service, 10)
			r.OnRenewalError = func(err error) { faults <- err }
			r.OnRegistered = func(service Service) { registered <- service }
			auth.refuses("", http.StatusServiceUnavailable, "")
			mustDo(t, r.Register)
			fault := receive(t, faults, "the fault")
			expectCode(t, fault, CodeAuthUnreachable)
			if !strings.HasPrefix(fault.Error(), "not registered yet, retrying: no answer of the auth server at "+auth.URL+" (HTTP 503)") {
				t.Errorf("reported %q", fault)
			}
			// Without a broker it has nothing to publish, and an update waits.
			if err := r.Update(t.Context(), func(s *Service) { s.Weight = 7 }); err != nil {
				t.Fatal(err)
			}
			for _, longest := range []time.Duration{time.Second, 2 * time.Second} {
				if d := receive(t, clock.asked, "the wait"); d > longest || d < longest*9/10 {
					t.Errorf("waits %v, want %v", d, longest)
				}
				clock.pass(t)
			}
			receive(t, clock.asked, "the wait")
			auth.refuses("", http.StatusForbidden, `{"detail":"rpk_… owns no prefix here."}`)
			clock.pass(t)
			fault = receive(t, faults, "the other fault")
			expectCode(t, fault, CodeAuthRefused)
			receive(t, clock.asked, "the wait")
			auth.answers(nil)
			clock.pass(t)
			if service := receive(t, registered, "the registration"); service.ID != ownID || service.Weight != 7 {
				t.Errorf("registered %+v", service)
			}
			if len(faults) > 0 {
				t.Errorf("also reported %v", <-faults)
			}
			mustDo(t, r.DeRegister)
		})
	}
}

func TestARegistryThatIsRequiredHasToBeFound(t *testing.T) {
	for status, code := range map[int]Code{
		200: CodeAuthRefused, 301: CodeAuthRefused, 401: CodeAuthRefused, 403: CodeAuthRefused, 404: CodeAuthRefused,
		429: CodeAuthUnreachable, 500: CodeAuthUnreachable, 503: CodeAuthUnreachable,
	} {
		auth := newFakeAuth(t, Config{})
		auth.answers(func(_ string, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(map[string]string{"detail": "not for\nyou: " + r.Header.Get("Authorization")})
			return true
		})
		r := authorizedFor(t, auth.config(Presence))
		fault := expectCode(t, r.Register(t.Context()), code)
		if status != 200 && !strings.Contains(fault.Message, "not for you: Rollcall key=") || strings.Contains(fault.Message, "signature=") && !strings.Contains(fault.Message, "signature=***") {
			t.Errorf("%d: %s", status, fault.Message)
		}
		want := 1
		if code == CodeAuthUnreachable {
			want = 3
		}
		if len(auth.asked) != want {
			t.Errorf("%d: %d attempts", status, len(auth.asked))
		}
		mustDo(t, r.DeRegister) // It has nothing to withdraw.
		if len(auth.asked) != want {
			t.Errorf("%d: it asked on", status)
		}
	}
	auth := newFakeAuth(t, Config{})
	auth.Close()
	expectCode(t, authorizedFor(t, auth.config(Presence)).Register(t.Context()), CodeAuthUnreachable)
}

func TestAServiceThatLeavesBeforeItIsRegisteredAsksNoFurther(t *testing.T) {
	broker := newFakeBroker(t)
	auth := newFakeAuth(t, configFor(t, broker.URL))
	config := auth.config(Lease)
	config.RequireBroker = false
	r := authorizedFor(t, config)
	clock := tick(r)
	auth.refuses("", http.StatusServiceUnavailable, "")
	mustDo(t, r.Register)
	receive(t, clock.asked, "the wait")
	auth.answers(nil)
	asked := len(auth.asked)
	mustDo(t, r.DeRegister)
	select {
	case clock.ticks <- time.Time{}:
		t.Error("it still waits")
	default:
	}
	if _, seen := broker.taken(); seen > 0 || len(auth.asked) != asked {
		t.Errorf("%d events, and %d requests", seen, len(auth.asked)-asked)
	}
	// It can register later.
	mustDo(t, r.Register)
	broker.next(t, "register")
}

func TestAnExitWaitsForARegisterThatAsksWhereTheRegistryIs(t *testing.T) {
	broker := newFakeBroker(t)
	auth := newFakeAuth(t, configFor(t, broker.URL))
	release := make(chan struct{})
	auth.answers(func(path string, _ http.ResponseWriter, _ *http.Request) bool {
		if path == authRegistryPath {
			<-release
		}
		return false
	})
	r := authorizedFor(t, auth.config(Lease))
	registered, left := make(chan error, 1), make(chan error, 1)
	go func() { registered <- r.Register(context.Background()) }()
	auth.next(t, authRegistryPath)
	go func() { left <- r.DeRegister(context.Background()) }()
	close(release)
	for _, each := range []chan error{registered, left} {
		if err := receive(t, each, "the end"); err != nil {
			t.Fatal(err)
		}
	}
	broker.next(t, "register")
	broker.next(t, "exit")
}

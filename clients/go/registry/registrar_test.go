package registry

import (
	"encoding/json"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestRegisterAndDeRegister(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	if err := r.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.DeRegister(t.Context()); err != nil {
		t.Fatal(err)
	}
	events, _ := broker.taken()
	if len(events) != 2 || events[0].Name != "register" || events[1].Name != "exit" {
		t.Fatalf("got %v", events)
	}
	service := r.Service()
	want := map[string]any{"prefix": "/v2", "port": 4123.0, "address": "127.0.0.1", "name": "id-v4",
		"id": service.ID, "inc": float64(service.Inc), "seq": 0.0, "ttl": 300.0}
	for _, each := range events {
		var data map[string]any
		if err := json.Unmarshal([]byte(each.Data), &data); err != nil || !reflect.DeepEqual(data, want) {
			t.Errorf("%s announced %s", each.Name, each.Data)
		}
		if each.Channel != "mapped-discovery" {
			t.Errorf("channel %s", each.Channel)
		}
	}
}

func TestAnnouncedAddress(t *testing.T) {
	local := Config{AppID: "7", Key: "k", Secret: "s", Host: "::1", Port: 6001}
	remote := Config{AppID: "7", Key: "k", Secret: "s", Cluster: "eu", TLS: true}
	machine := []netip.Addr{netip.MustParseAddr("10.0.0.9")}
	for name, c := range map[string]struct {
		config        Config
		service, conf string
		want          string
	}{
		"the service's own":      {remote, "10.0.0.1", "10.0.0.2", "10.0.0.1"},
		"the config's":           {local, "", "10.0.0.2", "10.0.0.2"},
		"a broker on loopback":   {local, "", "", "127.0.0.1"},
		"else the machine's own": {remote, "", "", "10.0.0.9"},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.Address = c.conf
			r, err := newRegistrar(Service{Port: 80, Address: c.service}, c.config,
				func() ([]netip.Addr, error) { return machine, nil }, ofThisProcess)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Service().Address; got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	remote := Config{AppID: "7", Key: "k", Secret: "s", Cluster: "eu", TLS: true}
	none := func() ([]netip.Addr, error) { return nil, nil }
	broken := func() ([]netip.Addr, error) { return nil, errors.New("no netlink") }

	_, err := newRegistrar(Service{Port: 80}, remote, none, ofThisProcess)
	expectCode(t, err, CodeNoAddress)
	_, err = newRegistrar(Service{Port: 80}, remote, broken, ofThisProcess)
	expectCode(t, err, CodeNoAddress)

	_, err = New(Service{Prefix: "v2", Port: 80, Address: "10.0.0.1"}, remote)
	expectCode(t, err, CodeAnnouncement)
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Code != BadPrefix {
		t.Errorf("the cause is %v", err)
	}
	large := map[string]json.RawMessage{"x": json.RawMessage(`"` + strings.Repeat("x", 11_000) + `"`)}
	_, err = New(Service{Port: 80, Address: "10.0.0.1", Extra: large}, remote)
	expectCode(t, err, CodeAnnouncement)
}

func TestEachRegistrarHasItsIdentity(t *testing.T) {
	const at = 1_767_225_600_000
	now := time.UnixMilli(at)
	numbers := &incarnations{now: func() time.Time { return now }}
	config := Config{AppID: "7", Key: "k", Secret: "s", Host: "::1", Port: 6001}
	var registrars []Service
	for _, id := range []string{"", "", "mine"} {
		r, err := newRegistrar(Service{Port: 80, ID: id, Inc: 7, Seq: 7}, config, machineAddresses, numbers)
		if err != nil {
			t.Fatal(err)
		}
		registrars = append(registrars, r.Service())
		now = now.Add(-time.Hour) // set right, or wrong
	}
	a, b, c := registrars[0], registrars[1], registrars[2]
	if a.ID == "" || a.ID == b.ID || c.ID != "mine" {
		t.Errorf("ids %q, %q, %q", a.ID, b.ID, c.ID)
	}
	if a.Inc != at || b.Inc != at+1 || c.Inc != at+2 || a.Seq+b.Seq+c.Seq != 0 {
		t.Errorf("%+v, %+v, %+v", a, b, c)
	}
	now = time.UnixMilli(at + 5000)
	if inc := numbers.next(); inc != at+5000 {
		t.Errorf("inc %d", inc)
	}
	before1970 := &incarnations{now: func() time.Time { return time.UnixMilli(-5) }}
	if inc := before1970.next(); inc != 1 {
		t.Errorf("inc %d", inc)
	}
}

func TestTheCallerDoesNotShareWhatIsAnnounced(t *testing.T) {
	broker := newFakeBroker(t)
	meta := map[string]string{"a": "1"}
	health := &Health{Path: "/health"}
	r, err := New(Service{Port: 80, Meta: meta, Health: health}, configFor(t, broker.URL))
	if err != nil {
		t.Fatal(err)
	}
	meta["a"], health.Path = "2", "/other"
	r.Service().Meta["a"] = "3"
	r.Service().Health.Path = "/third"
	if s := r.Service(); s.Meta["a"] != "1" || s.Health.Path != "/health" || health.Method != "" {
		t.Errorf("announces %+v", s)
	}
	var kept *Service
	var held map[string]json.RawMessage
	if err := r.Update(t.Context(), func(s *Service) {
		s.Meta["a"], s.Extra = "4", map[string]json.RawMessage{"x": json.RawMessage("4")}
		held, kept = s.Extra, s
	}); err != nil {
		t.Fatal(err)
	}
	kept.Meta["a"], held["x"] = "5", json.RawMessage("5")
	if s := r.Service(); s.Meta["a"] != "4" || string(s.Extra["x"]) != "4" {
		t.Errorf("announces %+v", s)
	}
}

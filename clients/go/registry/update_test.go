package registry

import (
	"net/http"
	"testing"
	"time"
)

func TestUpdate(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	clock := tick(r)
	update := func(change func(*Service)) {
		t.Helper()
		if err := r.Update(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	// Nobody has heard the first version yet, so that this is it.
	update(func(s *Service) { s.Meta = map[string]string{"load": "0"} })
	mustDo(t, r.Register)
	if s := broker.next(t, "register"); s.Seq != 0 || s.Meta["load"] != "0" {
		t.Errorf("announced %+v", s)
	}

	update(func(s *Service) { s.Meta["load"] = "1" })
	if s := broker.next(t, "register"); s.Seq != 1 || s.Meta["load"] != "1" {
		t.Errorf("announced %+v", s)
	}
	update(func(s *Service) { s.Meta, s.Prefix = map[string]string{"load": "1"}, "/v2/" }) // changes nothing
	update(func(s *Service) { s.Draining = true })
	if s := broker.next(t, "register"); s.Seq != 2 || !s.Draining {
		t.Errorf("announced %+v", s)
	}
	clock.pass(t)
	if s := broker.next(t, "register"); s.Seq != 2 || !s.Draining {
		t.Errorf("renewed as %+v", s)
	}
	mustDo(t, r.DeRegister)
	if s := broker.next(t, "exit"); s.Seq != 2 {
		t.Errorf("left as %+v", s)
	}

	update(func(s *Service) { s.Draining = false })
	if _, seen := broker.taken(); seen != 5 {
		t.Errorf("%d requests: one came after the exit", seen)
	}
	mustDo(t, r.Register)
	if s := broker.next(t, "register"); s.Seq != 0 || s.Draining || s.Meta["load"] != "1" {
		t.Errorf("announced %+v", s)
	}
}

func TestUpdateRefuses(t *testing.T) {
	broker := newFakeBroker(t)
	r, _ := registrarFor(t, configFor(t, broker.URL))
	mustDo(t, r.Register)
	before := r.Service()
	for name, change := range map[string]func(*Service){
		"prefix":       func(s *Service) { s.Prefix = "/v3" },
		"port":         func(s *Service) { s.Port++ },
		"address":      func(s *Service) { s.Address = "10.0.0.1" },
		"id":           func(s *Service) { s.ID = "another" },
		"inc":          func(s *Service) { s.Inc++ },
		"seq":          func(s *Service) { s.Seq++ },
		"ttl":          func(s *Service) { s.TTL++ },
		"what is not":  func(s *Service) { s.Zone = "\n" },
		"what is long": func(s *Service) { s.Meta = map[string]string{"a": string(make([]byte, 1024))} },
	} {
		expectCode(t, r.Update(t.Context(), change), CodeAnnouncement)
		if after := r.Service(); after.String() != before.String() || !after.isSameInstance(before) || after.Zone != "" || after.Meta != nil {
			t.Errorf("%s: it is %+v now", name, after)
		}
	}
	if _, seen := broker.taken(); seen != 1 {
		t.Errorf("%d requests", seen)
	}
}

func TestAnUpdateThatFailedIsAnnouncedSoon(t *testing.T) {
	broker := newFakeBroker(t)
	broker.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 2 {
			w.WriteHeader(http.StatusForbidden)
		}
		return n == 2
	}
	r, _ := registrarFor(t, configFor(t, broker.URL))
	clock := tick(r)
	mustDo(t, r.Register)
	broker.next(t, "register")
	receive(t, clock.asked, "the next third")
	expectCode(t, r.Update(t.Context(), func(s *Service) { s.Draining = true }), CodeBrokerRefused)
	if d := receive(t, clock.asked, "the wait"); d > time.Second {
		t.Errorf("waits %v", d)
	}
	clock.pass(t)
	if s := broker.next(t, "register"); s.Seq != 1 || !s.Draining {
		t.Errorf("renewed as %+v", s)
	}
}

// Its first version may have been heard, if only the broker's answer was lost.
func TestAnUpdateAfterARegisterThatFailedIsTheNextVersion(t *testing.T) {
	broker := newFakeBroker(t)
	broker.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n <= 3 {
			w.WriteHeader(http.StatusBadGateway)
		}
		return n <= 3
	}
	r, _ := registrarFor(t, configFor(t, broker.URL))
	expectCode(t, r.Register(t.Context()), CodeBrokerUnreachable)
	if err := r.Update(t.Context(), func(s *Service) { s.Draining = true }); err != nil {
		t.Fatal(err)
	}
	if _, seen := broker.taken(); seen != 3 {
		t.Errorf("%d requests: what is not registered announced a change", seen)
	}
	mustDo(t, r.Register)
	if s := broker.next(t, "register"); s.Seq != 1 || !s.Draining {
		t.Errorf("announced %+v", s)
	}
}

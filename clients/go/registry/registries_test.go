package registry

import (
	"encoding/json"
	"strings"
	"testing"
)

// The registry may have any name, and its owners' and presence channels follow it.
func TestAPrivateRegistry(t *testing.T) {
	broker := startOwnBroker(t)
	config := inChannel(broker.config(t), "private-team", "")
	observer := observe(t, config, "mine")
	r, clock := presentFor(t, config)
	mustDo(t, r.Register)
	observer.seesCome(t)
	observer.hearsOf(t, "register")
	publish(t, config, "private-team.owners", "rollcall", map[string]any{"nonce": "n"})
	receive(t, clock.asked, "the wait before the answer")
	mustDo(t, r.DeRegister)
	observer.hearsOf(t, "exit")
}

func TestTheTransportCannotReadAnEncryptedRegistry(t *testing.T) {
	broker := startOwnBroker(t)
	config := inChannel(broker.config(t), "private-encrypted-team", masterKey)
	observer := observe(t, config, "mine")
	r, clock := presentFor(t, config)
	mustDo(t, r.Register)
	own := r.Service()

	open := func(event, channel string, data []byte) {
		t.Helper()
		if strings.Contains(string(data), "4123") {
			t.Errorf("not sealed: %s", data)
		}
		text, ok := observer.broker.sealer.open(envelope{event, channel}, data)
		if service, err := ParseAnnouncement(text); !ok || err != nil || service.Inc != own.Inc {
			t.Errorf("opened %q, %v", text, err)
		}
	}
	var member struct {
		UserID   string          `json:"user_id"`
		UserInfo json.RawMessage `json:"user_info"`
	}
	if err := json.Unmarshal(observer.hears(t, frameMemberAdded), &member); err != nil || member.UserID != memberOf("mine", own.Inc) {
		t.Fatalf("%+v came, %v", member, err)
	}
	open(memberEvent, "presence-team.mine", member.UserInfo)
	open("register", "private-encrypted-team", observer.hears(t, "register"))

	// What anyone without the key could say is not heard; the second of each is sealed.
	forged := config
	forged.MasterKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	call := map[string]any{"nonce": "n"}
	publish(t, forged, "private-encrypted-team.owners", "rollcall", call)
	left := map[string]any{"nonce": "n", "up": []any{}, "left": []Service{own}}
	publish(t, config, "presence-team.mine", "table", left)
	publish(t, config, "private-encrypted-team.owners", "rollcall", call)
	receive(t, clock.asked, "the wait before the answer")
	if len(clock.asked) > 0 {
		t.Error("what was not sealed was received")
	}
	text, _ := json.Marshal(left)
	publish(t, config, "presence-team.mine", "table", json.RawMessage(observer.broker.sealer.seal(envelope{"table", "presence-team.mine"}, text)))
	if d := receive(t, clock.asked, "the wait before it outbids"); d != 0 {
		t.Errorf("waits %v", d)
	}
}

func TestWhatIsNotSealedIsNotHeardInAnEncryptedRegistry(t *testing.T) {
	config := Config{AppID: "7", Key: "k", Secret: "s", Host: "::1", Port: 6001, Mode: Presence}
	r, err := New(Service{Port: 80, ID: "mine"}, inChannel(config, "private-encrypted-team", masterKey))
	if err != nil {
		t.Fatal(err)
	}
	table := encoded(t, map[string]any{"nonce": "n", "left": []Service{r.Service()}})
	for channel, said := range map[string]frame{
		"private-encrypted-team.owners": {Event: "rollcall", Data: json.RawMessage(`{"nonce":"n"}`)},
		"presence-team.mine":            {Event: "table", Data: json.RawMessage(table)},
	} {
		k := &keeper{Registrar: r, next: timer{clock: r.clock}, presence: presence{outbids: outbids{clock: r.clock}}}
		said.Channel = channel
		k.handle(said)
		if k.next.tick != nil || k.presence.outbids.due != nil {
			t.Errorf("%s is received though it was not sealed", said.Event)
		}
		data := said.Data
		said.Data = r.broker.sealer.seal(envelope{"register", channel}, data)
		k.handle(said)
		if k.next.tick != nil || k.presence.outbids.due != nil {
			t.Errorf("%s is received though another event was sealed", said.Event)
		}
		said.Data = r.broker.sealer.seal(envelope{said.Event, channel}, data)
		k.handle(said)
		if k.next.tick == nil && k.presence.outbids.due == nil {
			t.Errorf("%s is not received though it was sealed", said.Event)
		}
	}
}

func TestALeaseInAnEncryptedRegistry(t *testing.T) {
	broker := startOwnBroker(t)
	config := inChannel(broker.config(t), "private-encrypted-team", masterKey)
	config.Mode = Lease
	observer := observe(t, config, "mine")
	r, _ := presentFor(t, config)
	mustDo(t, r.Register)
	text, ok := observer.broker.sealer.open(envelope{"register", "private-encrypted-team"}, observer.hears(t, "register"))
	if service, err := ParseAnnouncement(text); !ok || err != nil || service.TTL != DefaultTTL {
		t.Errorf("opened %q, %v", text, err)
	}
}

func TestTheBrokerRefusesAnotherSecret(t *testing.T) {
	broker := startOwnBroker(t)
	for name, change := range map[string]func(*Config){
		"secret": func(c *Config) { c.Secret = "another" },
		"key":    func(c *Config) { c.Key = "another" },
	} {
		t.Run(name, func(t *testing.T) {
			config := broker.config(t)
			change(&config)
			r, _ := presentFor(t, config)
			expectNothingSecret(t, expectCode(t, r.Register(t.Context()), CodeBrokerRefused))
		})
	}
}

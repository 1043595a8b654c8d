package registry

import (
	"errors"
	"strings"
	"testing"
)

// What fits an announcement may not fit a member, and what fits a member may not fit one that is sealed.
func TestAMemberThatIsTooLargeIsRefusedAtOnce(t *testing.T) {
	config := Config{AppID: "7", Key: "k", Secret: "s", Host: "::1", Port: 6001, Mode: Lease}
	present := config
	present.Mode = Presence
	encrypted := inChannel(present, "private-encrypted-a", masterKey)
	service := func(length int) Service {
		return Service{Port: 80, ID: "mine", Meta: map[string]string{"a": strings.Repeat("x", length)}}
	}
	largest := func(config Config) int {
		length := 0
		for ; length < 2000; length++ {
			if _, err := New(service(length), config); err != nil {
				expectRefusal(t, err, TooLarge)
				break
			}
		}
		return length
	}
	lease, member, sealed := largest(config), largest(present), largest(encrypted)
	if !(sealed < member && member < lease) {
		t.Errorf("%d, %d and %d bytes are too large", lease, member, sealed)
	}

	r, err := New(service(member-1), present)
	if err != nil {
		t.Fatal(err)
	}
	if length := len(memberData(r.Service(), r.broker.channels, nil)); length != 1024 {
		t.Errorf("the largest member has %d bytes", length)
	}
	expectRefusal(t, r.Update(t.Context(), func(s *Service) { s.Draining = true }), TooLarge)
}

func TestThereIsNoLeaseInPresenceMode(t *testing.T) {
	config := Config{AppID: "7", Key: "k", Secret: "s", Host: "::1", Port: 6001, Mode: Presence}
	_, err := New(Service{Port: 80, TTL: 30}, config)
	expectRefusal(t, err, BadTTL)
}

func expectRefusal(t *testing.T, err error, code RefusalCode) {
	t.Helper()
	fault := expectCode(t, err, CodeAnnouncement)
	var refusal *Refusal
	if !errors.As(fault, &refusal) || refusal.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

package registry

import (
	"encoding/json"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

func TestValidateCanonicalises(t *testing.T) {
	service := Service{
		Prefix:  "/v2/",
		Port:    3000,
		Address: "::FFFF:10.0.0.7",
		Health:  &Health{Path: "/health"},
		Extra:   map[string]json.RawMessage{"region": json.RawMessage(`"eu"`)},
	}
	if err := service.Validate(); err != nil {
		t.Fatal(err)
	}
	want := Service{
		Prefix:  "/v2",
		Port:    3000,
		Address: "10.0.0.7",
		Health:  &Health{Path: "/health", Method: "GET"},
		Extra:   map[string]json.RawMessage{"region": json.RawMessage(`"eu"`)},
	}
	if !reflect.DeepEqual(service, want) {
		t.Fatalf("got %+v, want %+v", service, want)
	}
}

func TestValidateRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Service)
		code   RefusalCode
	}{
		"prefix":            {func(s *Service) { s.Prefix = "v2" }, BadPrefix},
		"port left out":     {func(s *Service) { s.Port = 0 }, BadPort},
		"port too high":     {func(s *Service) { s.Port = 65536 }, BadPort},
		"address left out":  {func(s *Service) { s.Address = "" }, BadAddress},
		"id":                {func(s *Service) { s.ID = "a/b" }, BadID},
		"name too long":     {func(s *Service) { s.Name = strings.Repeat("é", 256) }, BadName},
		"name not UTF-8":    {func(s *Service) { s.Name = "\xff" }, BadName},
		"host":              {func(s *Service) { s.Host = "a\tb" }, BadHost},
		"health left empty": {func(s *Service) { s.Health = &Health{} }, BadHealth},
		"health method":     {func(s *Service) { s.Health = &Health{Path: "/", Method: "POST"} }, BadHealth},
		"inc":               {func(s *Service) { s.ID, s.Inc = "a", -1 }, BadInc},
		"inc without id":    {func(s *Service) { s.Inc = 1 }, BadInc},
		"seq":               {func(s *Service) { s.ID, s.Inc, s.Seq = "a", 1, -1 }, BadSeq},
		"seq without inc":   {func(s *Service) { s.ID, s.Seq = "a", 1 }, BadSeq},
		"ttl":               {func(s *Service) { s.TTL = 3601 }, BadTTL},
		"version":           {func(s *Service) { s.Version = "1\n" }, BadVersion},
		"source":            {func(s *Service) { s.Source = "a\nb" }, BadSource},
		"zone":              {func(s *Service) { s.Zone = "\u202e" }, BadZone},
		"weight too high":   {func(s *Service) { s.Weight = 101 }, BadWeight},
		"weight negative":   {func(s *Service) { s.Weight = -1 }, BadWeight},
		"scheme":            {func(s *Service) { s.Scheme = "ftp" }, BadScheme},
		"meta not UTF-8":    {func(s *Service) { s.Meta = map[string]string{"a": "\xff"} }, BadMeta},
		"too large":         {func(s *Service) { s.ID, s.Meta = "a", map[string]string{"a": strings.Repeat("x", 1024)} }, TooLarge},
		"extra nested deep": {func(s *Service) {
			s.Extra = map[string]json.RawMessage{"x": json.RawMessage(strings.Repeat("[", 16) + strings.Repeat("]", 16))}
		}, BadAnnouncement},
		"extra not JSON": {func(s *Service) { s.Extra = map[string]json.RawMessage{"x": json.RawMessage("{")} }, BadAnnouncement},
	} {
		t.Run(name, func(t *testing.T) {
			service := Service{Prefix: "/v2", Port: 3000, Address: "10.0.0.7"}
			c.change(&service)
			var refusal *Refusal
			if err := service.Validate(); !errors.As(err, &refusal) || refusal.Code != c.code {
				t.Fatalf("got %v, want %s", err, c.code)
			}
		})
	}
}

// What JavaScript counts as one character is a UTF-16 unit: both sides must agree on what is too long.
func TestLengthIsCountedInUTF16(t *testing.T) {
	service := Service{Prefix: "", Port: 1, Address: "10.0.0.7", Name: strings.Repeat("\U0001F600", 127)}
	if err := service.Validate(); err != nil {
		t.Error(err)
	}
	service.Name += "\U0001F600"
	if service.Validate() == nil {
		t.Error("256 units were accepted")
	}
}

func TestExtraCannotReplaceAFieldWithAMeaning(t *testing.T) {
	service := Service{Prefix: "/v2", Port: 3000, Address: "10.0.0.7",
		Extra: map[string]json.RawMessage{"id": json.RawMessage(`"a/b"`), "port": json.RawMessage(`1`)}}
	want := map[string]any{"prefix": "/v2", "port": 3000.0, "address": "10.0.0.7"}
	if got := asMap(t, service); !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v", got)
	}
}

func TestServiceInOtherJSONIsChecked(t *testing.T) {
	var services []Service
	err := json.Unmarshal([]byte(`[{"prefix":"/v1","port":"80","address":"10.0.0.7"}]`), &services)
	if err != nil || services[0].Port != 80 {
		t.Fatalf("got %v, %v", services, err)
	}
	if json.Unmarshal([]byte(`[{"prefix":"/v1","port":0,"address":"10.0.0.7"}]`), &services) == nil {
		t.Fatal("port 0 was accepted")
	}
}

func TestServiceAsText(t *testing.T) {
	for want, service := range map[string]Service{
		"/v2 at http://127.0.0.1:4123": {Prefix: "/v2", Port: 4123, Address: "127.0.0.1"},
		"/ at http://[fd00::7]:80":     {Port: 80, Address: "fd00::7"},
		"/v2 at https://10.0.0.7:443":  {Prefix: "/v2", Port: 443, Address: "10.0.0.7", Scheme: "https"},
	} {
		if got := service.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestReasonsAreSafeToPrint(t *testing.T) {
	hostile := "\x1b[31m\u202e\u2028\n" + strings.Repeat("x", 10_000)
	_, err := ParseAnnouncement([]byte(encoded(t, map[string]any{"prefix": "/v1", "port": hostile, "address": ""})))
	reason := err.Error()
	if strings.ContainsAny(reason, "\x1b\u202e\u2028\n") || len(reason) > 200 {
		t.Fatalf("got %q", reason)
	}
}

func TestFirstReachable(t *testing.T) {
	for name, c := range map[string]struct {
		addresses []string
		want      string
	}{
		"IPv4 before IPv6":          {[]string{"fd00::7", "10.0.0.7"}, "10.0.0.7"},
		"the first IPv4":            {[]string{"10.0.0.7", "10.0.0.8"}, "10.0.0.7"},
		"IPv6 if there is no IPv4":  {[]string{"fe80::1", "fd00::7", "fd00::8"}, "fd00::7"},
		"what none can reach":       {[]string{"127.0.0.1", "169.254.1.1", "224.0.0.1", "0.0.0.0", "10.0.0.7"}, "10.0.0.7"},
		"none":                      {nil, ""},
		"none that another reaches": {[]string{"::1", "127.0.0.1", "fe80::1"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var addresses []netip.Addr
			for _, each := range c.addresses {
				addresses = append(addresses, netip.MustParseAddr(each))
			}
			got, err := firstReachable(addresses)
			if c.want == "" {
				expectCode(t, err, CodeNoAddress)
			} else if err != nil || got.String() != c.want {
				t.Fatalf("got %s, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestConfiguredAddress(t *testing.T) {
	machine := func() ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("172.19.0.2"), netip.MustParseAddr("172.20.0.3"), netip.MustParseAddr("fd00::7")}, nil
	}
	for given, want := range map[string]string{
		"10.0.0.7": "10.0.0.7", "172.20.0.0/16": "172.20.0.3", "172.16.0.0/12": "172.19.0.2", "fd00::/8": "fd00::7",
	} {
		if got, err := configuredAddress(given, machine); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", given, got, err, want)
		}
	}
	_, err := configuredAddress("10.0.0.0/8", machine)
	expectCode(t, err, CodeNoAddress)
	_, err = configuredAddress("eth0/24", machine)
	expectCode(t, err, CodeConfig)
}

func TestMachineAddressesHoldNoLoopback(t *testing.T) {
	addresses, err := machineAddresses()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		if address.IsLoopback() {
			t.Errorf("%s is loopback", address)
		}
	}
}

func expectCode(t *testing.T, err error, code Code) *Error {
	t.Helper()
	var fault *Error
	if !errors.As(err, &fault) || fault.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
	if strings.ContainsAny(fault.Message, "\r\n") {
		t.Fatalf("more than one line: %q", fault.Message)
	}
	return fault
}

// The vectors hold what both languages read alike; this is how Go writes what JavaScript writes otherwise.
func TestSizeIsThatOfTheJSONThatJavaScriptWrites(t *testing.T) {
	for name, c := range map[string]struct{ spelled, plain string }{
		"HTML":                 {`"\u003c<>&"`, `"<<>&"`},
		"line separators":      {`"\u2028\u2029"`, "\"\u2028\u2029\""},
		"an escaped backslash": {`"\\u2028"`, `"\\u2028"`},
		"controls":             {`"\u0008\u000c\u000a\u0001"`, `"\b\f\n\u0001"`},
		"numbers":              {`[1.0, 1e3, 1E-7, 1e21]`, `[1,1000,1e-7,1e+21]`},
		"spaces":               {`{ "a" : [ ] }`, `{"a":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			service := Service{Prefix: "/v2", Port: 80, Address: "10.0.0.1", ID: "a",
				Extra: map[string]json.RawMessage{"x": json.RawMessage(c.spelled)}}
			want := len(`{"prefix":"/v2","port":80,"address":"10.0.0.1","id":"a","x":}`) + len(c.plain)
			if got := len(service.plainJSON()); got != want {
				t.Errorf("got %d, want %d", got, want)
			}
		})
	}
}

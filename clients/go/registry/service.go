package registry

import (
	"encoding/json"
	"net"
	"regexp"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Service is what an instance announces of itself. Prefix, Port and Address are what observers
// need; the rest may be left empty.
type Service struct {
	// Prefix is the path prefix that gateways route to this service, such as "/v1"; "" for every path.
	Prefix string
	// Port is where it listens, 1 to 65535.
	Port int
	// Address is the IP address where others reach it. [New] finds one if it is empty.
	Address string

	// ID is at most 64 of A-Z a-z 0-9 _ . -
	ID string
	// Name is what people call the service.
	Name string
	// Host is the host name the instance gives itself. For people; nothing is resolved from it.
	Host string
	// Health is how observers may ask the instance whether it is well.
	Health *Health

	// Extra holds fields that this version gives no meaning to: kept, so that they survive being
	// passed on. A field that has a meaning is ignored here.
	Extra map[string]json.RawMessage
}

// Health is how an observer may ask an instance whether it is well.
type Health struct {
	// Path is path and query on the instance itself, the gateway's prefix not included.
	Path string `json:"path"`
	// Method is "GET" or "HEAD"; "" means GET.
	Method string `json:"method"`
}

// Validate brings s into canonical form, or returns the first fault found as a [*Refusal].
func (s *Service) Validate() error {
	fields := map[string]any{"prefix": s.Prefix, "port": s.Port, "address": s.Address}
	for name, text := range map[string]string{"id": s.ID, "name": s.Name, "host": s.Host} {
		if text != "" {
			fields[name] = text
		}
	}
	if s.Health != nil {
		health := map[string]any{"path": s.Health.Path}
		if s.Health.Method != "" {
			health["method"] = s.Health.Method
		}
		fields["health"] = health
	}
	canonical, refusal := parseFields(fields)
	if refusal != nil {
		return refusal
	}
	for name, value := range s.Extra {
		if !json.Valid(value) {
			return refuse(BadAnnouncement, "the field %s is not JSON", quote(name))
		}
	}
	canonical.Extra = s.Extra
	*s = canonical
	return nil
}

// String says where the service is reached and what is routed there, for a log.
func (s Service) String() string {
	prefix := s.Prefix
	if prefix == "" {
		prefix = "/"
	}
	return prefix + " at http://" + net.JoinHostPort(s.Address, strconv.Itoa(s.Port))
}

const maxTextLength = 255

var (
	portDigits = regexp.MustCompile(`^[0-9]{1,5}$`)
	idText     = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	healthPath = regexp.MustCompile(`^/[\x21\x24-\x7e]*$`)
)

// parsePort takes a port as a number or, as services that pass an environment variable through
// send it, a string of digits.
func parsePort(input any) (int, *Refusal) {
	port := 0.0
	switch v := input.(type) {
	case int:
		port = float64(v)
	case json.Number:
		port, _ = v.Float64() // out of range gives an infinity, which is refused below
	case string:
		if portDigits.MatchString(v) {
			port, _ = strconv.ParseFloat(v, 64)
		}
	}
	if port < 1 || port > 65535 || port != float64(int(port)) {
		return 0, refuse(BadPort, "port is %s; it must be a whole number from 1 to 65535", quote(input))
	}
	return int(port), nil
}

func parseID(input any) (string, *Refusal) {
	if text, ok := input.(string); ok && idText.MatchString(text) {
		return text, nil
	}
	return "", refuse(BadID, "id is %s; it must be 1 to 64 of A-Z a-z 0-9 _ . -", quote(input))
}

func parseText(input any, code RefusalCode, field string) (string, *Refusal) {
	text, ok := input.(string)
	if ok && text != "" && textLength(text) <= maxTextLength && printable(text) {
		return text, nil
	}
	return "", refuse(code, "%s is %s; it must be 1 to %d printable characters", field, quote(input), maxTextLength)
}

func parseHealth(input any) (*Health, *Refusal) {
	fields, ok := input.(map[string]any)
	if !ok {
		return nil, refuse(BadHealth, "health is %s; it must be an object {path, method}", quote(input))
	}
	// "endpoint" is the name that published services of the pattern use.
	path := firstPresent(fields["path"], fields["endpoint"], missing{})
	method := firstPresent(fields["method"], "GET")
	pathText, ok := path.(string)
	if !ok || len(pathText) > maxTextLength || !healthPath.MatchString(pathText) {
		return nil, refuse(BadHealth, `health.path is %s; it must be a path such as "/health"`, quote(path))
	}
	if method != "GET" && method != "HEAD" {
		return nil, refuse(BadHealth, `health.method is %s; it must be "GET" or "HEAD"`, quote(method))
	}
	return &Health{Path: pathText, Method: method.(string)}, nil
}

func firstPresent(values ...any) any {
	for _, value := range values {
		if value != nil {
			return value
		}
	}
	return nil
}

func printable(text string) bool {
	for _, r := range text {
		if r < 0x20 || r == 0x7f {
			return false
		}
	}
	return utf8.ValidString(text)
}

// textLength counts UTF-16 units, as the clients in JavaScript do, so that all agree on what is too long.
func textLength(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

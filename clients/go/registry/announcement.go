package registry

import (
	"bytes"
	"encoding/json"
)

// missing stands for a field that is not there, which reads differently from null in a reason.
type missing struct{}

var knownFields = map[string]bool{
	"prefix": true, "port": true, "address": true, "id": true, "name": true, "host": true, "health": true,
}

// ParseAnnouncement reads the JSON that came over the channel and gives its canonical form. Nothing
// of it is trusted; the first fault found refuses it whole, with a [*Refusal].
func ParseAnnouncement(data []byte) (Service, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil || raw == nil {
		return Service{}, refuse(BadAnnouncement,
			"the announcement is %s; it must be an object {prefix, port, address}", quote(whatIs(data)))
	}
	fields := make(map[string]any, len(knownFields))
	var extra map[string]json.RawMessage
	for name, value := range raw {
		if knownFields[name] {
			fields[name] = decode(value)
			continue
		}
		if extra == nil {
			extra = make(map[string]json.RawMessage)
		}
		extra[name] = value
	}
	service, refusal := parseFields(fields)
	if refusal != nil {
		return Service{}, refusal
	}
	service.Extra = extra
	return service, nil
}

// MarshalJSON gives the announcement as it goes over the channel.
func (s Service) MarshalJSON() ([]byte, error) {
	fields := make(map[string]any, len(s.Extra)+len(knownFields))
	for name, value := range s.Extra {
		if !knownFields[name] {
			fields[name] = value
		}
	}
	fields["prefix"], fields["port"], fields["address"] = s.Prefix, s.Port, s.Address
	for name, text := range map[string]string{"id": s.ID, "name": s.Name, "host": s.Host} {
		if text != "" {
			fields[name] = text
		}
	}
	if s.Health != nil {
		fields["health"] = s.Health
	}
	return json.Marshal(fields)
}

// UnmarshalJSON is [ParseAnnouncement], so that a Service inside other JSON is checked as well.
func (s *Service) UnmarshalJSON(data []byte) error {
	service, err := ParseAnnouncement(data)
	if err == nil {
		*s = service
	}
	return err
}

// parseFields checks the fields that have a meaning, in the order in which every client does, so
// that all name the same fault of an announcement with several.
func parseFields(fields map[string]any) (s Service, refusal *Refusal) {
	required := func(name string) any {
		if value, ok := fields[name]; ok {
			return value
		}
		return missing{}
	}
	if s.Prefix, refusal = parsePrefix(required("prefix")); refusal != nil {
		return s, refusal
	}
	if s.Port, refusal = parsePort(required("port")); refusal != nil {
		return s, refusal
	}
	if s.Address, refusal = parseAddress(required("address")); refusal != nil {
		return s, refusal
	}
	// In an optional field null means absent.
	if value := fields["id"]; value != nil {
		if s.ID, refusal = parseID(value); refusal != nil {
			return s, refusal
		}
	}
	if value := fields["name"]; value != nil {
		if s.Name, refusal = parseText(value, BadName, "name"); refusal != nil {
			return s, refusal
		}
	}
	if value := fields["host"]; value != nil {
		if s.Host, refusal = parseText(value, BadHost, "host"); refusal != nil {
			return s, refusal
		}
	}
	if value := fields["health"]; value != nil {
		s.Health, refusal = parseHealth(value)
	}
	return s, refusal
}

// whatIs is the JSON value of data, or the text itself if that is no JSON.
func whatIs(data []byte) any {
	if !json.Valid(data) {
		return string(data)
	}
	return decode(data)
}

// decode keeps numbers as they are written: one too large for a float64 is still a number, not an error.
func decode(data []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	_ = decoder.Decode(&value) // part of a document that was read already
	return value
}

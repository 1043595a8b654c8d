package registry

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
)

// missing stands for an absent field, which reasons distinguish from null.
type missing struct{}

var knownFields = map[string]bool{
	"prefix": true, "port": true, "address": true,
	"id": true, "inc": true, "seq": true, "ttl": true, "name": true, "version": true, "host": true, "source": true,
	"zone": true, "weight": true, "scheme": true, "tls": true, "draining": true, "health": true, "meta": true,
	"policy": true, "sig": true,
}

const (
	// Programs may walk an announcement by recursion.
	maxDepth = 16
	// The limit for the object of a presence member: an announcement with an ID is sent as one.
	maxEncodedBytes = 1024
)

// ParseAnnouncement reads an announcement that came over the channel as JSON, and returns it in canonical form.
// Nothing in it is trusted: the first invalid field refuses the announcement as a whole, with a [*Refusal]. Unknown
// fields are kept in Extra.
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
	if isDeeperThan(maxDepth, decode(data)) {
		return Service{}, tooDeep()
	}
	service.Extra = extra
	if refusal := service.checkWhole(); refusal != nil {
		return Service{}, refusal
	}
	return service, nil
}

// MarshalJSON returns the announcement as it is sent over the channel.
func (s Service) MarshalJSON() ([]byte, error) {
	fields := make(map[string]any, len(s.Extra)+len(knownFields))
	for name, value := range s.Extra {
		if !knownFields[name] {
			fields[name] = value
		}
	}
	maps.Copy(fields, s.fields())
	return json.Marshal(fields)
}

// UnmarshalJSON is [ParseAnnouncement], so that a Service within other JSON is checked, too.
func (s *Service) UnmarshalJSON(data []byte) error {
	service, err := ParseAnnouncement(data)
	if err == nil {
		*s = service
	}
	return err
}

// parseFields checks the fields that have a meaning, in the order of the list of fields, so that every client names
// the same fault of an announcement that has several.
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
	for _, optional := range optionalFields {
		// Some languages write null for an absent field.
		if value := fields[optional.name]; value != nil {
			if refusal = optional.read(&s, value); refusal != nil {
				return s, refusal
			}
		}
	}
	// A zero in Go may mean an absent field. Here it is still known which.
	if fields["seq"] != nil && fields["inc"] == nil {
		s.Seq = seqWithoutInc
	}
	return s, nil
}

// optionalFields are the optional fields in the order in which they are checked, each with how it is read.
var optionalFields = []struct {
	name string
	read func(s *Service, value any) *Refusal
}{
	{"id", func(s *Service, v any) (r *Refusal) { s.ID, r = parseID(v); return }},
	{"inc", func(s *Service, v any) (r *Refusal) {
		s.Inc, r = parseInteger(v, BadInc, "inc", 1, maxSafeInteger)
		return
	}},
	{"seq", func(s *Service, v any) (r *Refusal) {
		s.Seq, r = parseInteger(v, BadSeq, "seq", 0, maxSafeInteger)
		return
	}},
	{"ttl", func(s *Service, v any) *Refusal {
		ttl, r := parseInteger(v, BadTTL, "ttl", 1, maxTTL)
		s.TTL = int(ttl)
		return r
	}},
	{"name", func(s *Service, v any) (r *Refusal) { s.Name, r = parseText(v, BadName, "name"); return }},
	{"version", func(s *Service, v any) (r *Refusal) { s.Version, r = parseText(v, BadVersion, "version"); return }},
	{"host", func(s *Service, v any) (r *Refusal) { s.Host, r = parseText(v, BadHost, "host"); return }},
	{"source", func(s *Service, v any) (r *Refusal) { s.Source, r = parseText(v, BadSource, "source"); return }},
	{"zone", func(s *Service, v any) (r *Refusal) { s.Zone, r = parseText(v, BadZone, "zone"); return }},
	{"weight", func(s *Service, v any) *Refusal {
		weight, r := parseInteger(v, BadWeight, "weight", 1, maxWeight)
		s.Weight = int(weight)
		return r
	}},
	{"scheme", func(s *Service, v any) (r *Refusal) { s.Scheme, r = parseScheme(v); return }},
	{"tls", func(s *Service, v any) (r *Refusal) { s.TLS, r = parseTLS(v); return }},
	{"draining", func(s *Service, v any) (r *Refusal) {
		s.Draining, r = parseDraining(v)
		s.notDraining = !s.Draining
		return
	}},
	{"health", func(s *Service, v any) (r *Refusal) { s.Health, r = parseHealth(v); return }},
	{"meta", func(s *Service, v any) (r *Refusal) { s.Meta, r = parseMeta(v); return }},
	{"policy", func(s *Service, v any) (r *Refusal) { s.Policy, r = parsePolicy(v); return }},
	{"sig", func(s *Service, v any) (r *Refusal) { s.Sig, r = parseSig(v); return }},
}

// seqWithoutInc stands for a seq that was given without inc, 0 included, until checkWhole refuses it.
const seqWithoutInc = -1

// checkWhole checks the rules that hold between fields.
func (s *Service) checkWhole() *Refusal {
	if s.Inc != 0 && s.ID == "" {
		return refuse(BadInc, "inc is given without id; it counts the runs of the instance with that id")
	}
	if s.Seq != 0 && s.Inc == 0 {
		return refuse(BadSeq, "seq is given without inc; it counts versions within an incarnation")
	}
	if refusal := s.checkTLS(); refusal != nil {
		return refusal
	}
	if s.ID == "" {
		return nil
	}
	if length := len(s.plainJSON()); length > maxEncodedBytes {
		return refuse(TooLarge, "the announcement has %d bytes as JSON; with an id at most %d are allowed", length, maxEncodedBytes)
	}
	return nil
}

// An escape in JSON. Go escapes U+2028 and U+2029, which JavaScript does not.
var jsonEscape = regexp.MustCompile(`\\(?:u202[89]|.)`)

// plainJSON returns the announcement as JSON in UTF-8, as JavaScript writes it, because every client has to count the
// same number of bytes.
func (s *Service) plainJSON() []byte {
	fields := s.fields()
	for name, value := range s.Extra {
		if knownFields[name] {
			continue
		}
		// Decoded and encoded again, because numbers and escapes have several spellings.
		var plain any
		if json.Unmarshal(value, &plain) != nil {
			plain = decode(value) // a number that no float64 holds
		}
		fields[name] = plain
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(fields) // it was JSON
	return withoutEscapedSeparators(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
}

// withoutEscapedSeparators returns JSON with U+2028 and U+2029 as they are.
func withoutEscapedSeparators(text []byte) []byte {
	return jsonEscape.ReplaceAllFunc(text, func(escape []byte) []byte {
		switch string(escape) {
		case `\u2028`:
			return []byte("\u2028")
		case `\u2029`:
			return []byte("\u2029")
		}
		return escape
	})
}

func tooDeep() *Refusal {
	return refuse(BadAnnouncement, "the announcement is nested more than %d deep", maxDepth)
}

func isDeeperThan(depth int, value any) bool {
	var parts []any
	switch v := value.(type) {
	case []any:
		parts = v
	case map[string]any:
		parts = slices.Collect(maps.Values(v))
	default:
		return false
	}
	return depth == 0 || slices.ContainsFunc(parts, func(part any) bool { return isDeeperThan(depth-1, part) })
}

// whatIs returns data as a JSON value, or as text if it is not JSON.
func whatIs(data []byte) any {
	if !json.Valid(data) {
		return string(data)
	}
	return decode(data)
}

// decode decodes JSON. It keeps numbers as they are written, so that one too large for a float64 is not an error.
func decode(data []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	_ = decoder.Decode(&value) // part of a document that was read already
	return value
}

package registry

import "regexp"

const (
	maxServerName = 253
	maxSpiffeID   = 2048
)

var (
	// Its last label has a letter or _ before anything but digits, which that of no IPv4 address has.
	serverName = regexp.MustCompile(
		`^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[0-9]*[A-Za-z_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?$`)
	spiffeID = regexp.MustCompile(
		`^spiffe://[a-z0-9._-]{1,255}(?:/(?:\.{0,2}[A-Za-z0-9_-]|\.{3})[A-Za-z0-9._-]*)+$`)
)

// InstanceIdentity is what the certificate of an instance has to be for, in place of its address. A server that does
// not prove it is sent nothing. At least one field is required, and the scheme "https" or "h2".
type InstanceIdentity struct {
	// ServerName is the DNS name that is sent as SNI, and that the certificate must be for unless there is a SpiffeID,
	// such as "orders.internal". Default: "".
	ServerName string
	// SpiffeID is the SPIFFE ID that the certificate must have, as its only URI, such as
	// "spiffe://example.org/orders". The names in the certificate then do not count. Default: "".
	SpiffeID string
}

// parseTLS reads an identity. It drops unknown fields.
func parseTLS(input any) (*InstanceIdentity, *Refusal) {
	fields, ok := input.(map[string]any)
	if !ok {
		return nil, refuse(BadTLS, "tls is %s; it must be an object", quote(input))
	}
	var identity InstanceIdentity
	for _, name := range []struct {
		field   string
		to      *string
		pattern *regexp.Regexp
		max     int
		form    string
	}{
		{"serverName", &identity.ServerName, serverName, maxServerName, `a DNS name such as "orders.internal"`},
		{"spiffeId", &identity.SpiffeID, spiffeID, maxSpiffeID, `a SPIFFE ID such as "spiffe://example.org/orders"`},
	} {
		value := fields[name.field]
		if value == nil {
			continue
		}
		text, ok := value.(string)
		if !ok || len(text) > name.max || !name.pattern.MatchString(text) {
			return nil, refuse(BadTLS, "tls.%s is %s; it must be %s", name.field, quote(value), name.form)
		}
		*name.to = text
	}
	return &identity, nil
}

// fields returns the fields that are set, as parseTLS reads them.
func (i *InstanceIdentity) fields() map[string]any {
	fields := make(map[string]any)
	if i.ServerName != "" {
		fields["serverName"] = i.ServerName
	}
	if i.SpiffeID != "" {
		fields["spiffeId"] = i.SpiffeID
	}
	return fields
}

// checkTLS checks what the identity needs.
func (s *Service) checkTLS() *Refusal {
	if s.TLS == nil {
		return nil
	}
	if s.Scheme != "https" && s.Scheme != "h2" {
		scheme := s.Scheme
		if scheme == "" {
			scheme = "http"
		}
		return refuse(BadTLS, "tls is given, and scheme is %s; it must be https or h2", scheme)
	}
	if *s.TLS == (InstanceIdentity{}) {
		return refuse(BadTLS, "tls is empty; it must have a serverName or a spiffeId")
	}
	return nil
}

package registry

import (
	"encoding/json"
	"maps"
	"net"
	"strconv"
)

// Service is what an instance publishes about itself: its announcement. Only Prefix and Port are required. [New] sets
// Address, ID, Inc, Seq and, in lease mode, TTL if they are zero. docs/reference/announcement.md has every field.
//
//	service := registry.Service{Prefix: "/v2", Port: 3000, Name: "orders", Weight: 10}
type Service struct {
	// Prefix is the path prefix that gateways route to the instance, such as "/v1"; "" for every path. It has at
	// most 200 characters and 16 segments. Required.
	Prefix string
	// Port is the port on which the instance listens, 1 to 65535. Required.
	Port int
	// Address is the IP address at which observers and gateways reach the instance, such as "10.0.0.7". Default:
	// see [New].
	Address string

	// ID identifies the instance, across restarts if it stays the same: 1 to 64 of A-Z a-z 0-9 _ . - With an ID
	// the announcement may have at most 1024 bytes as JSON. Default: a random ID.
	ID string
	// Inc is the incarnation: the number of this run of the instance. A later run has a higher number. [New]
	// sets it. 0 in a received announcement means that it is a legacy announcement without version.
	Inc int64
	// Seq is the number of this announcement within its incarnation, from 0. The [Registrar] sets it.
	Seq int64
	// TTL is the lease: for how many seconds the announcement is valid unless it is renewed, 1 to 3600. Default:
	// [DefaultTTL] in lease mode, in which it is renewed every third of this. In presence mode it has to be 0,
	// which means that the announcement does not expire.
	TTL int
	// Name is the name of the service, for people: up to 255 printable characters. Default: none.
	Name string
	// Version is the version of the service's software. Gateways compare a new one with the old one. Up to 255 printable
	// characters. Default: none.
	Version string
	// Host is the name of the machine, for people: up to 255 printable characters. It is never resolved. Default:
	// none.
	Host string
	// Source is what announces the instance in its place, for people: up to 255 printable characters. Default: none, for
	// an instance that announces itself.
	Source string
	// Zone is the zone in which the instance runs: up to 255 printable characters. A gateway prefers the instances
	// of its own zone. Default: none.
	Zone string
	// Weight is the share of requests that the instance receives, in proportion to the weights of the other
	// instances of its prefix: 1 to 100. Default: 0, which counts as 1.
	Weight int
	// Scheme is the protocol that the instance serves on its port: "http", "https", "h2c" (HTTP/2 without TLS) or "h2"
	// (HTTP/2 with TLS). gRPC needs one of the last two. Default: "", which means "http".
	Scheme string
	// TLS is what the certificate of the instance has to be for, in place of its address. A server that does not prove
	// it is sent nothing. It needs the scheme "https" or "h2". Default: nil, with which it has to be for the address.
	TLS *InstanceIdentity
	// Draining says that the instance is about to leave and receives no new requests. Default: false.
	Draining bool
	// Health is the request with which observers probe the instance. Default: nil, with which they request
	// GET /health, and any answer is healthy except a 5xx other than 501.
	Health *Health
	// Meta has other facts about the instance, for people and programs that read the table: at most 32 entries.
	// Default: none.
	Meta map[string]string
	// Policy is how gateways are asked to serve the prefix. The policy of the instance that started last counts.
	// Default: nil, which asks for nothing.
	Policy *Policy

	// Sig is the signature of the announcement, or of the exit, by a service key, whose id is at the end of ID. The
	// [Registrar] sets it if it has a key. Default: none.
	Sig string

	// Extra has the unknown fields of an announcement, which are kept so that they survive being passed on. A
	// field that has a meaning is ignored in it.
	Extra map[string]json.RawMessage

	// notDraining means that draining was given as false, which is kept when it is passed on.
	notDraining bool
}

// Health is the request with which observers probe an instance. A response with a status below 400 is healthy.
type Health struct {
	// Path is the path and query to request on the instance itself, such as "/health", without the prefix that
	// gateways route. It has at most 255 characters. Required.
	Path string `json:"path"`
	// Method is "GET" or "HEAD"; or "GRPC", which asks grpc.health.v1.Health/Check instead, with Path as the name of
	// the service: "/helloworld.Greeter", or "/" for the whole server. Default: "", which means "GET".
	Method string `json:"method"`
	// Host is the Host of the request, for an instance that serves certain hosts only. Default: "", which means its
	// address and port.
	Host string `json:"host,omitempty"`
}

// Validate brings s into canonical form, or returns a [*Refusal] of the first invalid field.
func (s *Service) Validate() error {
	canonical, refusal := parseFields(s.fields())
	if refusal != nil {
		return refusal
	}
	canonical.Extra = s.Extra
	for name, value := range s.Extra {
		if !json.Valid(value) {
			return refuse(BadAnnouncement, "the field %s is not JSON", quote(name))
		}
		if isDeeperThan(maxDepth-1, decode(value)) {
			return tooDeep()
		}
	}
	if refusal := canonical.checkWhole(); refusal != nil {
		return refusal
	}
	*s = canonical
	return nil
}

// fields returns the fields that have a meaning, as parseFields reads them.
func (s *Service) fields() map[string]any {
	fields := map[string]any{"prefix": s.Prefix, "port": s.Port, "address": s.Address}
	for name, text := range map[string]string{
		"id": s.ID, "name": s.Name, "version": s.Version, "host": s.Host, "source": s.Source, "zone": s.Zone, "scheme": s.Scheme, "sig": s.Sig,
	} {
		if text != "" {
			fields[name] = text
		}
	}
	if s.Inc != 0 {
		fields["inc"] = s.Inc
	}
	if s.Inc != 0 || s.Seq != 0 {
		fields["seq"] = s.Seq
	}
	if s.TTL != 0 {
		fields["ttl"] = int64(s.TTL)
	}
	if s.Weight != 0 {
		fields["weight"] = int64(s.Weight)
	}
	if s.TLS != nil {
		fields["tls"] = s.TLS.fields()
	}
	if s.Draining || s.notDraining {
		fields["draining"] = s.Draining
	}
	if s.Health != nil {
		health := map[string]any{"path": s.Health.Path}
		if s.Health.Method != "" {
			health["method"] = s.Health.Method
		}
		if s.Health.Host != "" {
			health["host"] = s.Health.Host
		}
		fields["health"] = health
	}
	if s.Meta != nil {
		meta := make(map[string]any, len(s.Meta))
		for key, value := range s.Meta {
			meta[key] = value
		}
		fields["meta"] = meta
	}
	if s.Policy != nil {
		fields["policy"] = s.Policy.fields()
	}
	return fields
}

// isSameInstance reports whether the fields are equal that cannot change while an instance runs.
func (s Service) isSameInstance(other Service) bool {
	return s.Prefix == other.Prefix && s.Port == other.Port && s.Address == other.Address &&
		s.ID == other.ID && s.Inc == other.Inc && s.Seq == other.Seq && s.TTL == other.TTL
}

// clone returns a deep copy.
func (s Service) clone() Service {
	if s.Health != nil {
		health := *s.Health
		s.Health = &health
	}
	if s.TLS != nil {
		identity := *s.TLS
		s.TLS = &identity
	}
	if s.Policy != nil {
		policy := *s.Policy
		s.Policy = &policy
	}
	s.Meta, s.Extra = maps.Clone(s.Meta), maps.Clone(s.Extra)
	return s
}

// String returns the prefix and the URL of the service, for a log: "/v2 at http://10.0.0.7:3000".
func (s Service) String() string {
	prefix := s.Prefix
	if prefix == "" {
		prefix = "/"
	}
	scheme := s.Scheme
	if scheme == "" {
		scheme = "http"
	}
	return prefix + " at " + scheme + "://" + net.JoinHostPort(s.Address, strconv.Itoa(s.Port))
}

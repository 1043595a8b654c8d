package registry

import (
	"encoding/json"
	"maps"
	"net"
	"strconv"
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

	// ID tells this instance from every other: at most 64 of A-Z a-z 0-9 _ . - [New] makes one up if
	// it is empty. With an ID the announcement has at most 1024 bytes as JSON.
	ID string
	// Inc is the incarnation: which run of the instance with this ID says so. A later run has a
	// greater one. 0 means none; [New] sets it.
	Inc int64
	// Seq counts the versions of the announcement within the incarnation, from 0. [New] sets it.
	Seq int64
	// TTL is how many seconds, at most 3600, this is good for unless it is repeated. 0 means forever
	// in what came over the channel; for [New], [DefaultTTL] in lease mode, and in presence mode it has to be 0.
	TTL int
	// Name is what people call the service.
	Name string
	// Version is the version of the service's software. For people.
	Version string
	// Host is the host name the instance gives itself. For people; nothing is resolved from it.
	Host string
	// Zone is where the instance runs.
	Zone string
	// Weight is its share among the instances of its prefix, 1 to 100. 0 means that none is given, which
	// counts as 1.
	Weight int
	// Scheme is how it is spoken to, "http" or "https". "" means http.
	Scheme string
	// Draining means that the instance is about to leave: send it nothing new.
	Draining bool
	// Health is how observers may ask the instance whether it is well.
	Health *Health
	// Meta holds what else observers may want to know, at most 32 entries.
	Meta map[string]string
	// Policy is how gateways shall serve the prefix. That of the instance that began last counts.
	Policy *Policy

	// Extra holds fields that this version gives no meaning to: kept, so that they survive being
	// passed on. A field that has a meaning is ignored here.
	Extra map[string]json.RawMessage

	// notDraining means that draining was given as false, which is kept when it is passed on.
	notDraining bool
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

// fields are those with a meaning, as parseFields reads them.
func (s *Service) fields() map[string]any {
	fields := map[string]any{"prefix": s.Prefix, "port": s.Port, "address": s.Address}
	for name, text := range map[string]string{
		"id": s.ID, "name": s.Name, "version": s.Version, "host": s.Host, "zone": s.Zone, "scheme": s.Scheme,
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
	if s.Draining || s.notDraining {
		fields["draining"] = s.Draining
	}
	if s.Health != nil {
		health := map[string]any{"path": s.Health.Path}
		if s.Health.Method != "" {
			health["method"] = s.Health.Method
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

// isSameInstance compares what stays the same for as long as an instance runs.
func (s Service) isSameInstance(other Service) bool {
	return s.Prefix == other.Prefix && s.Port == other.Port && s.Address == other.Address &&
		s.ID == other.ID && s.Inc == other.Inc && s.Seq == other.Seq && s.TTL == other.TTL
}

// clone shares nothing that can be changed with s.
func (s Service) clone() Service {
	if s.Health != nil {
		health := *s.Health
		s.Health = &health
	}
	if s.Policy != nil {
		policy := *s.Policy
		s.Policy = &policy
	}
	s.Meta, s.Extra = maps.Clone(s.Meta), maps.Clone(s.Extra)
	return s
}

// String says where the service is reached and what is routed there, for a log.
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

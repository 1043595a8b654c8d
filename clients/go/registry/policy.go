package registry

import (
	"maps"
	"regexp"
)

// Policy is how an instance asks gateways to serve its prefix. A gateway grants what is within its own limits, and its
// own settings of the route take precedence. A zero field asks for nothing.
type Policy struct {
	// AnswerMs is how long a gateway waits for the head of a response, in milliseconds: 1 to 86400000.
	AnswerMs int64
	// TotalMs is how long a request and its response may take, retries included, in milliseconds: 1 to 86400000.
	TotalMs int64
	// BodyBytes is how long the body of a request may be, in bytes: 1 to 9007199254740991.
	BodyBytes int64
	// MaxInFlight is how many requests each gateway may have in flight to one instance: 1 to 1000000.
	MaxInFlight int64
	// Retries is false if a request that was sent to an instance is never sent again. nil leaves that to the gateway.
	Retries *bool
	// Strip is false if requests keep the prefix in their path.
	Strip *bool
	// Balancing is how gateways choose among the instances of the prefix: "round-robin", "least-request",
	// "latency" or "hash".
	Balancing string
	// HashBy is what requests are hashed by if Balancing is "hash": "address", "header:NAME" or "cookie:NAME".
	HashBy string
}

const (
	// A day. A longer limit is a mistake in the unit.
	maxPolicyMs       = 86_400_000
	maxPolicyInFlight = 1_000_000
)

var hashBy = regexp.MustCompile("^(?:address|(?:header|cookie):[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})$")

// parsePolicy reads a policy. It drops unknown fields, because it cannot grant what they ask for.
func parsePolicy(input any) (*Policy, *Refusal) {
	fields, ok := input.(map[string]any)
	if !ok {
		return nil, refuse(BadPolicy, "policy is %s; it must be an object", quote(input))
	}
	if former, isGiven := fields["mostInFlight"]; isGiven && fields["maxInFlight"] == nil {
		fields = maps.Clone(fields)
		// Earlier versions called it mostInFlight.
		fields["maxInFlight"] = former
	}
	var policy Policy
	for _, count := range []struct {
		name string
		to   *int64
		max  int64
	}{
		{"answerMs", &policy.AnswerMs, maxPolicyMs},
		{"totalMs", &policy.TotalMs, maxPolicyMs},
		{"bodyBytes", &policy.BodyBytes, maxSafeInteger},
		{"maxInFlight", &policy.MaxInFlight, maxPolicyInFlight},
	} {
		if value := fields[count.name]; value != nil {
			number, refusal := parseInteger(value, BadPolicy, "policy."+count.name, 1, count.max)
			if refusal != nil {
				return nil, refusal
			}
			*count.to = number
		}
	}
	for _, flag := range []struct {
		name string
		to   **bool
	}{
		{"retries", &policy.Retries},
		{"strip", &policy.Strip},
	} {
		if value := fields[flag.name]; value != nil {
			isSet, ok := value.(bool)
			if !ok {
				return nil, refuse(BadPolicy, "policy.%s is %s; it must be true or false", flag.name, quote(value))
			}
			*flag.to = &isSet
		}
	}
	if value := fields["balancing"]; value != nil {
		switch value {
		case "round-robin", "least-request", "latency", "hash":
			policy.Balancing = value.(string)
		default:
			return nil, refuse(BadPolicy,
				"policy.balancing is %s; it must be one of round-robin, least-request, latency, hash", quote(value))
		}
	}
	if value := fields["hashBy"]; value != nil {
		text, ok := value.(string)
		if !ok || !hashBy.MatchString(text) {
			return nil, refuse(BadPolicy,
				`policy.hashBy is %s; it must be "address", "header:NAME" or "cookie:NAME"`, quote(value))
		}
		policy.HashBy = text
	}
	return &policy, nil
}

// fields returns the fields that ask for something, as parsePolicy reads them.
func (p *Policy) fields() map[string]any {
	fields := make(map[string]any)
	for name, count := range map[string]int64{
		"answerMs": p.AnswerMs, "totalMs": p.TotalMs, "bodyBytes": p.BodyBytes, "maxInFlight": p.MaxInFlight,
	} {
		if count != 0 {
			fields[name] = count
		}
	}
	if p.Retries != nil {
		fields["retries"] = *p.Retries
	}
	if p.Strip != nil {
		fields["strip"] = *p.Strip
	}
	if p.Balancing != "" {
		fields["balancing"] = p.Balancing
	}
	if p.HashBy != "" {
		fields["hashBy"] = p.HashBy
	}
	return fields
}

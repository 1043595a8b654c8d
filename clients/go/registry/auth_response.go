package registry

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
)

// authRegistry is where an auth server says that the registry is.
type authRegistry struct {
	channels channels
	brokers  []authBroker
}

// authBroker is a broker as an auth server names it.
type authBroker struct {
	// id names it in requests to the auth server.
	id      string
	key     string
	tls     bool
	host    string
	port    int
	cluster string
}

// parseAuthRegistry reads a response. It returns what is wrong with it, if something is.
func parseAuthRegistry(answer map[string]any) (r authRegistry, problem string) {
	channel, _ := answer["channel"].(string)
	names, err := channelsOf(channel)
	list, ok := answer["brokers"].([]any)
	if err != nil || !ok {
		return r, "names no registry"
	}
	r.channels = names
	for _, each := range list {
		broker, ok := parseAuthBroker(each)
		if !ok {
			return r, "names no registry"
		}
		r.brokers = append(r.brokers, broker)
	}
	if len(r.brokers) == 0 {
		return r, "names no broker"
	}
	return r, ""
}

var authHost = regexp.MustCompile(`^[A-Za-z0-9._:-]+$`)

func parseAuthBroker(input any) (b authBroker, ok bool) {
	fields, ok := input.(map[string]any)
	if !ok {
		return b, false
	}
	id, hasID := fields["id"].(string)
	key, hasKey := fields["key"].(string)
	tls, hasTLS := fields["tls"].(bool)
	// The key is part of the path of a connection, and is not escaped there.
	if !hasID || !hasKey || !hasTLS || !credentialText.MatchString(key) {
		return b, false
	}
	b = authBroker{id: id, key: key, tls: tls}
	if cluster, ok := fields["cluster"].(string); ok && clusterName.MatchString(cluster) {
		b.cluster = cluster
		return b, true
	}
	host, _ := fields["host"].(string)
	number, _ := fields["port"].(json.Number) // a text is none
	port, refusal := parsePort(number)
	b.host, b.port = host, port
	return b, refusal == nil && authHost.MatchString(host)
}

// authorization is with what a subscription is sent.
type authorization struct {
	auth string
	// channelData is the member of a presence channel, as JSON.
	channelData string
	// key is that of a channel of an encrypted registry, nil if there is none.
	key *channelKey
}

func parseAuthorization(answer map[string]any) (a authorization, ok bool) {
	a.auth, ok = answer["auth"].(string)
	if !ok {
		return a, false
	}
	if data, isGiven := answer["channel_data"]; isGiven {
		if a.channelData, ok = data.(string); !ok {
			return a, false
		}
	}
	if secret, isGiven := answer["shared_secret"]; isGiven {
		text, _ := secret.(string)
		bytes, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(bytes) != channelKeyBytes {
			return a, false
		}
		a.key = (*channelKey)(bytes)
	}
	return a, true
}

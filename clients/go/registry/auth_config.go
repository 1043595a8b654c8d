package registry

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

const authURLForm = "the URL of an auth server: https, or http on loopback, such as https://auth.example.com"

// notWithAuth are the variables that an auth server makes superfluous: it names the registry.
var notWithAuth = append(append([]string{}, singleBroker...), "ROLLCALL_BROKERS", "ROLLCALL_CHANNEL", "ROLLCALL_MASTER_KEY")

func authFromEnv(authURL string, getenv func(string) string) (Config, error) {
	for _, name := range notWithAuth {
		if getenv(name) != "" {
			return Config{}, configError(fmt.Sprintf(
				"ROLLCALL_AUTH_URL and %s are both set: the auth server names the registry, so unset %[1]s", name))
		}
	}
	config := Config{
		AuthURL: authURL, ServiceKey: getenv("ROLLCALL_SERVICE_KEY"), Address: getenv("ROLLCALL_ADDRESS"),
	}
	if err := config.validate(); err != nil {
		return Config{}, err
	}
	return config, nil
}

func (c *Config) validateAuth() error {
	if c.namesABroker() || c.TLS || len(c.Brokers) > 0 || c.Channel != "" || c.MasterKey != "" {
		return configError("Config.AuthURL is set, and the auth server names the registry: " +
			"leave AppID, Key, Secret, Host, Port, Cluster, TLS, Brokers, Channel and MasterKey empty")
	}
	if _, ok := parseAuthURL(c.AuthURL); !ok {
		return configError(fmt.Sprintf("ROLLCALL_AUTH_URL is %s; it must be %s", quote(c.AuthURL), authURLForm))
	}
	if c.ServiceKey == "" {
		return configError(`ROLLCALL_SERVICE_KEY is not set: an auth server knows a service by its key, which "rollcall keys create" makes`)
	}
	return c.validateOwner()
}

// parseAuthURL reads where an auth server is. Without TLS, a program on the way could repeat requests, and read the keys
// of encrypted channels.
func parseAuthURL(text string) (*url.URL, bool) {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Hostname() == "" || parsed.User != nil || strings.ContainsAny(text, "?#") {
		return nil, false
	}
	if port := parsed.Port(); port != "" {
		if _, refusal := parsePort(port); refusal != nil {
			return nil, false
		}
	}
	isSafe := parsed.Scheme == "https" || parsed.Scheme == "http" && isLoopback(parsed.Hostname())
	return parsed, isSafe
}

// authEndpoint returns the host and port of a valid AuthURL.
func (c Config) authEndpoint() string {
	parsed, _ := parseAuthURL(c.AuthURL)
	port := parsed.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[parsed.Scheme]
	}
	return net.JoinHostPort(parsed.Hostname(), port)
}

package registry

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// The app that every part of Rollcall uses when no credentials are set. It is public knowledge, so
// it is good for a broker on loopback only.
const (
	developmentAppID  = "1"
	developmentKey    = "rollcall-development-key"
	developmentSecret = "rollcall-development-secret"
)

// Where the embedded broker listens.
const (
	embeddedHost = "127.0.0.1"
	embeddedPort = 6001
)

// Config says where the registry is, what proves that we may use it, and how a service is kept known there.
// What says where the broker is, and who we are, has no default: [ConfigFromEnv] fills it in.
type Config struct {
	AppID  string
	Key    string
	Secret string `json:"-"`

	// Host and Port name a self-hosted or embedded broker.
	Host string
	Port int
	// Cluster names hosted Pusher's cluster. It is used only if Host is empty.
	Cluster string
	// TLS is whether the broker is spoken to over HTTPS.
	TLS bool

	// Channel is the registry: "" means [DefaultChannel]. Behind "private-" or "private-encrypted-" only
	// holders of Secret listen.
	Channel string
	// MasterKey is 32 bytes in base64, with which a channel behind "private-encrypted-" is read.
	MasterKey string `json:"-"`

	// Mode is not in the environment: a program chooses it.
	Mode Mode

	// Address is what services announce that do not set their own; see [New] for what "" means.
	Address string
}

// ConfigFromEnv reads PUSHER_APP_ID, PUSHER_APP_KEY, PUSHER_APP_SECRET, PUSHER_APP_CLUSTER,
// PUSHER_APP_SECURE, PUSHER_HOST, PUSHER_PORT, ROLLCALL_CHANNEL, ROLLCALL_MASTER_KEY and ROLLCALL_ADDRESS.
// An empty value counts as unset.
//
// With no credentials it is the development app, which is public knowledge and so good for a
// loopback broker only. PUSHER_HOST goes before PUSHER_APP_CLUSTER; with neither, the broker is the
// embedded one at 127.0.0.1:6001. TLS is on for hosted Pusher and off elsewhere unless
// PUSHER_APP_SECURE says otherwise ("1" or "0").
//
// The error is an [*Error] with [CodeConfig].
func ConfigFromEnv(getenv func(string) string) (Config, error) {
	config := Config{
		AppID:     getenv("PUSHER_APP_ID"),
		Key:       getenv("PUSHER_APP_KEY"),
		Secret:    getenv("PUSHER_APP_SECRET"),
		Host:      unbracket(getenv("PUSHER_HOST")),
		Cluster:   getenv("PUSHER_APP_CLUSTER"),
		Channel:   getenv("ROLLCALL_CHANNEL"),
		MasterKey: getenv("ROLLCALL_MASTER_KEY"),
		Address:   getenv("ROLLCALL_ADDRESS"),
	}
	hosted := config.Host == "" && config.Cluster != ""
	if hosted {
		config.TLS = true
	} else {
		config.Cluster = ""
		if config.Host == "" {
			config.Host = embeddedHost
		}
		port, err := portFromEnv(getenv("PUSHER_PORT"))
		if err != nil {
			return Config{}, err
		}
		config.Port = port
	}
	switch secure := getenv("PUSHER_APP_SECURE"); secure {
	case "":
	case "0", "1":
		config.TLS = secure == "1"
	default:
		return Config{}, configError(fmt.Sprintf(
			"PUSHER_APP_SECURE is %s; set it to 1 for TLS or 0 for none", quote(secure)))
	}
	if err := config.fillCredentials(); err != nil {
		return Config{}, err
	}
	if err := config.validate(); err != nil {
		return Config{}, err
	}
	return config, nil
}

func portFromEnv(text string) (int, error) {
	if text == "" {
		return embeddedPort, nil
	}
	port, refusal := parsePort(text)
	if refusal != nil {
		return 0, configError("PUSHER_PORT: " + refusal.Reason)
	}
	return port, nil
}

func (c *Config) fillCredentials() error {
	missing := c.missingCredentials()
	if len(missing) == 0 {
		return nil
	}
	names := strings.Join(missing, " and ")
	if len(missing) < 3 {
		return configError(names + " not set: the app's id, key and secret go together")
	}
	if !c.isLocal() {
		return configError(names + " not set: the development credentials are for a broker on loopback only")
	}
	c.AppID, c.Key, c.Secret = developmentAppID, developmentKey, developmentSecret
	return nil
}

func (c *Config) missingCredentials() []string {
	var missing []string
	for _, each := range []struct{ name, value string }{
		{"PUSHER_APP_ID", c.AppID}, {"PUSHER_APP_KEY", c.Key}, {"PUSHER_APP_SECRET", c.Secret},
	} {
		if each.value == "" {
			missing = append(missing, each.name)
		}
	}
	return missing
}

var (
	// The id stands in the request's path and the key in its query, and neither is escaped there.
	credentialText = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)
	hostName       = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	clusterName    = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
)

func (c *Config) validate() error {
	if missing := c.missingCredentials(); len(missing) > 0 {
		return configError(strings.Join(missing, " and ") + " not set: the app's id, key and secret go together")
	}
	if !credentialText.MatchString(c.AppID) || !credentialText.MatchString(c.Key) {
		return configError("PUSHER_APP_ID or PUSHER_APP_KEY holds a character that no app's id or key has: " +
			"set both as the app's settings show them, without spaces or quotes")
	}
	if c.Mode != Lease && c.Mode != Presence {
		return configError(fmt.Sprintf("Config.Mode is %d; choose registry.Lease or registry.Presence", c.Mode))
	}
	if err := c.validateChannel(); err != nil {
		return err
	}
	if c.Host == "" {
		if !clusterName.MatchString(c.Cluster) {
			return configError(fmt.Sprintf("PUSHER_APP_CLUSTER is %s; it must be a cluster's name such as eu", quote(c.Cluster)))
		}
		return nil
	}
	if ip, err := netip.ParseAddr(c.Host); !hostName.MatchString(c.Host) && (err != nil || ip.Zone() != "") {
		return configError(fmt.Sprintf(
			"PUSHER_HOST is %s; it must be a host name or an IP address, without scheme or port", quote(c.Host)))
	}
	if _, refusal := parsePort(c.Port); refusal != nil {
		return configError("PUSHER_PORT: " + refusal.Reason)
	}
	return nil
}

// validateChannel refuses a key that nothing is encrypted with: whoever set it expects that something is.
func (c *Config) validateChannel() error {
	names, err := c.channels()
	if err != nil {
		return err
	}
	if !names.isEncrypted() {
		if c.MasterKey != "" {
			return configError("ROLLCALL_MASTER_KEY is set and ROLLCALL_CHANNEL does not begin with private-encrypted-: set both or neither")
		}
		return nil
	}
	if _, ok := newSealer(c.MasterKey); !ok {
		return configError("ROLLCALL_CHANNEL begins with private-encrypted-, so ROLLCALL_MASTER_KEY must be 32 bytes in base64, as of: openssl rand -base64 32")
	}
	return nil
}

func (c *Config) channels() (channels, error) {
	if c.Channel == "" {
		return channelsOf(DefaultChannel)
	}
	return channelsOf(c.Channel)
}

// isLocal tells whether every program that can reach the broker is on this machine.
func (c Config) isLocal() bool { return c.Host != "" && isLoopback(c.Host) }

// endpoint is the broker's host and port, or "" for hosted Pusher.
func (c Config) endpoint() string {
	if c.Host == "" {
		return ""
	}
	return net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
}

// String says where the broker is, and nothing secret.
func (c Config) String() string {
	if c.Host == "" {
		return fmt.Sprintf("hosted Pusher (cluster %s)", c.Cluster)
	}
	return c.endpoint()
}

// GoString keeps the secret out of %#v as well.
func (c Config) GoString() string { return fmt.Sprintf("registry.Config(%s)", c) }

func unbracket(host string) string {
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		return host[1 : len(host)-1]
	}
	return host
}

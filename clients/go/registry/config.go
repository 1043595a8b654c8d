package registry

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// The app that every part of Rollcall uses if no credentials are set. It is public knowledge, so it is for a broker on
// loopback only.
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

// Config is where the registry is, the credentials to use it, and how a service is kept known in it. [ConfigFromEnv]
// reads one from the environment. A Config that is written by hand needs AppID, Key and Secret, and Host with Port or
// Cluster; or Brokers; or AuthURL and ServiceKey.
type Config struct {
	// AppID is the id of the app, such as "1". Pusher's are numbers.
	AppID string
	// Key is the key of the app, which is public: web pages contain it.
	Key string
	// Secret is the secret of the app. It signs requests and subscriptions.
	Secret string `json:"-"`

	// Host is the host name or IP address of a self-hosted or embedded broker. It takes precedence over Cluster.
	Host string
	// Port is the port of the broker at Host, 1 to 65535.
	Port int
	// Cluster is a cluster of hosted Pusher, such as "eu".
	Cluster string
	// TLS says whether connections to the broker use TLS. Default: false.
	TLS bool

	// Brokers are the brokers of a registry with several, which need not know of each other. The service announces
	// itself at each. The fields above are empty then. Default: none, so that they name the only one.
	Brokers []Broker `json:"-"`

	// Channel is the registry's channel. After "private-" or "private-encrypted-" only holders of Secret can
	// subscribe. Default: "", which means [DefaultChannel].
	Channel string
	// MasterKey is the key of a channel that begins with "private-encrypted-": 32 bytes in base64. Default: none.
	MasterKey string `json:"-"`
	// ServiceKey is the key by which announcements are signed, as "rollcall keys create" prints it. The ID of the
	// instance then ends in the id of the key. Default: none.
	ServiceKey string `json:"-"`

	// AuthURL is the URL of an auth server, which has the app's secret, such as "https://auth.example.com": https, or
	// http on loopback. The service then needs ServiceKey, and no other field of the registry: the fields from AppID to
	// MasterKey are empty. Default: "", which means that the service has the app's secret.
	AuthURL string

	// Mode is how a service is kept known. The environment does not set it. Default: [Presence].
	Mode Mode

	// RequireBroker makes [Registrar.Register] fail if the broker or the auth server cannot be reached, or refuses.
	// Default: false. The service then serves without being registered, and is registered as soon as the broker accepts it.
	RequireBroker bool

	// Address is the IP address that services announce which do not set their own. Default: see [New].
	Address string

	// isOfList says that the broker is one of Brokers.
	isOfList bool
	// isAuthorized says that an auth server has named the broker.
	isAuthorized bool
}

// ConfigFromEnv reads a Config from variables of the environment. An empty value counts as unset.
//
//   - PUSHER_APP_ID, PUSHER_APP_KEY and PUSHER_APP_SECRET: the app, all three or none. Default: the development app,
//     which is public knowledge, if the broker is on loopback.
//   - PUSHER_HOST and PUSHER_PORT: a self-hosted broker. PUSHER_HOST takes precedence over PUSHER_APP_CLUSTER.
//     Default: the embedded broker at 127.0.0.1 port 6001.
//   - PUSHER_APP_CLUSTER: a cluster of hosted Pusher.
//   - PUSHER_APP_SECURE: "1" for TLS, "0" for none. Default: "1" for hosted Pusher, "0" otherwise.
//   - ROLLCALL_BROKERS: several brokers instead, separated by commas, each as https://KEY:SECRET@HOST:PORT/apps/ID. The
//     host of hosted Pusher is that of its HTTP API, such as api-eu.pusher.com.
//   - ROLLCALL_CHANNEL: the registry's channel. Default: [DefaultChannel].
//   - ROLLCALL_MASTER_KEY: the key of an encrypted channel, 32 bytes in base64.
//   - ROLLCALL_SERVICE_KEY: the key by which announcements are signed.
//   - ROLLCALL_AUTH_URL: an auth server, through which a service with a service key announces itself in place of all other
//     variables of the registry.
//   - ROLLCALL_ADDRESS: the IP address that services announce, or a range such as 10.0.0.0/8 for the address of this machine
//     in it. Default: see [New].
//
// The error is an [*Error] with [CodeConfig].
//
//	config, err := registry.ConfigFromEnv(os.Getenv)
func ConfigFromEnv(getenv func(string) string) (Config, error) {
	if authURL := getenv("ROLLCALL_AUTH_URL"); authURL != "" {
		return authFromEnv(authURL, getenv)
	}
	if list := getenv("ROLLCALL_BROKERS"); strings.TrimSpace(list) != "" {
		return severalFromEnv(list, getenv)
	}
	config := Config{
		AppID:      getenv("PUSHER_APP_ID"),
		Key:        getenv("PUSHER_APP_KEY"),
		Secret:     getenv("PUSHER_APP_SECRET"),
		Host:       unbracket(getenv("PUSHER_HOST")),
		Cluster:    getenv("PUSHER_APP_CLUSTER"),
		Channel:    getenv("ROLLCALL_CHANNEL"),
		MasterKey:  getenv("ROLLCALL_MASTER_KEY"),
		ServiceKey: getenv("ROLLCALL_SERVICE_KEY"),
		Address:    getenv("ROLLCALL_ADDRESS"),
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
	// The id is part of the request's path and the key of its query, and neither is escaped there.
	credentialText = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)
	hostName       = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	clusterName    = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
)

func (c *Config) validate() error {
	if c.AuthURL != "" {
		return c.validateAuth()
	}
	if len(c.Brokers) == 0 {
		return c.validateBroker()
	}
	if c.namesABroker() {
		return configError("Config.Brokers names every broker: leave AppID, Key, Secret, Host, Port and Cluster empty")
	}
	for _, each := range c.each() {
		if err := each.validateBroker(); err != nil {
			return err
		}
	}
	return nil
}

// namesABroker reports whether any field of a single broker is set, except TLS.
func (c *Config) namesABroker() bool {
	return c.AppID != "" || c.Key != "" || c.Secret != "" || c.Host != "" || c.Port != 0 || c.Cluster != ""
}

func (c *Config) validateBroker() error {
	if missing := c.missingCredentials(); len(missing) > 0 && c.isOfList {
		return configError("Config.Brokers: " + c.String() + " has no id, key or secret of its app: they go together")
	} else if len(missing) > 0 {
		return configError(strings.Join(missing, " and ") + " not set: the app's id, key and secret go together")
	}
	if !credentialText.MatchString(c.AppID) || !credentialText.MatchString(c.Key) {
		return configError(c.variable("PUSHER_APP_ID or PUSHER_APP_KEY", "the id or the key of the app") +
			" contains an invalid character: set both as the app's settings show them, without spaces or quotes")
	}
	if isPlaceholder(c.Secret) && c.isOfList {
		return configError("Config.Brokers: " + c.String() + " has a placeholder as its secret: set it to the secret of your app")
	}
	if isPlaceholder(c.Secret) {
		return configError("PUSHER_APP_SECRET is a placeholder: set it to the secret of your app")
	}
	if err := c.validateChannel(); err != nil {
		return err
	}
	if err := c.validateOwner(); err != nil {
		return err
	}
	if c.Host == "" {
		if !clusterName.MatchString(c.Cluster) {
			return configError(fmt.Sprintf(c.variable("PUSHER_APP_CLUSTER", "the cluster")+" is %s; it must be the name of a cluster, such as eu", quote(c.Cluster)))
		}
		return nil
	}
	if ip, err := netip.ParseAddr(c.Host); !hostName.MatchString(c.Host) && (err != nil || ip.Zone() != "") {
		return configError(fmt.Sprintf(
			c.variable("PUSHER_HOST", "the host")+" is %s; it must be a host name or an IP address, without scheme or port", quote(c.Host)))
	}
	if _, refusal := parsePort(c.Port); refusal != nil {
		return configError(c.variable("PUSHER_PORT", "the port") + ": " + refusal.Reason)
	}
	return nil
}

// validateOwner checks what does not depend on the registry.
func (c *Config) validateOwner() error {
	if c.Mode != Lease && c.Mode != Presence {
		return configError(fmt.Sprintf("Config.Mode is %d; choose registry.Lease or registry.Presence", c.Mode))
	}
	if _, ok := newSigner(c.ServiceKey, ""); !ok {
		return configError(`ROLLCALL_SERVICE_KEY is invalid; it must be rsk_ and 43 characters, as "rollcall keys create" prints it`)
	}
	return nil
}

// variable names what sets a part of the broker, for errors.
func (c *Config) variable(alone, ofList string) string {
	if c.isOfList {
		return "Config.Brokers: " + c.String() + ": " + ofList
	}
	return alone
}

// validateChannel refuses a key that would encrypt nothing, because its user expects encryption.
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

// isLocal reports whether only programs on this machine can reach the registry, or the auth server.
func (c Config) isLocal() bool {
	if c.AuthURL != "" {
		parsed, ok := parseAuthURL(c.AuthURL)
		return ok && isLoopback(parsed.Hostname())
	}
	for _, each := range c.each() {
		if each.Host == "" || !isLoopback(each.Host) {
			return false
		}
	}
	return true
}

// endpoint returns the broker's host and port, or "" for hosted Pusher.
func (c Config) endpoint() string {
	if c.Host == "" {
		return ""
	}
	return net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
}

// String returns where the brokers are, or the auth server, without secrets.
func (c Config) String() string {
	if c.AuthURL != "" {
		return c.AuthURL
	}
	if len(c.Brokers) > 0 {
		var names []string
		for _, each := range c.each() {
			names = append(names, each.String())
		}
		return strings.Join(names, ", ")
	}
	if c.Host == "" {
		return fmt.Sprintf("hosted Pusher (cluster %s)", c.Cluster)
	}
	return c.endpoint()
}

// GoString keeps secrets out of %#v.
func (c Config) GoString() string { return fmt.Sprintf("registry.Config(%s)", c) }

func unbracket(host string) string {
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		return host[1 : len(host)-1]
	}
	return host
}

package registry

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Broker is one of several brokers of a registry, and the credentials to use it.
type Broker struct {
	// AppID is the id of the app, such as "1".
	AppID string
	// Key is the key of the app.
	Key string
	// Secret is the secret of the app.
	Secret string `json:"-"`
	// Host is the host name or IP address of a self-hosted broker. It takes precedence over Cluster.
	Host string
	// Port is the port of the broker at Host, 1 to 65535.
	Port int
	// Cluster is a cluster of hosted Pusher, such as "eu".
	Cluster string
	// TLS says whether connections to the broker use TLS. Default: false.
	TLS bool
}

// GoString keeps secrets out of %#v.
func (b Broker) GoString() string { return fmt.Sprintf("registry.Broker(%s)", b) }

// String returns where the broker is, without secrets.
func (b Broker) String() string { return Config{}.at(b).String() }

// each returns a config for each broker of the registry.
func (c Config) each() []Config {
	if len(c.Brokers) == 0 {
		return []Config{c}
	}
	var configs []Config
	for _, broker := range c.Brokers {
		configs = append(configs, c.at(broker))
	}
	return configs
}

func (c Config) at(b Broker) Config {
	c.AppID, c.Key, c.Secret = b.AppID, b.Key, b.Secret
	c.Host, c.Port, c.Cluster, c.TLS = b.Host, b.Port, b.Cluster, b.TLS
	c.Brokers, c.isOfList = nil, true
	return c
}

// brokerAtAuthServer names what sets a broker that an auth server has named, for advice.
const brokerAtAuthServer = "the broker at the auth server that ROLLCALL_AUTH_URL names"

// appVariables names what sets the app, for advice.
func (c Config) appVariables() string {
	if c.isAuthorized {
		return "the app at the auth server that ROLLCALL_AUTH_URL names"
	}
	if c.isOfList {
		return "the key, the secret and the id of the app in its URL in ROLLCALL_BROKERS"
	}
	return "PUSHER_APP_ID, PUSHER_APP_KEY and PUSHER_APP_SECRET"
}

func (c Config) adviceOnFailure() string {
	if c.isAuthorized {
		return "start it, or correct " + brokerAtAuthServer
	}
	if c.isOfList {
		return "start it, or correct its URL in ROLLCALL_BROKERS"
	}
	return `start one with "rollcall broker", or set PUSHER_HOST and PUSHER_PORT, or PUSHER_APP_CLUSTER for hosted Pusher`
}

// singleBroker are the variables of a registry with one broker.
var singleBroker = []string{
	"PUSHER_APP_ID", "PUSHER_APP_KEY", "PUSHER_APP_SECRET", "PUSHER_APP_CLUSTER", "PUSHER_HOST", "PUSHER_PORT",
	"PUSHER_APP_SECURE",
}

func severalFromEnv(list string, getenv func(string) string) (Config, error) {
	for _, name := range singleBroker {
		if getenv(name) != "" {
			return Config{}, configError(fmt.Sprintf(
				"ROLLCALL_BROKERS and %s are both set: ROLLCALL_BROKERS names every broker with its app, so unset %[1]s", name))
		}
	}
	config := Config{
		Channel: getenv("ROLLCALL_CHANNEL"), MasterKey: getenv("ROLLCALL_MASTER_KEY"),
		ServiceKey: getenv("ROLLCALL_SERVICE_KEY"), Address: getenv("ROLLCALL_ADDRESS"),
	}
	seen := make(map[string]bool)
	for number, text := range strings.Split(list, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		broker, problem := brokerFromURL(text, number+1)
		if problem == "" && seen[broker.String()] {
			problem = broker.String() + " is there twice: name each broker once"
		}
		if problem != "" {
			return Config{}, configError("ROLLCALL_BROKERS: " + problem)
		}
		seen[broker.String()] = true
		config.Brokers = append(config.Brokers, broker)
	}
	if len(config.Brokers) == 0 {
		return Config{}, configError("ROLLCALL_BROKERS names no broker: unset it, or name one")
	}
	if err := config.validate(); err != nil {
		return Config{}, configError(strings.Replace(err.Error(), "Config.Brokers:", "ROLLCALL_BROKERS:", 1))
	}
	return config, nil
}

const (
	urlForm    = "it must be like https://KEY:SECRET@HOST:PORT/apps/ID"
	encodeRest = "and other characters of the secret encoded, such as / as %2F and , as %2C"
)

var (
	appPath    = regexp.MustCompile(`^/apps/([^/]+)/?$`)
	hostedHost = regexp.MustCompile(`^api-([a-z0-9-]+)\.pusher\.com$`)
	socketHost = regexp.MustCompile(`^ws-([a-z0-9-]+)\.pusher\.com$`)
)

// The first host that hosted Pusher had, and its cluster.
const (
	firstHost    = "api.pusherapp.com"
	firstCluster = "mt1"
)

// brokerFromURL returns what is wrong with a URL, if something is. That does not show the key and the secret. number is
// its place in the list, for people.
func brokerFromURL(text string, number int) (b Broker, problem string) {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" {
		return b, fmt.Sprintf("URL %d is no http or https URL; %s, %s", number, urlForm, encodeRest)
	}
	path := appPath.FindStringSubmatch(parsed.Path)
	if path == nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return b, parsed.Host + " does not end with /apps/ID; " + urlForm
	}
	secret, _ := parsed.User.Password()
	b = Broker{AppID: path[1], Key: parsed.User.Username(), Secret: secret, TLS: parsed.Scheme == "https"}
	if b.Key == "" || b.Secret == "" {
		return b, parsed.Host + " has no key and secret of an app; " + urlForm + ", " + encodeRest
	}
	host := strings.ToLower(parsed.Hostname())
	if cluster := socketHost.FindStringSubmatch(host); cluster != nil {
		return b, parsed.Host + " has the host for WebSockets: name api-" + cluster[1] + ".pusher.com"
	}
	standard := 80
	if b.TLS {
		standard = 443
	}
	if b.Port = standard; parsed.Port() != "" {
		b.Port, err = strconv.Atoi(parsed.Port())
		if err != nil || b.Port < 1 || b.Port > 65535 {
			return b, fmt.Sprintf("%s has port %s; a port is 1 to 65535", parsed.Host, parsed.Port())
		}
	}
	hosted := hostedHost.FindStringSubmatch(host)
	switch {
	case b.Port == standard && host == firstHost:
		b.Cluster, b.Port = firstCluster, 0
	case b.Port == standard && hosted != nil:
		b.Cluster, b.Port = hosted[1], 0
	default:
		b.Host = host
	}
	return b, ""
}

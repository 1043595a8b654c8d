package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strconv"

	"github.com/rollcall-dev/rollcall/clients/go/registry"
)

const defaultPort = "3000"

const usage = `Usage: id-v4 [-http.port N] [-healthcheck]

  -http.port N   where to listen, 0 to 65535; 0 lets the system choose (default: PORT, else 3000)
  -healthcheck   ask the instance on this machine's port N whether it is well, and end: 0 if it is, 1 if not

Environment:
  HOST           the IP address to listen on (default 127.0.0.1). Unless it means every address, it is announced too
  PORT           the default of -http.port
  SERVER_NAME    the value of X-Server (default: the hostname)
  ROLLCALL_ADDRESS, PUSHER_APP_ID, PUSHER_APP_KEY, PUSHER_APP_SECRET, PUSHER_APP_CLUSTER,
  PUSHER_APP_SECURE, PUSHER_HOST, PUSHER_PORT, ROLLCALL_BROKERS, ROLLCALL_CHANNEL, ROLLCALL_MASTER_KEY,
  ROLLCALL_SERVICE_KEY
                 the registry, as in every Rollcall client
  ROLLCALL_AUTH_URL
                 an auth server instead, with ROLLCALL_SERVICE_KEY and no other variable of the registry

Exit codes: 0 left and drained; 1 could not leave, drain or serve, or a second signal came;
2 settings; 3 cannot listen; 4 broker or auth server unreachable; 5 broker or auth server refused
`

type settings struct {
	host        netip.Addr
	port        uint16
	serverName  string
	healthcheck bool
	config      registry.Config
}

func (s settings) listenAddress() string {
	return netip.AddrPortFrom(s.host, s.port).String()
}

// healthURL returns the health URL of the instance on this machine. A server on every address is on loopback, too.
func (s settings) healthURL() string {
	host := s.host
	switch host {
	case netip.IPv4Unspecified():
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case netip.IPv6Unspecified():
		host = netip.IPv6Loopback()
	}
	return "http://" + net.JoinHostPort(host.String(), strconv.Itoa(int(s.port))) + "/health"
}

func badSetting(format string, args ...any) error {
	return &registry.Error{Code: registry.CodeConfig, Message: fmt.Sprintf(format, args...)}
}

// errHelp says that the usage was requested.
var errHelp = flag.ErrHelp

// The characters that a header field may have.
var headerText = regexp.MustCompile(`^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$`)

func readSettings(args []string, getenv func(string) string) (settings, error) {
	flags := flag.NewFlagSet("id-v4", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the caller prints an error in one line
	port := flags.String("http.port", orDefault(getenv("PORT"), defaultPort), "")
	healthcheck := flags.Bool("healthcheck", false, "")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return settings{}, errHelp
	} else if err != nil {
		return settings{}, badSetting("%s: see id-v4 -help", err)
	}
	if flags.NArg() > 0 {
		return settings{}, badSetting("%q is no setting: see id-v4 -help", flags.Arg(0))
	}

	number, err := strconv.ParseUint(*port, 10, 16)
	if err != nil {
		return settings{}, badSetting("-http.port (or PORT) is %q; it must be a whole number from 0 to 65535", *port)
	}
	host, err := netip.ParseAddr(orDefault(getenv("HOST"), "127.0.0.1"))
	if err != nil {
		return settings{}, badSetting("HOST is %q; it must be an IP address such as 127.0.0.1 or 0.0.0.0", getenv("HOST"))
	}
	s := settings{host: host.Unmap(), port: uint16(number), healthcheck: *healthcheck}
	if s.healthcheck {
		if s.port == 0 {
			return settings{}, badSetting("-healthcheck needs -http.port: which port the system chose is not known here")
		}
		return s, nil
	}

	s.serverName = getenv("SERVER_NAME")
	if s.serverName == "" {
		s.serverName, _ = os.Hostname()
	}
	if !headerText.MatchString(s.serverName) {
		return settings{}, badSetting("SERVER_NAME is %q; it must be printable ASCII, since it goes into the header X-Server", s.serverName)
	}
	if s.config, err = registry.ConfigFromEnv(getenv); err != nil {
		return settings{}, err
	}
	if s.config.Address == "" && !s.host.IsUnspecified() {
		s.config.Address = s.host.String()
	}
	return s, nil
}

func orDefault(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

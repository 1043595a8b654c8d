package registry

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
)

// parseAddress returns an IP address in canonical form: dotted decimal, or RFC 5952 for IPv6 (no brackets, no zone).
// An IPv4-mapped IPv6 address becomes IPv4. Host names are refused, because an observer cannot trust what they
// resolve to.
func parseAddress(input any) (string, *Refusal) {
	text, _ := input.(string)
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" || oddlyDotted(text, address) {
		return "", refuse(BadAddress,
			`address is %s; it must be an IP address such as "10.0.0.7" or "fd00::7"`, quote(input))
	}
	address = address.Unmap()
	if kind := unroutable(address); kind != "" {
		return "", refuse(BadAddress, "address %s is %s; no instance can be reached there", quote(text), kind)
	}
	return address.String(), nil
}

// oddlyDotted reports whether an IPv6 address has dots other than in the mapped form ::ffff:1.2.3.4. Programs
// disagree about the others.
func oddlyDotted(text string, address netip.Addr) bool {
	return strings.Contains(text, ".") && address.Is6() &&
		!strings.EqualFold(text, "::ffff:"+address.Unmap().String())
}

var (
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8")
	multicast4  = netip.MustParsePrefix("224.0.0.0/4")
	multicast6  = netip.MustParsePrefix("ff00::/8")
	broadcast   = netip.AddrFrom4([4]byte{255, 255, 255, 255})
)

// unroutable names the range of an address at which no instance can be reached by HTTP.
func unroutable(address netip.Addr) string {
	switch {
	case address.IsUnspecified(), thisNetwork.Contains(address):
		return "unspecified"
	case multicast4.Contains(address), multicast6.Contains(address):
		return "multicast"
	case address == broadcast:
		return "broadcast"
	case address.IsLinkLocalUnicast():
		return "linkLocal"
	}
	return ""
}

// isLoopback reports whether a host, a name or an IP address, is on this machine's loopback interface.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	if err != nil {
		return strings.EqualFold(host, "localhost")
	}
	return address.Unmap().IsLoopback()
}

// machineAddresses returns the addresses of the interfaces that are up and not loopback, in the system's order.
func machineAddresses() ([]netip.Addr, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var found []netip.Addr
	for _, each := range interfaces {
		if each.Flags&net.FlagUp == 0 || each.Flags&net.FlagLoopback != 0 {
			continue
		}
		addresses, err := each.Addrs()
		if err != nil {
			continue // the interface went away while we looked
		}
		for _, address := range addresses {
			if network, ok := address.(*net.IPNet); ok {
				if ip, ok := netip.AddrFromSlice(network.IP); ok {
					found = append(found, ip.Unmap())
				}
			}
		}
	}
	return found, nil
}

// addressTowards returns the local end of the way to the broker, or to the auth server while the broker is not known: machines have other addresses, such as those of
// container bridges, that the rest of the network cannot reach. Connecting a datagram socket sends nothing.
func addressTowards(ctx context.Context, config Config) (netip.Addr, error) {
	endpoint := config.endpoint()
	switch {
	case config.AuthURL != "":
		endpoint = config.authEndpoint()
	case endpoint == "":
		endpoint = "ws-" + config.Cluster + ".pusher.com:443"
	}
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "udp", endpoint)
	if err != nil {
		return netip.Addr{}, err
	}
	defer connection.Close()
	local, ok := netip.AddrFromSlice(connection.LocalAddr().(*net.UDPAddr).IP)
	if local = local.Unmap(); !ok || local.IsLoopback() || unroutable(local) != "" {
		return netip.Addr{}, errors.New("others cannot reach the local end of the way to the broker")
	}
	return local, nil
}

// firstReachable returns the first address that other machines can reach: IPv4 if there is one, IPv6 otherwise.
func firstReachable(addresses []netip.Addr) (netip.Addr, error) {
	var first netip.Addr
	for _, address := range addresses {
		if !address.IsGlobalUnicast() || unroutable(address) != "" {
			continue
		}
		if address.Is4() {
			return address, nil
		}
		if !first.IsValid() {
			first = address
		}
	}
	if !first.IsValid() {
		return first, &Error{
			Code:    CodeNoAddress,
			Message: "this machine has no address that another can reach: set Service.Address or ROLLCALL_ADDRESS",
		}
	}
	return first, nil
}

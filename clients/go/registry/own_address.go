package registry

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
)

// IP returns the first address of this machine that other machines can reach: IPv4 if there is one, IPv6 otherwise.
// The error is an [*Error] with [CodeNoAddress].
func (r *Registrar) IP() (netip.Addr, error) {
	addresses, err := r.addresses()
	if err != nil {
		return netip.Addr{}, &Error{
			Code:    CodeNoAddress,
			Message: "cannot list this machine's addresses: set Service.Address or ROLLCALL_ADDRESS",
			Err:     err,
		}
	}
	return firstReachable(addresses)
}

// chooseAddress gives a service the address that it announces, unless it has one. It may be a guess until its broker's host
// can be resolved.
func (r *Registrar) chooseAddress(service *Service, config Config) error {
	switch {
	case service.Address != "":
	case config.Address != "":
		address, err := configuredAddress(config.Address, r.addresses)
		if err != nil {
			return err
		}
		service.Address = address
	case config.isLocal():
		service.Address = "127.0.0.1"
	default:
		ctx, cancel := context.WithTimeout(context.Background(), r.broker.timeout)
		defer cancel()
		ip, err := r.addressTowardsAny(ctx, config)
		r.identity.isAddressGuessed = err != nil || config.AuthURL != ""
		if err != nil {
			ip, err = r.IP()
		}
		if err != nil {
			return err
		}
		service.Address = ip.String()
	}
	return nil
}

// configuredAddress returns an address as it is given, or the first one of this machine in the range that is given.
func configuredAddress(given string, machine func() ([]netip.Addr, error)) (string, error) {
	if !strings.Contains(given, "/") {
		return given, nil
	}
	within, err := netip.ParsePrefix(given)
	if err != nil {
		return "", &Error{
			Code:    CodeConfig,
			Message: fmt.Sprintf("ROLLCALL_ADDRESS: %q is not an address range; write one such as 10.0.0.0/8 or fd00::/8", given),
		}
	}
	addresses, err := machine()
	if err != nil {
		return "", &Error{Code: CodeNoAddress, Message: "cannot list this machine's addresses: set ROLLCALL_ADDRESS to one", Err: err}
	}
	for _, each := range addresses {
		if within.Contains(each) && each.IsGlobalUnicast() && unroutable(each) == "" {
			return each.String(), nil
		}
	}
	return "", &Error{
		Code:    CodeNoAddress,
		Message: fmt.Sprintf("this machine has no address in %s, which ROLLCALL_ADDRESS names", given),
	}
}

// addressTowardsAny returns the local end of the way to the first broker to which there is one.
func (r *Registrar) addressTowardsAny(ctx context.Context, config Config) (ip netip.Addr, err error) {
	for _, each := range config.each() {
		if ip, err = r.towards(ctx, each); err == nil {
			return ip, nil
		}
	}
	return ip, err
}

// correctAddress replaces a guessed address once the broker's host can be resolved. Nothing was announced before that.
// The caller has the turn.
func (r *Registrar) correctAddress(ctx context.Context) error {
	if !r.identity.isGuessed() {
		return nil
	}
	ip, err := r.towards(ctx, r.broker.config)
	if err != nil {
		return nil // The broker is away, which the next step reports.
	}
	if err := r.identity.correct(ip.String(), r.check); err != nil {
		return cannot("register", err)
	}
	return nil
}

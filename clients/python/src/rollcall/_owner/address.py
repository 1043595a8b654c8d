"""The address that a service announces by default."""

from __future__ import annotations

import socket
from ipaddress import ip_address, ip_network

from .._transport.auth_url import parse_auth_url
from .._wire.address import is_loopback, parse_address
from .._wire.quote import quote
from ..config import Broker, Config
from ..errors import Refusal, RollcallError

# Addresses of documentation. Connecting a datagram socket sends nothing.
_ANYWHERE = (("192.0.2.1", 9), ("2001:db8::1", 9))


def address_towards(broker: Broker) -> str | None:
    """Return the local end of the way to a broker.

    A machine has other addresses, such as those of container bridges, that the rest of the network cannot reach.
    """
    host = broker.host or f"ws-{broker.cluster}.pusher.com"
    return _local_end(host, broker.port or 443)


def own_address(config: Config) -> tuple[str, bool]:
    """Return the address to announce, and whether it is a guess until the broker's host can be resolved."""
    if config.address:
        return _configured(config.address), False
    if config.is_local:
        return "127.0.0.1", False
    if config.auth_url:
        parsed = parse_auth_url(config.auth_url)
        host = parsed.hostname if parsed is not None else None
        return _local_end(host or "", 443) or _first_reachable(), True
    for broker in config.brokers:
        if (address := address_towards(broker)) is not None:
            return address, False
    return _first_reachable(), True


def _configured(given: str) -> str:
    """Return an address as it is given, or the one of this machine in the range that is given."""
    if "/" not in given:
        return given
    try:
        within = ip_network(given, strict=False)
    except ValueError:
        raise RollcallError(
            "ROLLCALL_CONFIG",
            f"ROLLCALL_ADDRESS: {quote(given)} is not an address range; write one such as 10.0.0.0/8 or fd00::/8",
        ) from None
    # From there this machine reaches the range, if it is in it.
    local = _local_end(str(within.network_address + (within.num_addresses > 1)), 9)
    if local is not None and ip_address(local) in within:
        return local
    raise RollcallError("ROLLCALL_NO_ADDRESS", f"this machine has no address in {given}, which ROLLCALL_ADDRESS names")


def _first_reachable() -> str:
    for host, port in _ANYWHERE:
        if (address := _local_end(host, port)) is not None:
            return address
    raise RollcallError(
        "ROLLCALL_NO_ADDRESS",
        "this machine has no address that other machines can reach: set ROLLCALL_ADDRESS or the option address",
    )


def _local_end(host: str, port: int) -> str | None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return None
    for family, kind, protocol, _, target in found:
        try:
            with socket.socket(family, kind, protocol) as probe:
                probe.connect(target)
                local = str(probe.getsockname()[0])
            if not is_loopback(local):
                return parse_address(local)
        except (OSError, Refusal):
            continue
    return None

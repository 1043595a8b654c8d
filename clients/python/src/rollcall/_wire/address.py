"""IP addresses of instances, and path prefixes."""

from __future__ import annotations

import ipaddress
import re

from ..errors import Refusal
from .json_text import utf16_length
from .quote import quote

_IPv4 = ipaddress.IPv4Address
_IPv6 = ipaddress.IPv6Address

_IPV4_TEXT = re.compile(r"[0-9.]{7,15}")
_IPV6_TEXT = re.compile(r"[0-9A-Fa-f:.]{2,45}")
_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")
_BROADCAST = _IPv4("255.255.255.255")


def parse_address(value: object) -> str:
    """Return an IP address in canonical form. An IPv4-mapped IPv6 address becomes IPv4.

    Host names are refused, because an observer cannot trust what they resolve to.
    """
    address = _read_ip(value)
    if address is None:
        reason = f'address is {quote(value)}; it must be an IP address such as "10.0.0.7" or "fd00::7"'
        raise Refusal("bad-address", reason)
    kind = _unroutable(address)
    if kind is not None:
        raise Refusal("bad-address", f"address {quote(value)} is {kind}; no instance can be reached there")
    return _canonical(address)


def _read_ip(value: object) -> _IPv4 | _IPv6 | None:
    if not isinstance(value, str):
        return None
    try:
        if _IPV4_TEXT.fullmatch(value):
            return _IPv4(value)
        if not _IPV6_TEXT.fullmatch(value):
            return None
        address = _IPv6(value)
    except ValueError:
        return None
    mapped = address.ipv4_mapped
    # Programs disagree about dots in an IPv6 address otherwise than in the form ::ffff:1.2.3.4.
    if "." in value and value.lower() != f"::ffff:{mapped}":
        return None
    return address if mapped is None else mapped


def _unroutable(address: _IPv4 | _IPv6) -> str | None:
    if address.is_unspecified or (isinstance(address, _IPv4) and address in _THIS_NETWORK):
        return "unspecified"
    if address.is_multicast:
        return "multicast"
    if address == _BROADCAST:
        return "broadcast"
    return "linkLocal" if address.is_link_local else None


def _canonical(address: _IPv4 | _IPv6) -> str:
    return address.compressed


def is_loopback(host: str) -> bool:
    """Return whether a host, a name or an IP address, is on this machine's loopback interface."""
    address = _read_ip(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def is_ip(host: str) -> bool:
    """Return whether a host is an IP address."""
    return _read_ip(host) is not None


def url_host(host: str) -> str:
    """Return a host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


_MAX_PREFIX_LENGTH = 200
# A router looks at no more segments of a path.
_MAX_PREFIX_SEGMENTS = 16
# RFC 3986 §3.3 pchar without percent-encoding, so that a prefix has one spelling and is compared byte by byte.
_SEGMENT = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+")


def parse_prefix(value: object) -> str:
    """Return a path prefix in its one canonical form: "" (every path) or "/a/b" with no slash at the end."""
    if not isinstance(value, str):
        raise Refusal("bad-prefix", f'prefix is {quote(value)}; it must be a path such as "/v1"')
    length = utf16_length(value)
    if length > _MAX_PREFIX_LENGTH:
        raise Refusal("bad-prefix", f"prefix has {length} characters; at most {_MAX_PREFIX_LENGTH} are allowed")
    path = value[:-1] if value.endswith("/") else value
    if path == "":
        return ""
    if not path.startswith("/"):
        raise Refusal("bad-prefix", f'prefix {quote(value)} must start with "/"')
    segments = path[1:].split("/")
    if len(segments) > _MAX_PREFIX_SEGMENTS:
        reason = f"prefix has {len(segments)} segments; at most {_MAX_PREFIX_SEGMENTS} are allowed"
        raise Refusal("bad-prefix", reason)
    for segment in segments:
        if not _SEGMENT.fullmatch(segment) or segment in (".", ".."):
            reason = (
                f"prefix {quote(value)} has the segment {quote(segment)}; "
                'a segment is letters, digits and -._~!$&\'()*+,;=:@, and neither "." nor ".."'
            )
            raise Refusal("bad-prefix", reason)
    return path

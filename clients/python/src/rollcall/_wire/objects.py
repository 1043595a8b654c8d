"""The fields of an announcement that are objects themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from ..errors import Refusal
from .fields import parse_choice, parse_flag, parse_integer
from .json_text import MAX_SAFE_INTEGER, MISSING, Json
from .quote import quote

_HEALTH_PATH = re.compile(r"/[\x21\x24-\x7e]*")
_HEALTH_HOST = re.compile(r"[A-Za-z0-9_.:[\]-]{1,255}")
_MAX_HEALTH_PATH = 255
_HEALTH_METHODS = ("GET", "HEAD", "GRPC")

_MAX_SERVER_NAME = 253
_MAX_SPIFFE_ID = 2048
# Its last label has a letter or _ before anything but digits, which that of no IPv4 address has.
_SERVER_NAME = re.compile(
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[0-9]*[A-Za-z_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
)
_SPIFFE_ID = re.compile(r"spiffe://[a-z0-9._-]{1,255}(?:/(?:\.{0,2}[A-Za-z0-9_-]|\.{3})[A-Za-z0-9._-]*)+")

# A day. A longer limit is a mistake in the unit.
_MAX_POLICY_MS = 86_400_000
_MAX_IN_FLIGHT = 1_000_000
_BALANCING = ("round-robin", "least-request", "latency", "hash")
_HASH_BY = re.compile(r"address|(?:header|cookie):[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Health:
    """The request with which observers probe an instance. A response with a status below 400 is healthy."""

    path: str
    """Path and query to request on the instance itself, such as ``/health``, without the prefix that gateways route."""
    method: str = "GET"
    """``GET`` or ``HEAD``; or ``GRPC``, which asks ``grpc.health.v1.Health/Check`` with the path as the service."""
    host: str | None = None
    """The Host of the request, for an instance that serves certain hosts only. Default: its address and port."""

    def fields(self) -> dict[str, Json]:
        """Return the object as it is sent."""
        return _given({"path": self.path, "method": self.method, "host": self.host})


@dataclass(frozen=True, kw_only=True)
class Tls:
    """What the certificate of an instance has to be for, in place of its address. It needs the scheme https or h2."""

    server_name: str | None = None
    """The DNS name that is sent as SNI, and that the certificate must be for unless there is a ``spiffe_id``."""
    spiffe_id: str | None = None
    """The SPIFFE ID that the certificate must have, as its only URI."""

    def fields(self) -> dict[str, Json]:
        """Return the object as it is sent."""
        return _given({"serverName": self.server_name, "spiffeId": self.spiffe_id})


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How an instance asks gateways to serve its prefix. A field that is None asks for nothing."""

    answer_ms: int | None = None
    """How long a gateway waits for the head of a response, in milliseconds: 1 to 86400000."""
    total_ms: int | None = None
    """How long a request and its response may take, retries included, in milliseconds: 1 to 86400000."""
    body_bytes: int | None = None
    """How long the body of a request may be, in bytes."""
    max_in_flight: int | None = None
    """How many requests each gateway may have in flight to one instance: 1 to 1000000."""
    retries: bool | None = None
    """False if a request that was sent to an instance is never sent again."""
    strip: bool | None = None
    """False if requests keep the prefix in their path."""
    balancing: str | None = None
    """How gateways choose among instances: ``round-robin``, ``least-request``, ``latency`` or ``hash``."""
    hash_by: str | None = None
    """What requests are hashed by if balancing is hash: ``address``, ``header:NAME`` or ``cookie:NAME``."""

    def fields(self) -> dict[str, Json]:
        """Return the object as it is sent."""
        return _given(
            {
                "answerMs": self.answer_ms,
                "totalMs": self.total_ms,
                "bodyBytes": self.body_bytes,
                "maxInFlight": self.max_in_flight,
                "retries": self.retries,
                "strip": self.strip,
                "balancing": self.balancing,
                "hashBy": self.hash_by,
            }
        )


def _given(fields: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in fields.items() if value is not None}


def _object(value: object, code: str, field: str) -> Mapping[str, object]:
    if isinstance(value, (Health, Tls, Policy)):
        return value.fields()
    if isinstance(value, Mapping):
        return value
    raise Refusal(code, f"{field} is {quote(value)}; it must be an object")


_Value = TypeVar("_Value")


def _first(*values: _Value) -> _Value | None:
    return next((value for value in values if value is not None), None)


def parse_health(value: object) -> Health:
    """Read the request of a probe."""
    fields = _object(value, "bad-health", "health")
    # "endpoint" is the name in published services of this pattern.
    path = _first(fields.get("path"), fields.get("endpoint"), MISSING)
    if not isinstance(path, str) or len(path) > _MAX_HEALTH_PATH or not _HEALTH_PATH.fullmatch(path):
        raise Refusal("bad-health", f'health.path is {quote(path)}; it must be a path such as "/health"')
    given = _first(fields.get("method"), "GET")
    method = parse_choice(given, "bad-health", "health.method", _HEALTH_METHODS)
    host = fields.get("host")
    if host is not None and (not isinstance(host, str) or not _HEALTH_HOST.fullmatch(host)):
        reason = f'health.host is {quote(host)}; it must be a Host, such as "example.com"'
        raise Refusal("bad-health", reason)
    return Health(path=path, method=method, host=host)


def parse_tls(value: object) -> Tls:
    """Read an identity. Unknown fields are dropped."""
    fields = _object(value, "bad-tls", "tls")

    def name(field: str, pattern: re.Pattern[str], longest: int, form: str) -> str | None:
        text = fields.get(field)
        if text is None:
            return None
        if isinstance(text, str) and len(text) <= longest and pattern.fullmatch(text):
            return text
        raise Refusal("bad-tls", f"tls.{field} is {quote(text)}; it must be {form}")

    return Tls(
        server_name=name("serverName", _SERVER_NAME, _MAX_SERVER_NAME, 'a DNS name such as "orders.internal"'),
        spiffe_id=name("spiffeId", _SPIFFE_ID, _MAX_SPIFFE_ID, 'a SPIFFE ID such as "spiffe://example.org/orders"'),
    )


def parse_policy(value: object) -> Policy:
    """Read a policy. Unknown fields are dropped, because gateways cannot grant what they ask for."""
    fields = _object(value, "bad-policy", "policy")

    def count(name: str, high: int, former: str | None = None) -> int | None:
        number = _first(fields.get(name), None if former is None else fields.get(former))
        return None if number is None else parse_integer(number, "bad-policy", f"policy.{name}", 1, high)

    def flag(name: str) -> bool | None:
        given = fields.get(name)
        return None if given is None else parse_flag(given, "bad-policy", f"policy.{name}")

    balancing = fields.get("balancing")
    hash_by = fields.get("hashBy")
    policy = Policy(
        answer_ms=count("answerMs", _MAX_POLICY_MS),
        total_ms=count("totalMs", _MAX_POLICY_MS),
        body_bytes=count("bodyBytes", MAX_SAFE_INTEGER),
        # Earlier versions called it mostInFlight.
        max_in_flight=count("maxInFlight", _MAX_IN_FLIGHT, "mostInFlight"),
        retries=flag("retries"),
        strip=flag("strip"),
        balancing=None if balancing is None else parse_choice(balancing, "bad-policy", "policy.balancing", _BALANCING),
        hash_by=hash_by if isinstance(hash_by, str) else None,
    )
    if hash_by is not None and (not isinstance(hash_by, str) or not _HASH_BY.fullmatch(hash_by)):
        reason = f'policy.hashBy is {quote(hash_by)}; it must be "address", "header:NAME" or "cookie:NAME"'
        raise Refusal("bad-policy", reason)
    return policy

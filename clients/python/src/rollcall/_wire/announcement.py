"""Announcements: what an instance publishes about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..errors import Refusal
from .address import parse_address, parse_prefix
from .fields import (
    parse_choice,
    parse_flag,
    parse_id,
    parse_integer,
    parse_meta,
    parse_port,
    parse_sig,
    parse_text,
)
from .json_text import MAX_SAFE_INTEGER, MISSING, Json, encode_bytes
from .objects import Health, Policy, Tls, parse_health, parse_policy, parse_tls
from .quote import quote

_MAX_TTL = 3600
_MAX_WEIGHT = 100
# Programs may walk an announcement by recursion.
_MAX_DEPTH = 16
# The limit for the object of a presence member: an announcement with an id is sent as one.
MAX_ENCODED_BYTES = 1024


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """What an instance has announced, in canonical form. The reference of announcements describes every field."""

    prefix: str
    port: int
    address: str
    id: str | None = None
    inc: int | None = None
    seq: int | None = None
    ttl: int | None = None
    name: str | None = None
    version: str | None = None
    host: str | None = None
    source: str | None = None
    zone: str | None = None
    weight: int | None = None
    scheme: str | None = None
    tls: Tls | None = None
    draining: bool | None = None
    health: Health | None = None
    meta: Mapping[str, str] | None = None
    policy: Policy | None = None
    sig: str | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)
    """Unknown fields, which are kept and passed on."""

    def fields(self) -> dict[str, Json]:
        """Return the announcement as it is sent."""
        fields: dict[str, Json] = {**self.extra}
        for name in KNOWN_FIELDS:
            value = getattr(self, name)
            if isinstance(value, (Health, Tls, Policy)):
                fields[name] = value.fields()
            elif value is not None:
                fields[name] = dict(value) if name == "meta" else value
        return fields

    def encoded(self) -> bytes:
        """Return the announcement as JSON."""
        return encode_bytes(self.fields())

    @property
    def url(self) -> str:
        """The base URL of the instance, such as ``http://10.0.0.7:3000``. The prefix is not included."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        scheme = "https" if self.scheme in ("https", "h2") else "http"
        return f"{scheme}://{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.prefix or '/'} at {self.url}"


KNOWN_FIELDS = (
    *("prefix", "port", "address", "id", "inc", "seq", "ttl", "name", "version", "host", "source", "zone"),
    *("weight", "scheme", "tls", "draining", "health", "meta", "policy", "sig"),
)


def parse_announcement(value: object) -> Announcement:
    """Read a decoded announcement and return it in canonical form.

    Raises ``Refusal`` for the first invalid field, in the order of the list of fields, so that every client names the
    same fault of an announcement that has several.
    """
    if not isinstance(value, Mapping):
        reason = f"the announcement is {quote(value)}; it must be an object {{prefix, port, address}}"
        raise Refusal("bad-announcement", reason)

    def given(name: str) -> object:
        return value.get(name)

    def text(name: str) -> str | None:
        given = value.get(name)
        return None if given is None else parse_text(given, f"bad-{name}", name)

    def integer(name: str, low: int, high: int) -> int | None:
        given = value.get(name)
        return None if given is None else parse_integer(given, f"bad-{name}", name, low, high)

    read = Announcement(
        prefix=parse_prefix(value.get("prefix", MISSING)),
        port=parse_port(value.get("port", MISSING)),
        address=parse_address(value.get("address", MISSING)),
        id=None if (id := given("id")) is None else parse_id(id),
        inc=integer("inc", 1, MAX_SAFE_INTEGER),
        seq=integer("seq", 0, MAX_SAFE_INTEGER),
        ttl=integer("ttl", 1, _MAX_TTL),
        name=text("name"),
        version=text("version"),
        host=text("host"),
        source=text("source"),
        zone=text("zone"),
        weight=integer("weight", 1, _MAX_WEIGHT),
        scheme=None if (scheme := given("scheme")) is None else _parse_scheme(scheme),
        tls=None if (tls := given("tls")) is None else parse_tls(tls),
        draining=None if (flag := given("draining")) is None else parse_flag(flag, "bad-draining", "draining"),
        health=None if (health := given("health")) is None else parse_health(health),
        meta=None if (meta := given("meta")) is None else parse_meta(meta),
        policy=None if (policy := given("policy")) is None else parse_policy(policy),
        sig=None if (sig := given("sig")) is None else parse_sig(sig),
        extra={str(name): each for name, each in value.items() if name not in KNOWN_FIELDS},
    )
    if _is_deeper_than(_MAX_DEPTH, value):
        raise Refusal("bad-announcement", f"the announcement is nested more than {_MAX_DEPTH} deep")
    if read.inc is not None and read.seq is None:
        read = replace(read, seq=0)
    _check_whole(read)
    return read


def _parse_scheme(value: object) -> str:
    return parse_choice(value, "bad-scheme", "scheme", ("http", "https", "h2c", "h2"))


def _check_whole(read: Announcement) -> None:
    """Check the rules that hold between fields."""
    if read.inc is not None and read.id is None:
        raise Refusal("bad-inc", "inc is given without id; it counts the runs of the instance with that id")
    if read.seq is not None and read.inc is None:
        raise Refusal("bad-seq", "seq is given without inc; it counts versions within an incarnation")
    if read.tls is not None and read.scheme not in ("https", "h2"):
        reason = f"tls is given, and scheme is {read.scheme or 'http'}; it must be https or h2"
        raise Refusal("bad-tls", reason)
    if read.tls == Tls():
        raise Refusal("bad-tls", "tls is empty; it must have a serverName or a spiffeId")
    if read.id is not None and (length := len(read.encoded())) > MAX_ENCODED_BYTES:
        reason = f"the announcement has {length} bytes as JSON; with an id at most {MAX_ENCODED_BYTES} are allowed"
        raise Refusal("too-large", reason)


def _is_deeper_than(depth: int, value: object) -> bool:
    parts: list[object]
    if isinstance(value, Mapping):
        parts = list(value.values())
    elif isinstance(value, list):
        parts = value
    else:
        return False
    return depth == 0 or any(_is_deeper_than(depth - 1, part) for part in parts)

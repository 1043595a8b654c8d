"""What a registration takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

from .._wire.announcement import KNOWN_FIELDS, Announcement
from .._wire.objects import Health, Policy, Tls
from ..config import Config
from ..errors import RollcallError
from .owner import Hooks, Mode


class _Required(TypedDict):
    prefix: str
    """The path prefix that gateways route to the instance, such as ``/v1``; empty for every path."""
    port: int | str
    """The port on which the instance listens."""


class RegisterOptions(_Required, total=False):
    """What ``register()``, ``asgi()`` and ``wsgi()`` take. Only ``prefix`` and ``port`` are required."""

    address: str
    """The IP address at which gateways reach the instance. Default: ROLLCALL_ADDRESS; if unset, 127.0.0.1 with a broker
    on loopback, and the address from which this machine reaches the broker with any other."""
    id: str
    """Identifies the instance, across restarts if it stays the same. Default: a random UUID."""
    ttl: int
    """In lease mode, for how many seconds an announcement is valid. It is renewed every third of this. Default: 300."""
    name: str
    """The name of the service, for people."""
    version: str
    """The version of the service's software. Gateways compare a new one with the old one."""
    host: str
    """The name of the machine, for people. It is never resolved."""
    source: str
    """What announces the instance in its place, for people. An instance that announces itself has none."""
    zone: str
    """The zone in which the instance runs. A gateway prefers the instances of its own zone."""
    weight: int
    """The share of requests that the instance receives: 1 to 100. Default: 1."""
    scheme: str
    """The protocol that the instance serves: ``http``, ``https``, ``h2c`` or ``h2``. Default: ``http``."""
    tls: Tls
    """What the certificate of the instance has to be for, in place of its address."""
    health: Health
    """The request with which gateways probe the instance. Default: ``GET /health``, where any answer is healthy
    except a 5xx other than 501."""
    meta: Mapping[str, str]
    """Other facts about the instance: at most 32 entries."""
    policy: Policy
    """How gateways are asked to serve the prefix."""

    config: Config
    """Where the registry is. Default: ``Config.from_env()``."""
    mode: Mode
    """``presence`` holds a WebSocket connection, by which a crash is noticed at once. ``lease`` needs HTTP requests
    only. Default: ``presence``."""
    require_broker: bool
    """Whether a broker that cannot be reached, or refuses, is an error. Default: False. The service then serves without
    being registered, which is reported, and is registered as soon as the broker accepts it."""
    handle_signals: bool
    """Whether SIGTERM and SIGINT first make the instance leave. Then what would have happened without Rollcall
    happens. It needs the main thread. Default: True."""
    on_error: Callable[[RollcallError], None]
    """Called with what fails and is retried, in Rollcall's thread. Default: it is logged as a warning."""
    on_registered: Callable[[Announcement], None]
    """Called when a broker has accepted the instance for the first time, in Rollcall's thread."""
    on_outbid: Callable[[Announcement, Announcement], None]
    """Called when the run continues as a later one, with both, because observers know a later run with its id."""


class UpdateOptions(TypedDict, total=False):
    """What can change while an instance runs. A field that is None is removed."""

    zone: str | None
    weight: int | None
    draining: bool | None
    """Whether the instance is about to leave and receives no new requests."""
    health: Health | None
    meta: Mapping[str, str] | None
    policy: Policy | None


@dataclass(frozen=True)
class Settings:
    """Checked options: the fields of the announcement, and how it is kept known."""

    fields: dict[str, object]
    config: Config
    mode: Mode = "presence"
    require_broker: bool = False
    handle_signals: bool = True
    hooks: Hooks = field(default_factory=Hooks)


_REGISTRAR = {"config", "mode", "require_broker", "handle_signals", "on_error", "on_registered", "on_outbid"}
_FIXED = {"inc", "seq", "draining", "sig"}


def settings_of(options: Mapping[str, Any]) -> Settings:
    """Read the options of a registration. Raises ``TypeError`` for one that does not exist."""
    for name in options:
        if name not in _REGISTRAR and (name not in KNOWN_FIELDS or name in _FIXED):
            raise TypeError(f"unknown option {name!r}")
    for name in ("prefix", "port"):
        if name not in options:
            raise TypeError(f"missing option {name!r}")
    return Settings(
        fields={name: value for name, value in options.items() if name in KNOWN_FIELDS},
        config=options.get("config") or Config.from_env(),
        mode=options.get("mode", "presence"),
        require_broker=options.get("require_broker", False),
        handle_signals=options.get("handle_signals", True),
        hooks=Hooks(
            on_error=options.get("on_error"),
            on_registered=options.get("on_registered"),
            on_outbid=options.get("on_outbid"),
        ),
    )

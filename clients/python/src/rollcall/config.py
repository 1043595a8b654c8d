"""Where the registry is, and the credentials to use it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ._wire.address import is_ip, is_loopback, url_host
from ._wire.channels import DEFAULT_CHANNEL, Channels, channels_of
from ._wire.fields import parse_port
from ._wire.placeholder import is_placeholder
from ._wire.quote import quote
from ._wire.seal import key_from_base64
from ._wire.service_key import is_service_key
from .errors import Refusal, config_error

# The app that every part of Rollcall uses if no credentials are set. It is public knowledge, so it is for a broker on
# loopback only.
_DEVELOPMENT_APP = ("1", "rollcall-development-key", "rollcall-development-secret")

_EMBEDDED_HOST = "127.0.0.1"
_EMBEDDED_PORT = 6001

# The id is part of the request's path and the key of its query, and neither is escaped there.
_CREDENTIAL = re.compile("[A-Za-z0-9._~-]+")
_HOST = re.compile("[A-Za-z0-9._-]+")
_CLUSTER = re.compile("[A-Za-z0-9-]+")

# Names what sets a part of a broker: alone, or in the list of several.
_Naming = Callable[[str, str], str]


@dataclass(frozen=True)
class Broker:
    """One broker of a registry, and the credentials to use it: at a host and port, or a cluster of hosted Pusher."""

    app_id: str
    key: str
    secret: str = field(repr=False)
    host: str = ""
    port: int = 0
    cluster: str = ""
    tls: bool = False

    @property
    def is_local(self) -> bool:
        """Whether only programs on this machine can reach it."""
        return self.host != "" and is_loopback(self.host)

    @property
    def authority(self) -> str:
        """The host and port of a broker that is not hosted Pusher."""
        return f"{url_host(self.host)}:{self.port}"

    def __str__(self) -> str:
        return self.authority if self.host else f"hosted Pusher (cluster {self.cluster})"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Where the registry is: one broker or several, or an auth server that has the app's secret.

    ``Config.from_env()`` reads one from the environment, which is the default everywhere.
    """

    brokers: tuple[Broker, ...] = ()
    """The brokers of the registry, which need not know of each other. Empty with an auth server."""
    channel: str = DEFAULT_CHANNEL
    """The registry's channel. After private- or private-encrypted- only holders of the secret can subscribe."""
    master_key: str = field(default="", repr=False)
    """The key of a channel that begins with private-encrypted-: 32 bytes in base64."""
    service_key: str = field(default="", repr=False)
    """The key by which announcements are signed, as ``rollcall keys create`` prints it."""
    auth_url: str = ""
    """The URL of an auth server: https, or http on loopback. The service then needs only a service key."""
    address: str = ""
    """The IP address that services announce which do not set their own."""
    is_list: bool = False
    """Whether ROLLCALL_BROKERS names the brokers, for advice."""

    @staticmethod
    def from_env(env: Mapping[str, str] = os.environ) -> Config:
        """Read the variables that every part of Rollcall reads. An empty value counts as unset.

        Raises ``RollcallError`` with ROLLCALL_CONFIG.
        """
        from ._transport.config_env import config_from_env

        return config_from_env(env)

    @property
    def channels(self) -> Channels:
        """The names of the registry's channels."""
        return channels_of(self.channel)

    @property
    def is_local(self) -> bool:
        """Whether only programs on this machine can reach the registry, or the auth server."""
        if self.auth_url:
            from ._transport.auth_url import parse_auth_url

            parsed = parse_auth_url(self.auth_url)
            return parsed is not None and is_loopback(parsed.hostname or "")
        return all(each.is_local for each in self.brokers)

    def __str__(self) -> str:
        return self.auth_url or ", ".join(str(each) for each in self.brokers)


def embedded_broker(port: str = "") -> Broker:
    """Return the broker that ``rollcall up`` starts on this machine."""
    app_id, key, secret = _DEVELOPMENT_APP
    return Broker(app_id, key, secret, _EMBEDDED_HOST, int(port or _EMBEDDED_PORT))


def with_development_app(broker: Broker) -> Broker:
    """Return a broker on loopback with the development app."""
    app_id, key, secret = _DEVELOPMENT_APP
    return replace(broker, app_id=app_id, key=key, secret=secret)


def check_config(config: Config) -> None:
    """Raise ``RollcallError`` with ROLLCALL_CONFIG for an invalid configuration."""
    if config.auth_url:
        from ._transport.auth_url import check_auth

        check_auth(config)
    elif not config.brokers:
        raise config_error("the configuration names neither a broker nor an auth server: set brokers or auth_url")
    for broker in config.brokers:
        _check_broker(broker, config.is_list)
    if not config.auth_url:
        _check_channel(config)
    if config.service_key and not is_service_key(config.service_key):
        raise config_error(
            'ROLLCALL_SERVICE_KEY is invalid; it must be rsk_ and 43 characters, as "rollcall keys create" prints it'
        )


def _check_broker(broker: Broker, is_list: bool) -> None:
    def name(alone: str, of_list: str) -> str:
        return f"ROLLCALL_BROKERS: {broker}: {of_list}" if is_list else alone

    missing = [
        variable
        for variable, value in (
            ("PUSHER_APP_ID", broker.app_id),
            ("PUSHER_APP_KEY", broker.key),
            ("PUSHER_APP_SECRET", broker.secret),
        )
        if not value
    ]
    if missing:
        raise config_error(f"{' and '.join(missing)} not set: the app's id, key and secret go together")
    if not _CREDENTIAL.fullmatch(broker.app_id) or not _CREDENTIAL.fullmatch(broker.key):
        what = name("PUSHER_APP_ID or PUSHER_APP_KEY", "the id or the key of the app")
        raise config_error(
            f"{what} contains an invalid character: set both as the app's settings show them, without spaces or quotes"
        )
    if is_placeholder(broker.secret):
        what = name("PUSHER_APP_SECRET", "the secret")
        raise config_error(f"{what} is a placeholder: set it to the secret of your app")
    _check_place(broker, name)


def _check_place(broker: Broker, name: _Naming) -> None:
    if not broker.host:
        if not is_cluster(broker.cluster):
            what = name("PUSHER_APP_CLUSTER", "the cluster")
            raise config_error(f"{what} is {quote(broker.cluster)}; it must be the name of a cluster, such as eu")
        return
    if not _HOST.fullmatch(broker.host) and not is_ip(broker.host):
        what = name("PUSHER_HOST", "the host")
        raise config_error(
            f"{what} is {quote(broker.host)}; it must be a host name or an IP address, without scheme or port"
        )
    try:
        parse_port(broker.port)
    except Refusal as refusal:
        raise config_error(f"{name('PUSHER_PORT', 'the port')}: {refusal}") from None


def _check_channel(config: Config) -> None:
    """Refuse a key that would encrypt nothing, because its user expects encryption."""
    if not config.channels.is_encrypted:
        if config.master_key:
            raise config_error(
                "ROLLCALL_MASTER_KEY is set and ROLLCALL_CHANNEL does not begin with private-encrypted-: "
                "set both or neither"
            )
    elif key_from_base64(config.master_key) is None:
        raise config_error(
            "ROLLCALL_CHANNEL begins with private-encrypted-, so ROLLCALL_MASTER_KEY must be 32 bytes in base64, "
            "as of: openssl rand -base64 32"
        )


def is_credential(text: str) -> bool:
    """Return whether a text can be the id or the key of an app."""
    return _CREDENTIAL.fullmatch(text) is not None


def is_cluster(text: str) -> bool:
    """Return whether a text can be the name of a cluster of hosted Pusher."""
    return _CLUSTER.fullmatch(text) is not None

"""Where an auth server is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from .._wire.address import is_loopback
from .._wire.channels import DEFAULT_CHANNEL
from .._wire.quote import quote
from ..errors import config_error

if TYPE_CHECKING:
    from ..config import Config

_FORM = "the URL of an auth server: https, or http on loopback, such as https://auth.example.com"


def parse_auth_url(text: str) -> SplitResult | None:
    """Read the URL of an auth server.

    Without TLS, a program on the way could repeat requests, and read the keys of encrypted channels.
    """
    try:
        url = urlsplit(text)
        port, host = url.port, url.hostname
    except ValueError:
        return None
    if not host or url.username is not None or "?" in text or "#" in text or port == 0:
        return None
    if any(character <= " " for character in text):
        return None
    is_safe = url.scheme == "https" or (url.scheme == "http" and is_loopback(host))
    return url if is_safe else None


def check_auth(config: Config) -> None:
    """Raise ``RollcallError`` unless an auth server and a service key are all that is set."""
    if config.brokers or config.channel != DEFAULT_CHANNEL or config.master_key:
        raise config_error(
            "auth_url is set, and the auth server names the registry: leave brokers, channel and master_key unset"
        )
    if parse_auth_url(config.auth_url) is None:
        raise config_error(f"ROLLCALL_AUTH_URL is {quote(config.auth_url)}; it must be {_FORM}")
    if not config.service_key:
        raise config_error(
            "ROLLCALL_SERVICE_KEY is not set: an auth server knows a service by its key, "
            'which "rollcall keys create" makes'
        )

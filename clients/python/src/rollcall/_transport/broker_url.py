"""The URLs of ROLLCALL_BROKERS."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urlsplit

from ..config import Broker
from ..errors import config_error

_FORM = "it must be like https://KEY:SECRET@HOST:PORT/apps/ID"
_ENCODE_REST = "and other characters of the secret encoded, such as / as %2F and , as %2C"
_APP_PATH = re.compile("/apps/([^/]+)/?")
_API_HOST = re.compile(r"api-([a-z0-9-]+)\.pusher\.com")
_SOCKET_HOST = re.compile(r"ws-([a-z0-9-]+)\.pusher\.com")
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
# The first host that hosted Pusher had, and its cluster.
_FIRST_HOST, _FIRST_CLUSTER = "api.pusherapp.com", "mt1"


def brokers_from_list(text: str) -> tuple[Broker, ...]:
    """Read the URLs of several brokers, separated by commas. Errors show neither keys nor secrets."""
    brokers: dict[str, Broker] = {}
    for number, part in enumerate(text.split(","), start=1):
        if part.strip() == "":
            continue
        broker = _broker_of(part.strip(), number)
        if str(broker) in brokers:
            raise _problem(f"{broker} is there twice: name each broker once")
        brokers[str(broker)] = broker
    if not brokers:
        raise _problem("names no broker: unset it, or name one")
    return tuple(brokers.values())


def _problem(detail: str) -> Exception:
    return config_error(f"ROLLCALL_BROKERS: {detail}")


def _broker_of(text: str, number: int) -> Broker:
    url = _split(text)
    if url is None:
        raise _problem(f"URL {number} is no http or https URL; {_FORM}, {_ENCODE_REST}")
    host = (url.hostname or "").lower()
    shown = url.netloc.rpartition("@")[2]
    path = _APP_PATH.fullmatch(url.path)
    if path is None or "?" in text or "#" in text:
        raise _problem(f"{shown} does not end with /apps/ID; {_FORM}")
    key, secret = unquote(url.username or ""), unquote(url.password or "")
    if not key or not secret:
        raise _problem(f"{shown} has no key and secret of an app; {_FORM}, {_ENCODE_REST}")
    if socket := _SOCKET_HOST.fullmatch(host):
        raise _problem(f"{shown} has the host for WebSockets: name api-{socket[1]}.pusher.com")
    is_tls = url.scheme == "https"
    standard = 443 if is_tls else 80
    port = _port(url, shown) or standard
    cluster = ""
    if port == standard:
        hosted = _API_HOST.fullmatch(host)
        cluster = _FIRST_CLUSTER if host == _FIRST_HOST else hosted[1] if hosted else ""
    if cluster:
        return Broker(unquote(path[1]), key, secret, cluster=cluster, tls=is_tls)
    return Broker(unquote(path[1]), key, secret, host, port, tls=is_tls)


def _split(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text)
        is_valid = url.scheme in ("http", "https") and bool(url.hostname)
    except ValueError:
        return None
    # A secret with a / in it ends the host early.
    return url if is_valid and _BAD_ESCAPE.search(text) is None else None


def _port(url: SplitResult, shown: str) -> int | None:
    try:
        port = url.port
    except ValueError:
        port = 0
    if port == 0:
        raise _problem(f"{shown} has an invalid port; a port is 1 to 65535")
    return port

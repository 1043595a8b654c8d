"""Asks an auth server for what needs the app's secret. docs/trust.md describes the requests."""

from __future__ import annotations

import time
from dataclasses import dataclass

from .._wire.channels import Channels, channels_of
from .._wire.fields import parse_port
from .._wire.frame import Fault
from .._wire.json_text import Json, decode, encode_bytes
from .._wire.seal import key_from_base64
from .._wire.service_key import Signer
from ..config import Broker, is_cluster, is_credential
from ..errors import Refusal, RollcallError
from .exchange import in_time, plain_line, send

# Longer than that of brokers, because the auth server itself asks a broker for up to 15 s.
_TIMEOUT = 20.0
_MAX_ANSWER_BYTES = 64 << 10
_HOST_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-")


@dataclass(frozen=True)
class Located:
    """A broker as an auth server names it: ``id`` names it in requests to that server."""

    id: str
    broker: Broker


@dataclass(frozen=True)
class Authorization:
    """What a subscription is sent with. ``key`` is that of a channel of an encrypted registry."""

    auth: str
    channel_data: str | None
    key: bytes | None


class AuthClient:
    """The client of an auth server."""

    def __init__(self, url: str, service_key: str) -> None:
        self.url = url.removesuffix("/")
        self._signer = Signer(service_key, "")

    async def registry(self) -> tuple[Channels, list[Located]]:
        """Return where the registry is."""
        answer = await self._ask("/auth/registry", {})
        brokers = answer.get("brokers")
        try:
            channels = channels_of(str(answer.get("channel", "")))
            located = [_located(each) for each in brokers] if isinstance(brokers, list) else None
        except (RollcallError, Refusal, _Invalid):
            located = None
        if located is None:
            raise _refusal("its response names no registry")
        if not located:
            raise _refusal("its response names no broker")
        return channels, located

    async def authorize(self, broker: str, socket_id: str, channel: str, announcement: Json = None) -> Authorization:
        """Return the authorization of a subscription. The server makes the member's data of an announcement."""
        fields: dict[str, Json] = {"broker": broker, "socket_id": socket_id, "channel_name": channel}
        if announcement is not None:
            fields["announcement"] = announcement
        answer = await self._ask("/auth/channel", fields)
        auth, data, secret = answer.get("auth"), answer.get("channel_data"), answer.get("shared_secret")
        key = key_from_base64(secret) if isinstance(secret, str) else None
        is_valid = (
            isinstance(auth, str) and (data is None or isinstance(data, str)) and (secret is None or key is not None)
        )
        if not is_valid or not isinstance(auth, str):
            raise _refusal("its response is no authorization")
        return Authorization(auth, data if isinstance(data, str) else None, key)

    async def announce(self, broker: str, event: str, announcement: Json) -> None:
        """Return once the broker has accepted the event."""
        await self._ask("/auth/announce", {"broker": broker, "event": event, "announcement": announcement})

    async def _ask(self, path: str, fields: dict[str, Json]) -> dict[str, Json]:
        request = self._request(path, fields)
        try:
            status, body = await in_time(lambda: send("POST", *request, _TIMEOUT), _TIMEOUT)
        except Fault as fault:
            raise Fault(fault.detail, is_refused=fault.is_refused, is_of_auth=True) from None
        return _read(status, body)

    def announce_blocking(self, broker: str, event: str, announcement: Json, timeout: float) -> None:
        """Announce without an event loop, as a process ends."""
        fields: dict[str, Json] = {"broker": broker, "event": event, "announcement": announcement}
        _read(*send("POST", *self._request("/auth/announce", fields), timeout))

    def _request(self, path: str, fields: dict[str, Json]) -> tuple[str, dict[str, str], bytes]:
        body = encode_bytes(fields)
        proof = self._signer.proof(path, int(time.time()), body)
        return self.url + path, {"Authorization": proof, "Content-Type": "application/json"}, body

    def describe(self, fault: Fault) -> RollcallError:
        """Return the error for the last fault."""
        detail = plain_line(fault.detail)
        if fault.is_refused:
            return RollcallError(
                "ROLLCALL_AUTH_REFUSED",
                f"the auth server at {self.url} refused ({detail}): check ROLLCALL_AUTH_URL and "
                "ROLLCALL_SERVICE_KEY, and that the key owns the prefix there",
            )
        return RollcallError(
            "ROLLCALL_AUTH_UNREACHABLE",
            f"no answer of the auth server at {self.url} ({detail}): check ROLLCALL_AUTH_URL, "
            "and that the server runs and this machine may connect to it",
        )


def _read(status: int, body: bytes) -> dict[str, Json]:
    try:
        answer = decode(body)
    except ValueError:
        answer = None
    if status != 200:
        reason = answer.get("detail") if isinstance(answer, dict) else None
        detail = f"HTTP {status}: {reason}" if isinstance(reason, str) else f"HTTP {status}"
        # 429 asks the client to retry later.
        is_temporary = status >= 500 or status == 429
        raise Fault(detail, is_refused=not is_temporary, is_of_auth=True)
    if len(body) > _MAX_ANSWER_BYTES:
        raise _refusal(f"its response has more than {_MAX_ANSWER_BYTES} bytes")
    if not isinstance(answer, dict):
        raise _refusal("its response is no JSON object: is that an auth server?")
    return answer


def _refusal(detail: str) -> Fault:
    return Fault(detail, is_refused=True, is_of_auth=True)


class _Invalid(Exception):
    pass


def _located(value: Json) -> Located:
    fields = value if isinstance(value, dict) else {}
    id, key, tls = fields.get("id"), fields.get("key"), fields.get("tls")
    # The key is part of the path of a connection, and is not escaped there.
    if not isinstance(id, str) or not isinstance(key, str) or not isinstance(tls, bool) or not is_credential(key):
        raise _Invalid
    cluster = fields.get("cluster")
    if isinstance(cluster, str) and is_cluster(cluster):
        return Located(id, Broker("", key, "", cluster=cluster, tls=tls))
    host, port = fields.get("host"), fields.get("port")
    if not isinstance(host, str) or not host or not _HOST_CHARACTERS.issuperset(host) or isinstance(port, str):
        raise _Invalid
    return Located(id, Broker("", key, "", host, parse_port(port), tls=tls))

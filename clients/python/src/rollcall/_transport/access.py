"""A broker of a registry with all that is needed to use it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pusher.http
import pusher.signature

from .._wire.announcement import Announcement
from .._wire.channels import Channels, is_public, member_of
from .._wire.frame import Fault, Frame
from .._wire.json_text import Json, encode
from .._wire.seal import MEMBER_EVENT, Envelope, Sealer, key_from_base64, unseal
from .._wire.service_key import Signer
from ..config import Broker, Config
from ..errors import RollcallError
from .auth import AuthClient, Located
from .exchange import in_time, judge, plain_line, send

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Timing:
    """The waits of a connection, in seconds."""

    request: float = 5.0
    # The waits between attempts are short, so that a service which cannot register says so soon.
    retries: tuple[float, ...] = (0.1, 0.4)
    # After `activity` of silence the link pings the server. After `pong` more it is lost.
    activity: float = 10.0
    pong: float = 5.0
    # The mean wait between two attempts to reconnect. It varies by half, so that owners do not reconnect in step.
    reconnect: float = 0.5

    def until_reconnect(self) -> float:
        """Return a wait before an attempt to reconnect."""
        return self.reconnect / 2 + random.random() * self.reconnect


DEFAULT_TIMING = Timing()


@dataclass(frozen=True)
class Admission:
    """With what a subscription is sent. ``key`` opens the messages of the channel, if an auth server has given it."""

    channel: str
    request: dict[str, Json]
    key: bytes | None = None


@dataclass(frozen=True)
class Access:
    """One broker of a registry. Without the app's secret, the auth server does what needs it."""

    broker: Broker
    channels: Channels
    is_list: bool = False
    sealer: Sealer | None = None
    signer: Signer | None = None
    auth: AuthClient | None = None
    auth_id: str = ""
    timing: Timing = DEFAULT_TIMING

    async def publish(self, channel: str, event: str, data: Json, socket_id: str | None = None) -> None:
        """Publish an event. Raises ``Fault``."""
        request = self._event(channel, event, data, socket_id)
        await self._sent(request)

    async def announce(self, event: str, announcement: Announcement) -> None:
        """Publish an announcement, or have the auth server do it. Raises ``Fault``."""
        if self.auth is not None:
            await self.auth.announce(self.auth_id, event, announcement.fields())
        else:
            await self.publish(self.channels.registry, event, announcement.fields())

    def announce_blocking(self, event: str, announcement: Announcement, timeout: float) -> None:
        """Announce without an event loop, as a process ends. Raises ``Fault``."""
        if self.auth is not None:
            self.auth.announce_blocking(self.auth_id, event, announcement.fields(), timeout)
            return
        request = self._event(self.channels.registry, event, announcement.fields(), None)
        self._send(request, timeout)

    async def presence_channels(self) -> dict[str, int | None]:
        """Return the presence channels of the registry with the number of users in each. It costs one message."""
        params = {"filter_by_prefix": self.channels.presence_prefix, "info": "user_count"}
        request = self._signed("GET", "channels", params)
        answer = await self._sent(request)
        listed = answer.get("channels") if isinstance(answer, dict) else None
        found: dict[str, int | None] = {}
        for name, info in (listed if isinstance(listed, dict) else {}).items():
            count = info.get("user_count") if isinstance(info, dict) else None
            found[str(name)] = count if isinstance(count, int) else None
        return found

    def _event(self, channel: str, event: str, data: Json, socket_id: str | None) -> pusher.http.Request:
        sealed = data if self.sealer is None else self.sealer.seal(Envelope(event, channel), data)
        params = {"name": event, "channels": [channel], "data": encode(sealed)}
        return self._signed("POST", "events", {**params, **({"socket_id": socket_id} if socket_id else {})})

    def _signed(self, method: str, what: str, params: Mapping[str, object]) -> pusher.http.Request:
        # pusher.Pusher itself takes ids of digits only. Those of compatible servers are not.
        return pusher.http.Request(_App(self.broker), method, f"/apps/{self.broker.app_id}/{what}", params)

    async def _sent(self, request: pusher.http.Request) -> object:
        timeout = self.timing.request
        return await in_time(lambda: self._send(request, timeout), timeout)

    def _send(self, request: pusher.http.Request, timeout: float) -> object:
        status, body = send(request.method, request.url, request.headers, request.body, timeout)
        return judge(status, body)

    async def with_retries(self, attempt: Callable[[], Awaitable[_Result]]) -> _Result:
        """Make up to three attempts, and one if the broker refuses. Raises ``RollcallError``."""
        for wait in (*self.timing.retries, None):
            try:
                return await attempt()
            except Fault as fault:
                if fault.is_refused or wait is None:
                    raise self.describe(fault) from None
            await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def member(self, announcement: Announcement) -> str:
        """Return the channel_data of a run in its presence channel."""
        id, inc = announcement.id or "", announcement.inc or 0
        info: Json = announcement.fields()
        if self.sealer is not None:
            info = self.sealer.seal(Envelope(MEMBER_EVENT, self.channels.presence(id)), info)
        return encode({"user_id": member_of(id, inc), "user_info": info})

    async def admit(self, socket_id: str, channel: str, member: Announcement | str | None = None) -> Admission:
        """Return with what a subscription is sent: a member is an announcement, or the data of an observer."""
        if is_public(channel):
            return Admission(channel, {"channel": channel})
        if self.auth is not None:
            fields = member.fields() if isinstance(member, Announcement) else None
            given = await self.auth.authorize(self.auth_id, socket_id, channel, fields)
            lacks_member = fields is not None and given.channel_data is None
            if lacks_member or (self.channels.is_encrypted and given.key is None):
                detail = f"its response is no authorization of {channel}"
                raise Fault(detail, is_refused=True, is_of_auth=True)
            return _admission(channel, given.auth, given.channel_data, given.key)
        data = self.member(member) if isinstance(member, Announcement) else member
        text = f"{socket_id}:{channel}" if data is None else f"{socket_id}:{channel}:{data}"
        signature = pusher.signature.sign(self.broker.secret, text)
        return _admission(channel, f"{self.broker.key}:{signature}", data, None)

    def open(self, frame: Frame, key: bytes | None) -> Json:
        """Return the data of an event, or None if it is not sealed as it has to be in an encrypted registry."""
        if not self.channels.is_encrypted:
            return frame.data
        origin = Envelope(frame.event, frame.channel)
        if self.sealer is not None:
            return self.sealer.open(origin, frame.data)
        return None if key is None else unseal(key, origin, frame.data)

    def signed(self, event: str, announcement: Announcement) -> Announcement:
        """Return an announcement as an owner publishes it."""
        return announcement if self.signer is None else self.signer.sign(event, announcement)

    def describe(self, fault: Fault) -> RollcallError:
        """Return the error for the last fault."""
        if fault.is_of_auth and self.auth is not None:
            return self.auth.describe(fault)
        detail = plain_line(fault.detail, self.broker.secret)
        if fault.is_refused:
            return RollcallError(
                "ROLLCALL_BROKER_REFUSED",
                f"the broker at {self.broker} refused ({detail}): check {self._app}, and this machine's clock",
            )
        return RollcallError(
            "ROLLCALL_BROKER_UNREACHABLE",
            f"cannot reach the broker at {self.broker} ({detail}): {self._advice}",
        )

    @property
    def _app(self) -> str:
        if self.auth is not None:
            return "the app at the auth server that ROLLCALL_AUTH_URL names"
        if self.is_list:
            return "the key, the secret and the id of the app in its URL in ROLLCALL_BROKERS"
        return "PUSHER_APP_ID, PUSHER_APP_KEY and PUSHER_APP_SECRET"

    @property
    def _advice(self) -> str:
        if self.auth is not None:
            return "start it, or correct the broker at the auth server that ROLLCALL_AUTH_URL names"
        if self.is_list:
            return "start it, or correct its URL in ROLLCALL_BROKERS"
        return (
            'start one with "rollcall up", or set PUSHER_HOST and PUSHER_PORT, or PUSHER_APP_CLUSTER for hosted Pusher'
        )


class _App:
    """What the requests of the official package read of its client."""

    def __init__(self, broker: Broker) -> None:
        self.key, self.secret = broker.key, broker.secret
        self.scheme = "https" if broker.tls else "http"
        at = broker.authority if broker.host else f"api-{broker.cluster}.pusher.com:{443 if broker.tls else 80}"
        self.host, _, self.port = at.rpartition(":")


def _admission(channel: str, auth: str, data: str | None, key: bytes | None) -> Admission:
    request: dict[str, Json] = {"channel": channel, "auth": auth}
    if data is not None:
        request["channel_data"] = data
    return Admission(channel, request, key)


def accesses_of(config: Config, timing: Timing = DEFAULT_TIMING) -> list[Access]:
    """Return the brokers of a valid configuration with the app's secret."""
    channels = config.channels
    master_key = key_from_base64(config.master_key) if config.master_key else None
    return [
        Access(
            broker,
            channels,
            is_list=config.is_list,
            sealer=None if master_key is None else Sealer(master_key),
            signer=Signer(config.service_key, channels.registry) if config.service_key else None,
            timing=timing,
        )
        for broker in config.brokers
    ]


def located_access(config: Config, auth: AuthClient, channels: Channels, at: Located, timing: Timing) -> Access:
    """Return a broker that an auth server has named."""
    signer = Signer(config.service_key, channels.registry)
    return Access(at.broker, channels, signer=signer, auth=auth, auth_id=at.id, timing=timing)

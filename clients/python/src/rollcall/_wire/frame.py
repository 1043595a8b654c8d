"""The frames of Pusher's protocol 7. Nothing in a frame of a server is trusted."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from .json_text import Json, decode

ESTABLISHED = "pusher:connection_established"
PING = "pusher:ping"
PONG = "pusher:pong"
SUBSCRIBE = "pusher:subscribe"
UNSUBSCRIBE = "pusher:unsubscribe"
SUBSCRIBED = "pusher_internal:subscription_succeeded"
MEMBER_ADDED = "pusher_internal:member_added"
MEMBER_REMOVED = "pusher_internal:member_removed"
_ERROR = "pusher:error"
_SUBSCRIPTION_ERROR = "pusher:subscription_error"


class Fault(Exception):
    """Why one attempt failed.

    ``is_refused`` means that a retry would be refused as well, ``is_of_auth`` that the auth server has failed, and not
    the broker.
    """

    def __init__(self, detail: str, *, is_refused: bool = False, is_of_auth: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.is_refused = is_refused
        self.is_of_auth = is_of_auth


@dataclass(frozen=True)
class Member:
    """A member of a presence channel."""

    user_id: str
    info: Json


@dataclass(frozen=True)
class Frame:
    """A frame of a server. ``data`` is decoded: servers send JSON as text."""

    event: str
    channel: str
    data: Json

    @property
    def members(self) -> list[Member]:
        """The users that a frame of a presence channel reports as present."""
        data = self.data if isinstance(self.data, dict) else {}
        if self.event == MEMBER_ADDED:
            user = data.get("user_id")
            return [Member(user, data.get("user_info"))] if isinstance(user, str) else []
        presence = data.get("presence")
        if self.event != SUBSCRIBED or not isinstance(presence, dict):
            return []
        ids, infos = presence.get("ids"), presence.get("hash")
        if not isinstance(ids, list) or not isinstance(infos, dict):
            return []
        return [Member(each, infos.get(each)) for each in ids if isinstance(each, str)]

    @property
    def removed(self) -> str | None:
        """The user that a frame of a presence channel reports as gone."""
        if self.event != MEMBER_REMOVED or not isinstance(self.data, dict):
            return None
        user = self.data.get("user_id")
        return user if isinstance(user, str) else None

    @property
    def refusal(self) -> Fault | None:
        """Why the server refuses a request, or None if the frame is not a refusal."""
        if self.event == _ERROR:
            data = self.data if isinstance(self.data, dict) else {}
            code = data.get("code")
            return closed_because(code if isinstance(code, int) else 0, str(data.get("message", "")))
        if self.event == _SUBSCRIPTION_ERROR:
            return Fault(f"no subscription to {self.channel}: {self.data}", is_refused=True)
        return None


def parse_frame(text: str | bytes) -> Frame | None:
    """Read a frame, or return None if it is invalid."""
    try:
        frame = decode(text)
    except ValueError:
        return None
    if not isinstance(frame, dict):
        return None
    event, channel, data = frame.get("event"), frame.get("channel", ""), frame.get("data")
    if not isinstance(event, str) or not isinstance(channel, str):
        return None
    if isinstance(data, str):
        with contextlib.suppress(ValueError):  # text that is not JSON
            data = decode(data)
    return Frame(event, channel, data)


def closed_because(code: int, message: str) -> Fault:
    """Return why a connection was closed, by Pusher's ranges of codes.

    An attempt after 40xx, or a code from 4300 on, would fail in the same way.
    """
    is_refused = 4000 <= code < 4100 or 4300 <= code < 5000
    return Fault(f"{code} {message}".strip(), is_refused=is_refused)

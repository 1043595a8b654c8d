"""The names of a registry's channels."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import config_error
from .json_text import MAX_SAFE_INTEGER
from .quote import quote

DEFAULT_CHANNEL = "mapped-discovery"

_PRIVATE = "private-"
_ENCRYPTED = "private-encrypted-"
_PRESENCE = "presence-"
_CACHE = "cache-"
# Leaves room for an id of 64 characters in the 164 that Pusher documents for the name of a channel.
_MAX_BASE_LENGTH = 164 - len(_PRESENCE) - 1 - 64
_CHANNEL = re.compile(r"[A-Za-z0-9_=@,.;-]+")
_INC = re.compile("[1-9][0-9]{0,15}")


@dataclass(frozen=True)
class Channels:
    """The names of a registry's channels. ``base`` is the registry's name without private- or private-encrypted-."""

    registry: str
    base: str

    @property
    def is_encrypted(self) -> bool:
        """Whether messages are encrypted with the master key."""
        return self.registry.startswith(_ENCRYPTED)

    @property
    def owners(self) -> str:
        """The channel on which owners receive roll calls."""
        return f"{self.registry}.owners"

    @property
    def presence_prefix(self) -> str:
        """How the names of presence channels begin."""
        return f"{_PRESENCE}{self.base}."

    def presence(self, id: str) -> str:
        """Return the presence channel of an instance."""
        return self.presence_prefix + id


def channels_of(registry: str) -> Channels:
    """Return the channels of a registry.

    Refuses names to which the transport gives another meaning: presence channels have members, and cache channels
    repeat their last event to new subscribers.
    """
    for prefix in (_ENCRYPTED, _PRIVATE, ""):
        if registry.startswith(prefix):
            base = registry[len(prefix) :]
            break
    is_valid = (
        _CHANNEL.fullmatch(base)
        and len(base) <= _MAX_BASE_LENGTH
        and not registry.startswith(_PRESENCE)
        and not base.startswith(_CACHE)
    )
    if not is_valid:
        raise config_error(
            f"ROLLCALL_CHANNEL is {quote(registry)}; it must be 1 to {_MAX_BASE_LENGTH} of A-Z a-z 0-9 _ - = @ , . ; "
            "that begin with neither presence- nor cache-, with private- or private-encrypted- in front or not"
        )
    return Channels(registry, base)


def is_public(channel: str) -> bool:
    """Return whether a subscription needs no authorization."""
    return not channel.startswith((_PRESENCE, _PRIVATE))


def member_of(id: str, inc: int) -> str:
    """Return the user_id of an incarnation in its presence channel.

    The transport reports only a user's first connection and its last, so each incarnation is a user of its own.
    """
    return f"{id}~{inc}"


def inc_of(member: str, id: str) -> int | None:
    """Return the incarnation that a member's user_id names, if it is one of the instance with that id."""
    before, separator, digits = member.partition("~")
    if before != id or not separator or not _INC.fullmatch(digits):
        return None
    inc = int(digits)
    return inc if inc <= MAX_SAFE_INTEGER else None

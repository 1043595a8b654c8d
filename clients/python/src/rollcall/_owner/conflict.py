"""What a broker says of other runs of an instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._transport.access import Access
from .._wire.announcement import Announcement, parse_announcement
from .._wire.channels import inc_of
from .._wire.frame import Frame, Member
from .._wire.seal import MEMBER_EVENT
from ..errors import Refusal
from .outbid import outbid

Keys = Mapping[str, bytes | None]


def later_run(access: Access, keys: Keys, own: Announcement, frame: Frame) -> int | None:
    """Return the incarnation as which an instance has to continue, because of a frame of its presence channel.

    A service that signs believes a signature only: a forged run would have it number its own so high that it cannot
    follow itself.
    """
    channel = access.channels.presence(own.id or "")
    if frame.channel != channel:
        return None
    runs = [_member_run(access, keys.get(channel), own, member, channel) for member in frame.members]
    if frame.event == "table":
        runs += [_held_run(access, own, *held) for held in _table(access.open(frame, keys.get(channel)))]
    return max((run for run in runs if run is not None), default=None)


def _member_run(access: Access, key: bytes | None, own: Announcement, member: Member, channel: str) -> int | None:
    """Compare a member of the instance's channel, which is an observer or a run with the same id."""
    inc = inc_of(member.user_id, own.id or "")
    if inc is None or inc == own.inc:
        return None
    if access.signer is None:
        return outbid(own.id or "", own.inc or 0, own.id, inc, False)
    held = _announcement_or_none(access.open(Frame(MEMBER_EVENT, channel, member.info), key))
    is_of_member = held is not None and (held.id, held.inc) == (own.id, inc)
    return _held_run(access, own, held, False) if held is not None and is_of_member else None


def _held_run(access: Access, own: Announcement, held: Announcement, left: bool) -> int | None:
    """Compare what an observer holds of the instance, unless it is forged."""
    if access.signer is not None and not access.signer.has_signed("exit" if left else "register", held):
        return None
    return outbid(own.id or "", own.inc or 0, held.id, held.inc, left)


def _table(data: object) -> Iterator[tuple[Announcement, bool]]:
    """Read the statements that an observer sends to the owner. Invalid announcements are skipped."""
    for name in ("up", "left"):
        entries = data.get(name) if isinstance(data, dict) else None
        for each in entries if isinstance(entries, list) else []:
            announcement = _announcement_or_none(each)
            if announcement is not None:
                yield announcement, name == "left"


def _announcement_or_none(data: object) -> Announcement | None:
    try:
        return parse_announcement(data)
    except Refusal:
        return None

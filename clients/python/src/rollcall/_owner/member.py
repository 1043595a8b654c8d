"""What fits into a presence channel."""

from __future__ import annotations

from .._transport.access import Access
from .._wire.announcement import Announcement
from ..errors import Refusal

# The limit of Pusher for channel_data, which has the user's id and info.
_MAX_MEMBER_BYTES = 1024


def check_member(announcement: Announcement, access: Access) -> None:
    """Refuse an announcement that the transport would not accept as a member, before it is published."""
    if announcement.ttl is not None:
        reason = f"ttl is {announcement.ttl}; presence mode has no lease: leave it out, or choose lease mode"
        raise Refusal("bad-ttl", reason)
    length = len(access.member(announcement).encode())
    if length > _MAX_MEMBER_BYTES:
        reason = (
            f"the announcement makes {length} bytes of channel_data; in presence mode at most {_MAX_MEMBER_BYTES}: "
            "shorten it, or choose lease mode"
        )
        raise Refusal("too-large", reason)

"""The presence channels that an observer has joined at a broker: one for each instance in presence mode."""

from __future__ import annotations

from .._transport.access import Access
from .._transport.link import Link
from .._wire.announcement import Announcement, parse_announcement
from .._wire.channels import inc_of
from .._wire.frame import MEMBER_ADDED, SUBSCRIBED, Frame, Member
from .._wire.json_text import encode
from .._wire.seal import MEMBER_EVENT
from ..errors import Refusal
from .table import Table

# All observers are one user, so that a further one costs no messages.
_OBSERVER = encode({"user_id": "observer"})


class PresenceChannels:
    """Joins the channels of instances, and reports to a table which are there."""

    def __init__(self, access: Access, broker: int, link: Link, table: Table) -> None:
        self._access = access
        self._broker = broker
        self._link = link
        self._table = table
        # The ids whose channels are joined, or are about to be, and the users in each.
        self._users: dict[str, set[str]] = {}
        # Channels in which no member was accepted, and how many users they had.
        self._ignored: dict[str, int] = {}
        # The ids whose channels the broker does not show. The next listing tries them again.
        self._refused: set[str] = set()
        self.awaited: set[str] = set()

    async def join(self, id: str) -> None:
        """Join the channel of an instance."""
        self._users[id] = set()
        self.awaited.add(id)
        channel = self._access.channels.presence(id)
        await self._link.request(await self._access.admit(self._link.socket_id, channel, _OBSERVER))

    async def leave(self, id: str) -> None:
        """Leave the channel of an instance."""
        self._users.pop(id, None)
        self.awaited.discard(id)
        await self._link.unsubscribe(self._access.channels.presence(id))

    async def follow_table(self) -> None:
        """Join the channels of instances that are new, and leave those of instances that are gone."""
        wanted = {entry.announcement.id or "" for entry in self._table.all() if entry.is_in_presence_mode}
        for id in wanted - self._users.keys() - self._refused:
            await self.join(id)
        for id in self._users.keys() - wanted - self.awaited:
            await self.leave(id)

    async def verify(self, listed: dict[str, int | None]) -> None:
        """Compare with what the broker lists. It also knows instances whose announcements were lost.

        If it counts other users than are known here, a message was lost: a new subscription brings a snapshot.
        """
        self._refused.clear()
        prefix = self._access.channels.presence_prefix
        counts = {name[len(prefix) :]: count for name, count in listed.items() if name.startswith(prefix)}
        for id in self._ignored.keys() - counts.keys():
            del self._ignored[id]
        for id, count in counts.items():
            users = self._users.get(id)
            if users is None:
                if not self._is_ignored(id, count):
                    await self.join(id)
            elif id not in self.awaited and (count not in (None, len(users)) or self._lacks(id)):
                await self.leave(id)
                await self.join(id)

    def _is_ignored(self, id: str, count: int | None) -> bool:
        """Whether a channel still has the users of whom none was accepted, counted with this observer or without it."""
        then = self._ignored.get(id)
        return then is not None and count in (then, then - 1)

    def _lacks(self, id: str) -> bool:
        entry = self._table.get(id)
        return entry is not None and entry.is_in_presence_mode and not entry.sightings.get(self._broker)

    async def receive(self, id: str, frame: Frame, now: float) -> None:
        """Take in a frame of the channel of an instance."""
        users = self._users.get(id)
        if users is None:
            return
        if frame.refusal is not None:
            self._refused.add(id)
            await self.leave(id)
            return
        for member in frame.members:
            users.add(member.user_id)
            announcement = self._announcement_of(id, frame.channel, member)
            if announcement is not None:
                self._table.joined(announcement, self._broker, now)
        if frame.event == SUBSCRIBED:
            await self._subscribed(id, frame, now)
        elif (removed := frame.removed) is not None:
            users.discard(removed)
            inc = inc_of(removed, id)
            if inc is not None:
                self._table.departed(id, self._broker, now, inc)
        elif frame.event == MEMBER_ADDED:
            self._ignored.pop(id, None)

    async def _subscribed(self, id: str, frame: Frame, now: float) -> None:
        self.awaited.discard(id)
        entry = self._table.get(id)
        if entry is None:
            # Only other observers are left in it, or members whose announcements are refused.
            self._ignored[id] = len(frame.members)
            await self.leave(id)
        elif entry.announcement.inc not in {inc_of(member.user_id, id) for member in frame.members}:
            self._table.departed(id, self._broker, now)

    def _announcement_of(self, id: str, channel: str, member: Member) -> Announcement | None:
        """Read the announcement of a member, which has to be of the instance that the channel is named for."""
        inc = inc_of(member.user_id, id)
        if inc is None:
            return None
        try:
            announcement = parse_announcement(self._access.open(Frame(MEMBER_EVENT, channel, member.info), None))
        except Refusal:
            return None
        is_of_member = announcement.id == id and announcement.inc == inc and announcement.ttl is None
        return announcement if is_of_member else None

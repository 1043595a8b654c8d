"""The instances that an observer knows. It has no clock and no sockets: docs/reference/protocol.md has the rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from .._wire.announcement import Announcement
from .entry import Entry, Status, is_later, key_of

Verdict = Literal["ok", "refused", "failed", "timeout", "unreachable"]

# How long an exit is remembered, so that an older announcement cannot bring the instance back, and an instance that is
# down.
_REMEMBERED = 600.0
# For how long a refused connection counts against an instance whose owner is lost.
_REFUSED = 30.0
_FAILURES_TO_DOWN = 2
_PROBE_EVERY = 0.8
_PROBE_AGAIN = 0.1
_MAX_ENTRIES = 20_000


class Table:
    """The instances of a registry, as what owners, brokers and other observers say is joined."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._connected: set[int] = set()

    def get(self, key: str) -> Entry | None:
        """Return the entry of an instance that has not left."""
        entry = self._entries.get(key)
        return entry if entry is not None and entry.left_at is None else None

    def all(self) -> Iterator[Entry]:
        """Return every instance that has not left. Other threads may call it."""
        return (entry for entry in list(self._entries.values()) if entry.left_at is None)

    def statements(self) -> Iterator[tuple[Announcement, bool]]:
        """Return everything that is known, exits too, for a digest."""
        return ((entry.announcement, entry.left_at is not None) for entry in self._entries.values())

    def routable(self, prefix: str) -> list[Announcement]:
        """Return the instances of a prefix that receive traffic: the healthy ones, or the suspect ones if none is.

        Runs that share an endpoint are one target.
        """
        statuses: tuple[Status, ...] = ("healthy", "suspect")
        for status in statuses:
            targets = {
                entry.endpoint: entry.announcement
                for entry in self.all()
                if entry.announcement.prefix == prefix and entry.status == status and not entry.announcement.draining
            }
            if targets:
                return list(targets.values())
        return []

    def received(self, announcement: Announcement, is_exit: bool, now: float) -> None:
        """Take in what an owner has published: register, or exit."""
        entry = self._joined(announcement, is_exit, now)
        if entry is None or entry.left_at is not None:
            return
        # In presence mode an owner joins first, so that a message of a run that is not in its channel is late.
        if entry.announcement.inc == announcement.inc and not (entry.is_in_presence_mode and self._is_gone(entry)):
            self._owner_speaks(entry, now)

    def joined(self, announcement: Announcement, broker: int, now: float) -> None:
        """Take in a member of a presence channel, which is an instance that runs."""
        entry = self._joined(announcement, False, now)
        if entry is None or entry.left_at is not None or entry.announcement.inc != announcement.inc:
            return
        entry.sightings[broker] = True
        self._owner_speaks(entry, now)

    def departed(self, id: str, broker: int, now: float, inc: int | None = None) -> None:
        """Take in that a run is not in its presence channel."""
        entry = self.get(id)
        if entry is None or not entry.is_in_presence_mode or inc not in (None, entry.announcement.inc):
            return
        entry.sightings[broker] = False
        self._check_presence(entry, now)

    def relayed(self, announcement: Announcement, left: bool, now: float) -> None:
        """Take in what another observer reports. It is verified by a probe, or by the presence channel."""
        known = self._entries.get(key_of(announcement))
        if known is None and left:
            return
        if known is not None and announcement.inc is None:
            return  # of a legacy instance only what is unknown counts
        was = None if known is None else known.announcement
        entry = self._joined(announcement, left, now, is_by_owner=False)
        if entry is None or entry.left_at is not None:
            return
        is_moved = was is None or was.inc != announcement.inc or entry.endpoint != (was.address, was.port)
        if is_moved and not any(entry.sightings.values()):
            self._set(entry, "suspect", now)

    def link(self, broker: int, is_up: bool, now: float) -> None:
        """Take in that the connection to a broker is made, or lost."""
        if is_up:
            if not self._connected:
                for entry in self.all():
                    entry.announced_at = now  # leases begin anew: renewals may have been missed
            self._connected.add(broker)
            return
        self._connected.discard(broker)
        for entry in list(self.all()):
            if entry.sightings.pop(broker, None) is not None:
                self._check_presence(entry, now)

    def probed(self, key: str, verdict: Verdict, now: float) -> None:
        """Take in what a probe, or a request to an instance, has shown."""
        entry = self.get(key)
        if entry is None:
            return
        entry.probe_at = now + (_PROBE_EVERY if verdict == "ok" else _PROBE_AGAIN)
        if verdict == "ok":
            entry.failures, entry.has_timed_out, entry.refused_at = 0, False, None
            if not entry.is_ended:
                self._set(entry, "healthy", now)
            return
        if verdict == "refused":
            entry.refused_at = now
            self._set(entry, "down", now)
            self._check_ended(entry, now)
            return
        entry.failures += 1
        entry.has_timed_out = entry.has_timed_out or verdict == "timeout"
        if entry.failures >= _FAILURES_TO_DOWN:
            # One that accepts connections and does not answer in time may be busy. Its queue may then be full.
            may_be_busy = verdict == "timeout" or (verdict == "unreachable" and entry.has_timed_out)
            is_long = entry.status == "suspect" and now - entry.since >= _REMEMBERED
            is_busy = may_be_busy and entry.status != "down" and not is_long
            self._set(entry, "suspect" if is_busy else "down", now)

    def tick(self, now: float) -> list[Announcement]:
        """Take in that time has passed, and return the instances to probe now."""
        for key, entry in list(self._entries.items()):
            if entry.over_since is not None and now - entry.over_since >= _REMEMBERED:
                del self._entries[key]
        for entry in self.all():
            ttl = entry.announcement.ttl
            is_lapsed = ttl is not None and now - entry.announced_at >= ttl
            if is_lapsed and self._connected and entry.gone_at is None:
                self._lose(entry, now)
        due = [entry for entry in self.all() if entry.status != "healthy" and entry.probe_at <= now]
        for entry in due:
            entry.probe_at = now + _PROBE_EVERY
        return [entry.announcement for entry in due]

    def _joined(self, announcement: Announcement, is_exit: bool, now: float, is_by_owner: bool = True) -> Entry | None:
        """Join a statement with what is held of the instance, and return the entry."""
        key = key_of(announcement)
        held = self._entries.get(key)
        if held is None:
            if not self._has_room(is_by_owner):
                return None
            entry = self._new(announcement, now)
            entry.left_at = now if is_exit else None
            self._entries[key] = entry
            return entry
        if announcement.inc is None:  # legacy: by arrival
            held.announcement = announcement
            held.left_at = now if is_exit else None
            return held
        if not is_later(held.announcement, held.left_at is not None, announcement, is_exit):
            return held
        if (held.announcement.inc or 0) < announcement.inc:
            entry = self._new(announcement, now)
            entry.left_at = now if is_exit else None
            self._entries[key] = entry
            return entry
        if (announcement.seq or 0) >= (held.announcement.seq or 0):
            held.announcement = announcement
        if is_exit:
            held.left_at = held.left_at or now
        return held

    def _has_room(self, is_by_owner: bool) -> bool:
        """In a full table, what has left or is down for longest gives way, but only to what an owner announces."""
        if len(self._entries) < _MAX_ENTRIES:
            return True
        over = [(entry.over_since, key) for key, entry in self._entries.items() if entry.over_since is not None]
        if not is_by_owner or not over:
            return False
        del self._entries[min(over)[1]]
        return True

    def _new(self, announcement: Announcement, now: float) -> Entry:
        return Entry(announcement, "healthy", now, now, probe_at=now)

    def _owner_speaks(self, entry: Entry, now: float) -> None:
        """The owner of an instance has announced it, so that it is healthy."""
        entry.announced_at, entry.gone_at, entry.refused_at = now, None, None
        entry.is_ended, entry.failures, entry.has_timed_out = False, 0, False
        self._set(entry, "healthy", now)
        prefix = entry.announcement.prefix
        for key, other in list(self._entries.items()):
            if other is entry or other.left_at is not None or other.endpoint != entry.endpoint:
                continue
            if other.announcement.prefix == prefix and not any(other.sightings.values()):
                del self._entries[key]  # another process has the port now
            else:
                self._check_ended(other, now)

    def _is_gone(self, entry: Entry) -> bool:
        """Whether every broker that is connected has shown that the owner is gone. At least one has."""
        return bool(self._connected) and all(entry.sightings.get(broker) is False for broker in self._connected)

    def _check_presence(self, entry: Entry, now: float) -> None:
        if self._is_gone(entry) and entry.gone_at is None:
            self._lose(entry, now)

    def _lose(self, entry: Entry, now: float) -> None:
        """The owner of an instance is gone."""
        entry.gone_at = now
        if entry.status == "healthy":
            self._set(entry, "suspect", now)
        entry.probe_at = now
        self._check_ended(entry, now)

    def _check_ended(self, entry: Entry, now: float) -> None:
        """A run has ended if its owner is gone, and its port refused a connection or is another instance's."""
        if entry.gone_at is None:
            return
        is_refused = entry.refused_at is not None and now - min(entry.refused_at, entry.gone_at) <= _REFUSED
        is_taken = any(
            other is not entry and other.endpoint == entry.endpoint and other.gone_at is None for other in self.all()
        )
        if is_refused or is_taken:
            entry.is_ended = True
            self._set(entry, "down", now)

    @staticmethod
    def _set(entry: Entry, status: Status, now: float) -> None:
        if entry.status != status:
            entry.status, entry.since = status, now

"""An entry of a table: a run of an instance, and its state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .._wire.announcement import Announcement
from .._wire.json_text import encode

Status = Literal["healthy", "suspect", "down"]


@dataclass
class Entry:
    """A run of an instance. Times are of a monotonic clock, in seconds."""

    announcement: Announcement
    status: Status
    since: float
    """When it got its status."""
    announced_at: float
    """When its owner announced it last, or another observer reported it: a lease begins then."""
    left_at: float | None = None
    """When its exit was received first."""
    sightings: dict[int, bool] = field(default_factory=dict)
    """What each broker shows of its presence: of one that has not yet said anything, nothing."""
    gone_at: float | None = None
    """When its owner was lost: it left its presence channel, or its lease lapsed."""
    refused_at: float | None = None
    """When its port refused a connection."""
    is_ended: bool = False
    """Only its owner brings it back."""
    failures: int = 0
    """Probes that failed otherwise than by a refused connection, one after the other."""
    has_timed_out: bool = False
    """It accepted a connection and did not answer in time, and has not answered since."""
    probe_at: float = 0.0

    @property
    def is_in_presence_mode(self) -> bool:
        """Whether its owner is in a presence channel."""
        return self.announcement.inc is not None and self.announcement.ttl is None

    @property
    def over_since(self) -> float | None:
        """Since when it has left, or is down."""
        if self.left_at is not None:
            return self.left_at
        return self.since if self.status == "down" else None

    @property
    def endpoint(self) -> tuple[str, int]:
        """Where it listens."""
        return self.announcement.address, self.announcement.port


def key_of(announcement: Announcement) -> str:
    """Return the key of an instance in tables: its id. A legacy instance is identified by where it is."""
    if announcement.id is not None and announcement.inc is not None:
        return announcement.id
    return f"{announcement.prefix} {announcement.address} {announcement.port}"


def is_later(held: Announcement, left: bool, announcement: Announcement, is_exit: bool) -> bool:
    """Return whether a statement changes what is held of an instance.

    The higher incarnation wins. Within one, an exit wins, and otherwise the higher number. With equal numbers the
    greater text wins, so that every observer arrives at the same.
    """
    was, now = held.inc or 0, announcement.inc or 0
    if was != now:
        return now > was
    if left != is_exit:
        return is_exit
    if held.seq != announcement.seq:
        return (announcement.seq or 0) > (held.seq or 0)
    return _text(announcement) > _text(held)


def _text(announcement: Announcement) -> str:
    return encode(announcement.fields(), is_canonical=True)

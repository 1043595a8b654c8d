"""Continuing as a later run, because observers know another one of the same id."""

from __future__ import annotations

from collections.abc import Callable

_MIN_WAIT = 1.0
_MAX_WAIT = 60.0


def outbid(own_id: str, own_inc: int, held_id: str | None, held_inc: int | None, left: bool) -> int | None:
    """Return the incarnation as which an owner has to continue if another program holds this of its instance.

    That is a later run, or the same run as one that has left.
    """
    held = held_inc or 0
    if held_id != own_id or held < own_inc or (held == own_inc and not left):
        return None
    return held + 1


class Outbids:
    """Spaces outbids, so that two programs which share one id do not outbid each other without pause."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        # The highest incarnation that was needed since the latest outbid.
        self.next = 0
        # None while no outbid is needed.
        self.due: float | None = None
        self._wait = 0.0
        self._not_before = 0.0

    def need(self, next: int) -> None:
        """Record that an outbid is needed."""
        self.next = max(self.next, next)
        if self.due is None:
            self.due = max(self._now(), self._not_before)

    def done(self) -> None:
        """Record that an outbid was made, or has failed."""
        self.due, self.next = None, 0
        self._wait = min(max(2 * self._wait, _MIN_WAIT), _MAX_WAIT)
        self._not_before = self._now() + self._wait

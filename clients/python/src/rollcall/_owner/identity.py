"""What a service announces, the same at every broker: one run, whose announcements are numbered once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from .._wire.announcement import Announcement, parse_announcement
from .._wire.service_key import Signer
from ..errors import Refusal, RollcallError

UPDATABLE = frozenset({"zone", "weight", "draining", "health", "meta", "policy"})

# Refuses a valid announcement for a further reason.
Check = Callable[[Announcement], None]


class Incarnations:
    """Numbers the runs of the instances of this process.

    By the clock, so that a later process has higher numbers, and never the same twice, even if the clock is set back.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        """Return the number of a new run."""
        with self._lock:
            self._last = max(self._last + 1, self._now_ms())
            return self._last

    def passed(self, inc: int) -> None:
        """Make later numbers higher than one that another program gave to an instance."""
        with self._lock:
            self._last = max(self._last, inc)


OF_THIS_PROCESS = Incarnations(lambda: int(time.time() * 1000))


class Identity:
    """The announcement of an instance, and what has become of it. Only the event loop of the owner changes it."""

    def __init__(self, incarnations: Incarnations, check: Check) -> None:
        self._incarnations = incarnations
        self._check = check
        self._announcement: Announcement | None = None
        self.signer: Signer | None = None
        # The way to a broker was not known when the address was chosen.
        self.is_address_guessed = False
        # The announcement, as it is, was published, or is about to be.
        self.is_announced = False
        # An exit of this run was published.
        self.is_over = False
        # A broker has accepted this run.
        self.is_accepted = False
        # Counts the runs that a register() has begun.
        self.run = 0

    @property
    def announcement(self) -> Announcement:
        """The current announcement, in canonical form, without its signature."""
        assert self._announcement is not None
        return self._announcement

    def signed(self, event: str) -> Announcement:
        """Return the announcement as it is published by an event."""
        return self.announcement if self.signer is None else self.signer.sign(event, self.announcement)

    def set(self, fields: Mapping[str, object]) -> None:
        """Set the announcement of a new run. Raises ``Refusal``."""
        self._replace(parse_announcement({**fields, "inc": self._incarnations.next(), "seq": 0}))

    def _replace(self, announcement: Announcement) -> None:
        self._check(announcement)
        self._announcement = announcement

    def begin(self) -> None:
        """Give the service a new run if its last one is over: observers take that for ended."""
        if self.is_over:
            with refused("register"):
                self._replace(replace(self.announcement, inc=self._incarnations.next(), seq=0))
            self.is_over = self.is_accepted = False
            self.run += 1
        self.is_announced = True

    def change(self, changes: Mapping[str, object]) -> bool:
        """Change the announcement, under the next number if it was announced. Return whether that changes it."""
        fixed = sorted(set(changes) - UPDATABLE)
        if fixed:
            allowed = ", ".join(sorted(UPDATABLE))
            reason = f"cannot update {', '.join(fixed)}: these can change: {allowed}"
            raise RollcallError("ROLLCALL_ANNOUNCEMENT", reason)
        before = self.announcement
        with refused("update"):
            after = parse_announcement({**before.fields(), **changes})
            if after == before:
                return False
            if self.is_announced or self.is_over:
                after = replace(after, seq=(before.seq or 0) + 1)
            self._replace(after)
        return True

    def continue_as(self, inc: int) -> tuple[Announcement, Announcement]:
        """Give the run a later incarnation, unless it has one already. Return what it was, and what it is."""
        was = self.announcement
        if inc <= (was.inc or 0):
            return was, was
        with refused("continue as a later incarnation"):
            self._replace(parse_announcement({**was.fields(), "inc": inc, "seq": 0}))
        self._incarnations.passed(inc)
        return was, self.announcement

    def correct(self, address: str) -> None:
        """Replace a guessed address."""
        if self.is_address_guessed:
            with refused("register"):
                self._replace(parse_announcement({**self.announcement.fields(), "address": address}))
            self.is_address_guessed = False

    def is_first_acceptance(self) -> bool:
        """Record that a broker has accepted this run, and return whether none had."""
        was, self.is_accepted = self.is_accepted, True
        return not was

    def withdraw(self) -> None:
        """Record that nothing was announced after all."""
        if not self.is_accepted:
            self.is_announced = False


class refused:  # reads as a statement
    """Turns a ``Refusal`` into a ``RollcallError``."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Refusal):
            raise RollcallError("ROLLCALL_ANNOUNCEMENT", f"cannot {self._what}: {error}") from error

"""Keeps an instance known at a broker, from its registration until it leaves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from typing import TYPE_CHECKING

from .._transport.link import Link
from .._transport.tasks import stop, timeout
from .._wire.announcement import Announcement
from .._wire.frame import Fault, Frame
from .._wire.roll_call import parse_roll_call
from ..errors import RollcallError
from .conflict import later_run
from .outbid import Outbids

if TYPE_CHECKING:
    from .site import Site

_LOG = logging.getLogger("rollcall")

# The wait after an announcement that failed. It doubles with each further failure.
_FIRST_RETRY = 1.0
# The longest wait of an instance that is not registered.
_MAX_RETRY = 30.0
# The longest wait before the announcement is repeated after a reconnect.
_ANNOUNCE_WITHIN = 1.0
# A change is repeated, because presence snapshots have what was announced at joining.
_REPEATS = (5.0, 25.0)
_DEFAULT_TTL = 300


class Keeper:
    """Repeats the announcement whenever that is due, and in presence mode stays in the presence channel."""

    def __init__(
        self,
        site: Site,
        link: Link | None,
        shown: Announcement | None,
        reported: RollcallError | None = None,
    ) -> None:
        self._site = site
        self._link = link
        # The announcement as the channel shows it: as it was when it joined.
        self._shown = shown
        # The kinds of faults since the connection was lost, or since register() has failed.
        self._reported = {reported.code} if reported is not None else set()
        self._retry = min(_FIRST_RETRY, self._third)
        # The wait after an authorization that an auth server has failed to give.
        self._auth_retry = _FIRST_RETRY
        self._outbids = Outbids(time.monotonic)
        self._next: float | None = None
        self._again: float | None = None
        self._repeats: list[float] = []
        self._wake = link.wake if link is not None else asyncio.Event()
        self._is_ended = False
        self._is_announcing = False
        self._task = asyncio.create_task(self._run())

    @property
    def _third(self) -> float:
        """The time between two renewals in lease mode, and the longest wait between retries in both modes."""
        return (self._site.owner.identity.announcement.ttl or _DEFAULT_TTL) / 3

    async def _run(self) -> None:
        self._rest()
        if self._site.is_pending:
            self._try_again()
        while not self._is_ended:
            try:
                await self._step()
            except Exception:  # such as a lack of memory or threads: the instance has to stay known nevertheless
                _LOG.exception("keeping %s known has failed", self._site.owner.identity.announcement)
                await asyncio.sleep(_FIRST_RETRY)
                self._start_over()

    async def _step(self) -> None:
        self._wake.clear()
        if self._link is not None:
            self._handle_frames(self._link)
        if self._link is not None and self._link.is_lost:
            self._lose()
        await self._do_due()
        if not self._is_ended:
            await self._until_due()

    async def _do_due(self) -> None:
        now = time.monotonic()
        if self._repeats and self._repeats[0] <= now:
            self._repeats.pop(0)
            self._announce_within(0)
        if self._next is not None and self._next <= now:
            await self._announce()
        if self._again is not None and self._again <= now:
            await self._reenter()
        if self._outbids.due is not None and self._outbids.due <= now:
            await self._outbid()

    async def _until_due(self) -> None:
        if self._link is not None and (self._link.frames or self._link.is_lost):
            return
        points = (self._next, self._again, self._outbids.due, *self._repeats[:1])
        due = min((point for point in points if point is not None), default=None)
        if due is None:
            await self._wake.wait()
            return
        with contextlib.suppress(asyncio.TimeoutError):
            async with timeout(max(0.0, due - time.monotonic())):
                await self._wake.wait()

    def _rest(self) -> None:
        """Schedule the next renewal of the lease, if there is one."""
        is_lease = self._site.owner.is_lease
        self._next = time.monotonic() + _jittered(self._third) if is_lease else None

    def _try_again(self) -> None:
        """Schedule the next attempt of a registration that has failed."""
        if self._site.owner.is_lease:
            self._next = time.monotonic() + _jittered(self._retry)
        else:
            self._lose()

    def _start_over(self) -> None:
        """Schedule again what an unexpected fault has cut short. After it has joined again, it announces itself."""
        if self._link is None and not self._site.owner.is_lease:
            self._lose()
        else:
            self._announce_within(_jittered(self._retry))

    def _announce_within(self, seconds: float) -> None:
        due = time.monotonic() + seconds
        self._next = due if self._next is None else min(self._next, due)

    def retry_soon(self) -> None:
        """Publish again soon, because a change could not be announced."""
        self._announce_within(_jittered(self._retry))
        self._wake.set()

    def repeat(self) -> None:
        """Publish a change again later."""
        if not self._site.owner.is_lease:
            self._repeats = [time.monotonic() + wait for wait in _REPEATS]
            self._wake.set()

    async def _announce(self) -> None:
        # From now, and not from the response: a slow response must not delay the next renewal.
        self._rest()
        try:
            await self._announce_once()
        except (Fault, RollcallError) as error:
            if self._is_ended:
                return
            self._announce_within(_jittered(self._retry))
            self._retry = min(2 * self._retry, self._third)
            if self._site.is_pending:
                self._retry = min(self._retry, _MAX_RETRY)
            else:
                self._site.owner.report(self._described(error))
            return
        self._retry = min(_FIRST_RETRY, self._third)

    async def _announce_once(self) -> None:
        async with self._site.turn:
            if self._is_ended:
                return
            self._is_announcing = True
            try:
                await self._site.correct_address()
                await self._site.announce()
            finally:
                self._is_announcing = False
            if self._site.is_pending:
                self._site.is_pending = False
                self._site.owner.registered()

    def _described(self, error: Fault | RollcallError) -> RollcallError:
        return self._site.access.describe(error) if isinstance(error, Fault) else error

    def _lose(self) -> None:
        self._link = None
        self._again = time.monotonic() + self._site.access.timing.until_reconnect()

    async def _reenter(self) -> None:
        self._again = None
        try:
            async with self._site.turn:
                await self._site.correct_address()
                shown = self._site.owner.identity.signed("register")
            link = await self._site.enter(shown)
        except (Fault, RollcallError) as error:
            self._lose()
            if isinstance(error, Fault) and error.is_of_auth:
                self._again = time.monotonic() + _jittered(self._auth_retry)
                self._auth_retry = min(2 * self._auth_retry, _MAX_RETRY)
            self._report_once(self._described(error))
            return
        self._auth_retry = _FIRST_RETRY
        self._link, self._shown, self._wake = link, shown, link.wake
        self._reported.clear()
        self._announce_within(0 if self._site.is_pending else random.random() * _ANNOUNCE_WITHIN)

    def _report_once(self, error: RollcallError) -> None:
        if self._is_ended or error.code in self._reported:
            return
        self._reported.add(error.code)
        owner = self._site.owner
        owner.report(owner.not_yet(error) if self._site.is_pending else error)

    def _handle_frames(self, link: Link) -> None:
        while link.frames and not self._is_ended:
            self._handle(link, link.frames.popleft())

    def _handle(self, link: Link, frame: Frame) -> None:
        own, access = self._site.owner.identity.announcement, self._site.access
        if frame.channel == access.channels.owners and frame.event == "rollcall":
            call = parse_roll_call(access.open(frame, link.keys.get(frame.channel)))
            if call is None or not call.asks_for(own.id or "", own.inc or 0, own.seq or 0):
                return
            if call.holds_all or not self._shows(own):
                self._announce_within(random.random() * call.answer_wait)
        elif (next := later_run(access, link.keys, own, frame)) is not None:
            self._outbids.need(next)

    def _shows(self, own: Announcement) -> bool:
        shown = self._shown
        return self._link is not None and shown is not None and (shown.inc, shown.seq) == (own.inc, own.seq)

    async def _outbid(self) -> None:
        """Continue as a later incarnation, in the presence channel first."""
        async with self._site.turn:
            if self._is_ended:
                return
            next = self._outbids.next
            self._outbids.done()
            try:
                was, now = self._site.owner.identity.continue_as(next)
            except RollcallError as error:
                self._site.owner.report(error)
                return
        if was.inc == now.inc:
            return
        await self.follow()
        await self._site.owner.outbid(was, now, self)

    async def follow(self) -> None:
        """Join the presence channel as the later run that the instance has become."""
        link, access = self._link, self._site.access
        own = self._site.owner.identity.signed("register")
        if link is None or (self._shown is not None and self._shown.inc == own.inc):
            return
        channel = access.channels.presence(own.id or "")
        try:
            admission = await access.admit(link.socket_id, channel, own)
            # The identity of a member cannot change.
            await link.unsubscribe(channel)
            await link.subscribe(admission)
        except Fault:
            await link.close()
            self._lose()
            return
        self._shown = own
        self._announce_within(0)
        self._wake.set()

    async def end(self, patience: float) -> None:
        """Stop. An announcement in progress has some time to be accepted."""
        self._is_ended = True
        self._wake.set()
        if self._is_announcing:
            await asyncio.wait({self._task}, timeout=patience)
        await stop(self._task)

    async def part(self) -> None:
        """Leave the presence channel."""
        if self._link is not None:
            await self._link.close()


def _jittered(seconds: float) -> float:
    """Return a time that is up to a tenth shorter, so that instances which started together do not stay in step."""
    return seconds - random.random() * seconds / 10

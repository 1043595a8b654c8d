"""A registration at one broker."""

from __future__ import annotations

import asyncio
import time
from enum import Enum
from typing import TYPE_CHECKING

from .._transport.access import Access
from .._transport.exchange import in_thread
from .._transport.link import Link
from .._transport.tasks import timeout
from .._wire.announcement import Announcement
from .._wire.frame import Fault
from ..errors import RollcallError
from .address import address_towards
from .keeper import Keeper

if TYPE_CHECKING:
    from .owner import Owner

# For how long after its exit was accepted an instance may still receive requests: the exit has to travel from the
# broker to each observer.
LEAVE_WINDOW = 0.5
# How long an exit waits for the response to an announcement in progress.
EXIT_WAIT = 1.0


class Phase(Enum):
    """The state of an incarnation at a broker."""

    UNANNOUNCED = "nothing was published"
    PRESENT = "a register was published, and perhaps accepted"
    LEAVING = "an exit was published"
    LEFT = "the exit was accepted"


class Site:
    """Announces the instance of an owner at one broker, keeps it known there, and withdraws it."""

    def __init__(self, owner: Owner, access: Access) -> None:
        self.owner = owner
        self.access = access
        # Held while publishing, so that an exit never overtakes the register before it.
        self.turn = asyncio.Lock()
        self.keeper: Keeper | None = None
        # register() has failed, and the keeper tries again.
        self.is_pending = False
        self._phase = Phase.UNANNOUNCED
        self._left_at = 0.0

    async def register(self) -> bool:
        """Announce the instance. Return true once the broker has accepted it."""
        async with self.turn:
            self.owner.identity.begin()
            self._phase = Phase.PRESENT
            if self.keeper is not None:
                await self.access.with_retries(self.announce)
                return True
            await self.correct_address()
            link, shown = await self._enter_first()
            try:
                await self.access.with_retries(self.announce)
            except BaseException:
                if link is not None:
                    await link.close()
                raise
            self.keeper = Keeper(self, link, shown)
            self.owner.registered()
            return True

    async def announce(self) -> None:
        """Make one attempt to publish the announcement."""
        await self.access.announce("register", self.owner.identity.signed("register"))

    async def _enter_first(self) -> tuple[Link | None, Announcement | None]:
        if self.owner.is_lease:
            return None, None

        async def enter() -> tuple[Link, Announcement]:
            shown = self.owner.identity.signed("register")
            return await self.enter(shown), shown

        return await self.access.with_retries(enter)

    async def enter(self, announcement: Announcement) -> Link:
        """Return a link on which the instance is in its presence channel and receives roll calls."""
        link = await Link.open(self.access)
        try:
            channels = self.access.channels
            presence = channels.presence(announcement.id or "")
            await link.subscribe(
                await self.access.admit(link.socket_id, channels.owners),
                await self.access.admit(link.socket_id, presence, announcement),
            )
        except BaseException:
            await link.close()
            raise
        return link

    async def correct_address(self) -> None:
        """Replace a guessed address once the broker's host can be resolved. Nothing was announced before that."""
        if self.owner.identity.is_address_guessed:
            address = await in_thread(lambda: address_towards(self.access.broker))
            if address is not None:
                self.owner.identity.correct(address)

    async def go_on(self, error: RollcallError) -> None:
        """Try again, until this broker accepts the instance. The first attempt has failed."""
        async with self.turn:
            if self._phase is not Phase.PRESENT or self.keeper is not None:
                if self.keeper is not None:
                    self.owner.report(error)
                return
            self.is_pending = True
            self.owner.report(self.owner.not_yet(error))
            self.keeper = Keeper(self, None, None, reported=error)

    async def announce_change(self) -> bool:
        """Publish a changed announcement, if the instance is registered here."""
        async with self.turn:
            if self.keeper is None or self.is_pending:
                return False
            try:
                await self.access.with_retries(self.announce)
            except RollcallError:
                self.keeper.retry_soon()
                raise
            self.keeper.repeat()
            return True

    async def leave(self) -> bool:
        """Announce that the instance leaves. Return whether there was anything to withdraw.

        It is in its presence channel until the end: an observer may learn that it is gone from there before it takes
        in the exit.
        """
        run = self.owner.identity.run
        keepers = [self.keeper]
        await self._end_keeper()
        try:
            async with self.turn:
                if self.owner.identity.run != run:
                    return False  # a register() has begun another one meanwhile
                keepers.append(self.keeper)
                await self._end_keeper()
                left_at = await self._exit()
            if left_at is None:
                return False
            await asyncio.sleep(left_at + LEAVE_WINDOW - time.monotonic())
            return True
        finally:
            for keeper in keepers:
                if keeper is not None:
                    await keeper.part()

    async def _end_keeper(self) -> None:
        keeper, self.keeper = self.keeper, None
        if keeper is not None:
            await keeper.end(EXIT_WAIT)

    async def _exit(self) -> float | None:
        """Publish the exit, unless it was accepted before, and return when it was accepted."""
        if self._phase is Phase.LEFT:
            return self._left_at
        if self._phase is Phase.UNANNOUNCED:
            return None
        if self.is_pending:
            self.is_pending = False
            return await self._exit_unaccepted()
        self._phase = Phase.LEAVING
        self.owner.identity.is_over = True
        await self.access.with_retries(self._announce_exit)
        return self._left()

    async def _announce_exit(self) -> None:
        await self.access.announce("exit", self.owner.identity.signed("exit"))

    def _left(self) -> float:
        self._phase, self._left_at = Phase.LEFT, time.monotonic()
        return self._left_at

    async def _exit_unaccepted(self) -> float | None:
        """Publish the exit at a broker that has accepted no announcement, if another one has.

        One may have arrived nevertheless, whose response was lost. It makes one attempt.
        """
        self._phase = Phase.UNANNOUNCED
        if not self.owner.identity.is_accepted:
            return None
        try:
            async with timeout(EXIT_WAIT):
                await self._announce_exit()
        except (Fault, asyncio.TimeoutError):
            return None
        return self._left()

    def exit_blocking(self, timeout: float) -> None:
        """Publish the exit without an event loop, as a process ends. What fails is not retried."""
        if self._phase is Phase.PRESENT and not self.is_pending:
            self._phase = Phase.LEAVING
            self.access.announce_blocking("exit", self.owner.identity.signed("exit"), timeout)

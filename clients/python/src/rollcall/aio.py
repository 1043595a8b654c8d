"""The functions of ``rollcall`` for asyncio.

What takes time runs in a thread of its own all the same, so that a program whose event loop is blocked for a while
stays registered.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from ._background import background
from ._observer.service import Service, discovered
from ._owner.options import RegisterOptions, UpdateOptions
from ._owner.registration import Registration, registered
from ._wire.announcement import Announcement
from .config import Config

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["AsyncRegistration", "Service", "discover", "register"]


async def register(**options: Unpack[RegisterOptions]) -> AsyncRegistration:
    """Announce a service that listens: see ``rollcall.register``."""
    return AsyncRegistration(await background().wait(registered(options)))


async def discover(prefix: str, *, config: Config | None = None, require_broker: bool = False) -> Service:
    """Find the instances of a prefix: see ``rollcall.discover``. Methods of what it returns do not block.

    Only the first one does in a child after a fork, which discovers again.
    """
    return await background().wait(discovered(prefix, config, require_broker))


class AsyncRegistration:
    """An instance that is announced. It can be used in an ``async with`` block, at the end of which it leaves."""

    def __init__(self, registration: Registration) -> None:
        registration.watch()
        self._registration = registration

    @property
    def announcement(self) -> Announcement:
        """The current announcement, in canonical form."""
        return self._registration.announcement

    @property
    def is_registered(self) -> bool:
        """Whether a broker has accepted the announcement, and the instance has not left."""
        return self._registration.is_registered

    async def update(self, **changes: Unpack[UpdateOptions]) -> None:
        """Change the announcement: see ``rollcall.Registration.update``."""
        await background().wait(self._registration.owner.update({**changes}))

    async def leave(self) -> None:
        """Announce that the instance leaves: see ``rollcall.Registration.leave``."""
        await background().wait(self._registration.owner.leave())
        self._registration.forget()

    async def __aenter__(self) -> AsyncRegistration:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.leave()

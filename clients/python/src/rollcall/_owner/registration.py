"""Registrations of programs with threads."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .._background import background
from .._serve.signals import LEAVER, Leaving
from .._serve.traffic import Traffic
from .._wire.announcement import Announcement
from .options import RegisterOptions, Settings, UpdateOptions, settings_of
from .owner import Owner

if TYPE_CHECKING:
    from typing_extensions import Unpack


def register(**options: Unpack[RegisterOptions]) -> Registration:
    """Announce a service that listens.

    Returns when the broker has accepted the announcement, or when a first attempt has failed: that is reported, and
    retried until it succeeds. The service stays announced until it leaves, through restarts of the broker and lost
    connections. On SIGTERM and SIGINT it leaves first. Then what would have happened without Rollcall happens.

    Raises ``RollcallError`` with ROLLCALL_CONFIG, ROLLCALL_ANNOUNCEMENT or ROLLCALL_NO_ADDRESS; with ``require_broker``
    also with the code of the fault.

    >>> registration = rollcall.register(prefix="/v1", port=8000)  # doctest: +SKIP
    """
    registration = background().run(registered(options))
    registration.watch()
    return registration


async def registered(options: Mapping[str, Any]) -> Registration:
    """Register, in the event loop in which the owner will run."""
    settings = settings_of(options)
    registration = Registration(await make_owner(settings), settings.handle_signals)
    await registration.owner.register()
    return registration


async def make_owner(settings: Settings) -> Owner:
    """Return the owner of a new instance, in the event loop in which it will run."""
    return Owner(settings.fields, settings.config, settings.mode, settings.hooks, settings.require_broker)


class Registration:
    """An instance that is announced. It can be used in a ``with`` block, at the end of which it leaves."""

    def __init__(self, owner: Owner, handle_signals: bool) -> None:
        self.owner = owner
        self._handle_signals = handle_signals
        self._leaving = Leaving(owner, Traffic())

    def watch(self) -> None:
        """Have the instance leave before the program ends. Only the main thread can take over signals."""
        LEAVER.add(self._leaving)
        if self._handle_signals:
            LEAVER.install()

    def forget(self) -> None:
        """Take that back."""
        LEAVER.remove(self._leaving)

    @property
    def announcement(self) -> Announcement:
        """The current announcement, in canonical form."""
        return self.owner.identity.announcement

    @property
    def is_registered(self) -> bool:
        """Whether a broker has accepted the announcement, and the instance has not left."""
        return self.owner.is_registered

    def update(self, **changes: Unpack[UpdateOptions]) -> None:
        """Change the announcement, and publish it if the instance is registered.

        Raises ``RollcallError`` with ROLLCALL_ANNOUNCEMENT, after which nothing has changed; or with the code of a
        fault, after which the change is published again until the broker accepts it.
        """
        background().run(self.owner.update({**changes}))

    def leave(self) -> None:
        """Announce that the instance leaves. Call it before the service stops listening.

        Returns half a second after a broker has accepted that: requests may still come until then. Raises
        ``RollcallError`` if no broker accepts it. It can be called again then.
        """
        background().run(self.owner.leave())
        self.forget()

    def __enter__(self) -> Registration:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

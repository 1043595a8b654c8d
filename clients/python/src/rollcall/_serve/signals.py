"""Leaves the registry before a signal, or the end of the program, stops a service."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from .._background import background
from .._owner.owner import Owner
from .._transport.tasks import timeout
from ..errors import RollcallError
from .traffic import Traffic

_LOG = logging.getLogger("rollcall")

# Less than the ten seconds after which process managers often kill, with what a server needs to close.
_LEAVE_TIMEOUT = 3.0
# Longer than leaving takes, and then the wait for the last requests: Rollcall's thread itself may be blocked.
_MAX_WAIT = 6.0
_EXIT_TIMEOUT = 1.0
# A terminal and a parent process may each send a signal for one and the same reason.
_SAME_REASON = 1.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Leaving:
    """A registration that has to leave before its program stops."""

    def __init__(self, owner: Owner, traffic: Traffic) -> None:
        self.owner = owner
        self._traffic = traffic
        self._registering: asyncio.Task[Any] | None = None
        self._leaving: asyncio.Task[None] | None = None

    async def register(self) -> None:
        """Register, unless it has been asked to leave."""
        if self._leaving is None:
            self._registering = asyncio.current_task()
            await self.owner.register()

    async def leave(self) -> None:
        """Leave once, and wait until requests no longer come. What fails is logged."""
        if self._leaving is None:
            self._leaving = asyncio.create_task(self._leave())
        await asyncio.shield(self._leaving)

    async def _leave(self) -> None:
        try:
            async with timeout(_LEAVE_TIMEOUT):
                await self.owner.leave()
        except asyncio.TimeoutError:
            detail = "the broker, or the auth server if there is one, did not respond"
            _LOG.error("could not leave the registry: %s within %g s", detail, _LEAVE_TIMEOUT)
            if self._registering is not None:
                self._registering.cancel()  # it would register what is about to end
        except RollcallError as error:
            _LOG.error("could not leave the registry: %s", error)
        except Exception:
            _LOG.exception("could not leave the registry")
        await self._traffic.quiet()

    def at_exit(self) -> None:
        """Publish the exit of a program that ends without leaving."""
        try:
            self.owner.exit_blocking(_EXIT_TIMEOUT)
        except Exception:
            _LOG.exception("could not leave the registry")


class Leaver:
    """Has every registration of this process leave, once, and then lets the signal do what it would have done."""

    def __init__(self) -> None:
        self._all: list[Leaving] = []
        self._previous: dict[int, Callable[[int, FrameType | None], object] | int] = {}
        self._began: float | None = None
        self._is_done = False

    def add(self, leaving: Leaving) -> None:
        """Have a registration leave at a signal."""
        self._all.append(leaving)

    def remove(self, leaving: Leaving) -> None:
        """Forget a registration that has left."""
        if leaving in self._all:
            self._all.remove(leaving)

    def install(self) -> None:
        """Take over SIGTERM and SIGINT. Only the main thread may do that."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _SIGNALS:
            previous = signal.getsignal(number)
            # Of another language, or ignored: then nothing would have stopped.
            if previous is None or previous == signal.SIG_IGN or previous == self._on_signal:
                continue
            self._previous[number] = previous
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._is_done or not self._all:
            self._pass_on(number, frame)
        elif self._began is None:
            self._began = time.monotonic()
            threading.Thread(target=self._leave, args=(number,), name="rollcall-leave", daemon=True).start()
        elif time.monotonic() - self._began > _SAME_REASON:
            self._pass_on(number, frame)

    def _leave(self, number: int) -> None:
        """Leave outside the handler of the signal, which may have interrupted anything."""
        try:
            background().run(self._leave_all(), _MAX_WAIT)
        except Exception:
            _LOG.exception("could not leave the registry")
        finally:  # a signal is never swallowed
            self._is_done = True
            # Not signal.raise_signal(), which would signal this thread: handlers run in the main thread.
            os.kill(os.getpid(), number)

    async def _leave_all(self) -> None:
        # One that cannot leave keeps no other one from it.
        await asyncio.gather(*(each.leave() for each in self._all), return_exceptions=True)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        previous = self._previous[number]
        if callable(previous):
            previous(number, frame)
        else:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    def at_exit(self) -> None:
        """Publish the exits of a program that ends without a signal."""
        for each in self._all:
            each.at_exit()

    def forget(self) -> None:
        """Forget the registrations of the parent, after a fork."""
        self._all.clear()
        self._began, self._is_done = None, False


LEAVER = Leaver()
atexit.register(LEAVER.at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LEAVER.forget)

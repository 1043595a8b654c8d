"""Registers what a web server serves, as soon as its port accepts connections."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Mapping
from typing import Any

from .._background import background
from .._owner.options import Settings, settings_of
from .._owner.owner import Owner
from .._owner.registration import make_owner
from .._transport.tasks import timeout
from ..errors import RollcallError
from .signals import LEAVER, Leaving
from .traffic import Traffic

_LOG = logging.getLogger("rollcall")

_LOOK_EVERY = 0.05
_CONNECT_TIMEOUT = 1.0
_WARN_AFTER = 10.0


class Server:
    """The registration of an application, whose server starts and stops it."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Check the options, in the process that starts."""
        self._settings: Settings = settings_of(options)
        self.traffic = Traffic()
        self._leaving: Leaving | None = None
        self._lock = threading.Lock()
        # A fault that would end every registration ends the import of the application.
        self._owner: Owner = background().run(make_owner(self._settings))
        self._pid = os.getpid()

    def start(self) -> None:
        """Begin to register, once. Servers handle signals by now, so that this comes before them."""
        with self._lock:
            if self._leaving is not None:
                return
            if self._pid != os.getpid():
                # A server loaded the application before it forked: each of its processes is a run of its own.
                self._owner = background().run(make_owner(self._settings))
            self._leaving = Leaving(self._owner, self.traffic)
        if self._settings.handle_signals:
            LEAVER.install()
        LEAVER.add(self._leaving)
        background().submit(self._register(self._leaving))

    async def _register(self, leaving: Leaving) -> None:
        announcement = self._owner.identity.announcement
        try:
            await _listening(announcement.address, announcement.port)
            await leaving.register()
        except RollcallError as error:
            _LOG.error("not registered: %s", error)
            LEAVER.remove(leaving)  # there is nothing to leave
        except Exception:
            _LOG.exception("not registered")

    async def leave(self) -> None:
        """Leave, if a signal has not had the application leave before. For the event loop of the server."""
        if self._leaving is not None:
            await background().wait(self._leaving.leave())


async def _listening(host: str, port: int) -> None:
    """Wait until a port accepts a connection: an instance is not announced before."""
    loop = asyncio.get_running_loop()
    warn_at = loop.time() + _WARN_AFTER
    while True:
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            async with timeout(_CONNECT_TIMEOUT):
                _, writer = await asyncio.open_connection(host, port)
            writer.close()
            return
        if loop.time() > warn_at:
            warn_at = float("inf")
            _LOG.warning("not registered yet: nothing listens at %s port %d: is the port right?", host, port)
        await asyncio.sleep(_LOOK_EVERY)

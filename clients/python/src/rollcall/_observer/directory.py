"""A table of a registry that is kept up to date. All of it runs in one event loop."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from .._transport.access import DEFAULT_TIMING, Timing, accesses_of
from .._transport.tasks import timeout
from .._wire.announcement import Announcement
from ..config import Config, check_config
from ..errors import RollcallError, config_error
from .entry import key_of
from .probe import probe
from .session import Session
from .table import Table

_TICK = 0.05
_FIRST_CONNECTION = 10.0
# A gateway answers within one round trip. This allows for a distant broker.
_READY = 1.5
_MAX_PROBES = 32


class Directory:
    """Subscribes to the registry at each broker, and probes instances that are suspect or down."""

    def __init__(self, config: Config, timing: Timing = DEFAULT_TIMING) -> None:
        check_config(config)
        if config.auth_url:
            raise config_error(
                "discover() needs the app's secret, and ROLLCALL_AUTH_URL is set: an auth server announces services, "
                "and does not show others"
            )
        self.config = config
        self.table = Table()
        self._changed = asyncio.Event()
        self._sessions = [
            Session(access, number, self.table, self._changed.set)
            for number, access in enumerate(accesses_of(config, timing))
        ]
        self._probes: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[Any]] = [asyncio.create_task(each.run()) for each in self._sessions]
        self._tasks.append(asyncio.create_task(self._tick()))

    async def connected(self) -> RollcallError | None:
        """Wait until a broker is connected, or a first attempt has failed at each. Return the first error then."""
        attempts = {each.attempted for each in self._sessions}
        end = time.monotonic() + _FIRST_CONNECTION
        while pending := {each for each in attempts if not each.done()}:
            if any(each.done() and each.result() is None for each in attempts):
                return None
            ended, _ = await asyncio.wait(pending, timeout=end - time.monotonic(), return_when=asyncio.FIRST_COMPLETED)
            if not ended:
                break
        errors = [each.attempted.result() for each in self._sessions if each.attempted.done()]
        return None if None in errors or not errors else errors[0]

    async def ready(self, prefix: str) -> None:
        """Wait until the presence channels have shown an instance of a prefix, or a gateway has sent its table.

        Without either, it waits for 1.5 s: instances with a lease may be missing until they announce themselves again.
        """
        end = time.monotonic() + _READY
        while not self._is_ready(prefix) and (left := end - time.monotonic()) > 0:
            self._changed.clear()
            try:
                async with timeout(left):
                    await self._changed.wait()
            except asyncio.TimeoutError:
                return

    def _is_ready(self, prefix: str) -> bool:
        if not any(each.is_resynced for each in self._sessions):
            return False
        return bool(self.table.routable(prefix)) or any(each.is_answered for each in self._sessions)

    async def _tick(self) -> None:
        while True:
            for announcement in self.table.tick(time.monotonic()):
                if len(self._probes) < _MAX_PROBES:
                    task = asyncio.create_task(self._probe(announcement))
                    self._probes.add(task)
                    task.add_done_callback(self._probes.discard)
            await asyncio.sleep(_TICK)

    async def _probe(self, announcement: Announcement) -> None:
        verdict = await probe(announcement)
        entry = self.table.get(key_of(announcement))
        if verdict is not None and entry is not None and entry.announcement == announcement:
            self.table.probed(key_of(announcement), verdict, time.monotonic())

    async def close(self) -> None:
        """End the subscriptions and all probes."""
        tasks = [*self._tasks, *self._probes]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

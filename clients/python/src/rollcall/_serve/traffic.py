"""When the latest request of an application came."""

from __future__ import annotations

import asyncio
import time

QUIET = 0.5
# A client that still sends requests by then does not know the instance from the registry.
_MAX_WAIT = 2.0


class Traffic:
    """Watches the requests of an application, to stop it only when no more come."""

    def __init__(self) -> None:
        self._latest = float("-inf")

    def requested(self) -> None:
        """Record that a request came."""
        self._latest = time.monotonic()

    async def quiet(self) -> None:
        """Wait until no request has come for half a second, for two seconds at most."""
        end = time.monotonic() + _MAX_WAIT
        while (now := time.monotonic()) < end and (wait := self._latest + QUIET - now) > 0:
            await asyncio.sleep(min(wait, end - now))

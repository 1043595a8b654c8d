"""Asks an auth server again and again where the registry is."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING

from .._transport.tasks import stop
from ..errors import RollcallError

if TYPE_CHECKING:
    from .owner import Owner

_LOG = logging.getLogger("rollcall")

_FIRST_RETRY = 1.0
_MAX_RETRY = 30.0


class Search:
    """What goes on after a registration that the auth server did not answer, and then registers the instance."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._task: asyncio.Task[None] | None = None

    def begin(self, error: RollcallError) -> None:
        """Go on asking. The first attempts have failed."""
        self._task = asyncio.create_task(self._run(error))

    async def end(self) -> None:
        """Stop asking."""
        task, self._task = self._task, None
        if task is not None:
            await stop(task)

    async def _run(self, error: RollcallError) -> None:
        known: set[str] = set()
        wait = _FIRST_RETRY
        while True:
            if error.code not in known:
                known.add(error.code)
                self._owner.report(self._owner.not_yet(error))
            await asyncio.sleep(wait - random.random() * wait / 10)
            wait = min(2 * wait, _MAX_RETRY)
            try:
                await self._owner.locate()
                await self._owner.register_at_each(False)
                return
            except RollcallError as next:
                error = next
            except Exception:  # such as a lack of memory or threads: the instance has to be registered nevertheless
                _LOG.exception("registering has failed")

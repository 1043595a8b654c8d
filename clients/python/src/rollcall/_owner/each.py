"""Acts at every broker at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ..errors import RollcallError

if TYPE_CHECKING:
    from .site import Site

Act = Callable[["Site"], Awaitable[bool]]
# Called for each broker at which the act has failed, with whether another one has done it. Returns what is left of it.
Failed = Callable[["Site", RollcallError, bool], Awaitable["RollcallError | None"]]

# Nothing else holds the tasks that go on.
_going_on: set[asyncio.Task[None]] = set()


async def at_each(sites: list[Site], act: Act, failed: Failed, others_wait: float = 0) -> None:
    """Act at every broker at once.

    Returns when one has done it, and the others have ended or have had so much longer, in which they go on. If none has
    done it, raises the first error, if there is one.
    """

    async def attempt(site: Site) -> tuple[Site, bool, RollcallError | None]:
        try:
            return site, await act(site), None
        except RollcallError as error:
            return site, False, error

    tasks = [asyncio.create_task(attempt(site)) for site in sites]
    failures: list[tuple[Site, RollcallError]] = []
    is_done = False
    pending = set(tasks)
    try:
        while pending and not is_done:
            ended, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                site, did_it, error = task.result()
                is_done = is_done or did_it
                if error is not None:
                    failures.append((site, error))
    except BaseException:
        for task in tasks:
            task.cancel()
        raise
    if not is_done:
        await _raise_first(sites, failures, failed)
        return
    rest = asyncio.create_task(_report(pending, failures, failed))
    _going_on.add(rest)
    rest.add_done_callback(_going_on.discard)
    await asyncio.wait({rest}, timeout=others_wait)


async def _report(
    pending: set[asyncio.Task[tuple[Site, bool, RollcallError | None]]],
    failures: list[tuple[Site, RollcallError]],
    failed: Failed,
) -> None:
    for site, error in failures:
        await failed(site, error, True)
    for task in asyncio.as_completed(pending):
        site, _, later = await task
        if later is not None:
            await failed(site, later, True)


async def _raise_first(sites: list[Site], failures: list[tuple[Site, RollcallError]], failed: Failed) -> None:
    left = [(site, await failed(site, error, False)) for site, error in failures]
    errors = {sites.index(site): error for site, error in left if error is not None}
    if errors:
        raise errors[min(errors)]

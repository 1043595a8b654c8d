"""The thread in which everything that takes time runs.

It has an event loop of its own, so that a program without asyncio needs none, and one whose loop is blocked for a while
stays in its presence channel.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class Background:
    """An event loop in a daemon thread."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="rollcall", daemon=True).start()

    def submit(self, work: Coroutine[Any, Any, _Result]) -> concurrent.futures.Future[_Result]:
        """Start work, and return what becomes of it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, _Result], timeout: float | None = None) -> _Result:
        """Run work, and wait for it, or for so many seconds at most."""
        future = self.submit(work)
        try:
            return future.result(timeout)
        except BaseException:
            future.cancel()
            raise

    async def wait(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Run work from another event loop."""
        return await asyncio.wrap_future(self.submit(work))


_current: Background | None = None
_lock = threading.Lock()


def background() -> Background:
    """Return the thread of this process. A thread does not survive a fork, so a child has its own."""
    global _current
    with _lock:
        if _current is None or _current.pid != os.getpid():
            _current = Background()
        return _current


def _forget_lock() -> None:
    # A fork may copy it while another thread holds it.
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_lock)

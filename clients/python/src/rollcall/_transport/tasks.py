"""Time limits and ends of tasks.

``asyncio.wait_for`` is not used: before Python 3.12 it hides a cancellation that comes with the result.
"""

from __future__ import annotations

import asyncio
import sys
from types import TracebackType
from typing import Any

if sys.version_info >= (3, 11):
    from asyncio import timeout
else:

    class timeout:  # named as asyncio.timeout
        """Raises ``asyncio.TimeoutError`` in a block that takes longer than some seconds."""

        def __init__(self, seconds: float) -> None:
            self._seconds = seconds
            self._is_over = False

        async def __aenter__(self) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._end, task)

        def _end(self, task: asyncio.Task[object]) -> None:
            self._is_over = True
            task.cancel()

        async def __aexit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            self._timer.cancel()
            if self._is_over and kind is asyncio.CancelledError:
                raise asyncio.TimeoutError from None


__all__ = ["stop", "timeout"]


async def stop(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait for its end. Unlike awaiting it, that does not hide that the caller is cancelled, too."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # it is of no interest any more

"""The instances of another service, to call them without a gateway."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Literal

from .._background import background
from .._wire.address import parse_prefix
from .._wire.announcement import Announcement
from ..config import Config
from ..errors import Refusal, RollcallError
from .directory import Directory
from .entry import Status, key_of
from .round_robin import WeightedRoundRobin
from .table import Table


@dataclass(frozen=True)
class Picked:
    """An instance that was chosen for a request."""

    announcement: Announcement
    """What the instance announced."""

    @property
    def url(self) -> str:
        """Its base URL, such as ``http://10.0.0.7:3000``. The prefix is not included."""
        return self.announcement.url


class Service:
    """The instances of one prefix, as the registry has them now. Any thread may use it, and a child after a fork."""

    def __init__(self, directory: Directory, prefix: str) -> None:
        # A directory by its process: a fork does not copy the thread in which the one of the parent goes on.
        self._directories = {os.getpid(): directory}
        self._discovering = threading.Lock()
        self._config = directory.config
        self._prefix = prefix
        self._round_robin = WeightedRoundRobin()

    @property
    def _table(self) -> Table:
        """The table of this process. A child that was forked discovers again when it is used first."""
        pid = os.getpid()
        if pid not in self._directories:
            with self._discovering:
                if pid not in self._directories:
                    self._directories[pid] = background().run(_opened(self._config, self._prefix, False))
        return self._directories[pid].table

    def pick(self) -> Picked | None:
        """Return the next instance, in proportion to weight, or None if no instance receives traffic.

        It is one of the healthy instances, or of the suspect ones if none is healthy.
        """
        chosen = self._round_robin.next(self._table.routable(self._prefix))
        return None if chosen is None else Picked(chosen)

    def instances(self) -> Mapping[str, tuple[Announcement, Status]]:
        """Return all instances by id, with their state, also the ones that receive no traffic."""
        entries = [each for each in self._table.all() if each.announcement.prefix == self._prefix]
        return {key_of(each.announcement): (each.announcement, each.status) for each in entries}

    def report_outcome(self, picked: Picked, verdict: Literal["ok", "refused", "failed"]) -> None:
        """Report how a request ended. After ``refused``, an instance is not picked until it has passed a probe."""
        table = self._table

        async def probed() -> None:
            table.probed(key_of(picked.announcement), verdict, time.monotonic())

        background().submit(probed())

    def close(self) -> None:
        """Disconnect from the broker."""
        directory = self._directories.get(os.getpid())
        if directory is not None:
            background().submit(directory.close())

    def __enter__(self) -> Service:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def discover(prefix: str, *, config: Config | None = None, require_broker: bool = False) -> Service:
    """Find the instances of a prefix, to call them without a gateway.

    Returns when the broker has shown an instance that receives traffic. If it shows none, returns when a gateway has
    answered, or after 1.5 s. The table is kept up to date until ``close()``.

    Raises ``RollcallError`` with ROLLCALL_CONFIG or ROLLCALL_ANNOUNCEMENT; with ``require_broker`` also with the code
    of the fault if no broker can be reached. By default that is logged, and the table is filled once it can.

    >>> orders = rollcall.discover("/orders")  # doctest: +SKIP
    >>> requests.get(f"{orders.pick().url}/orders")  # doctest: +SKIP
    """
    return background().run(discovered(prefix, config, require_broker))


async def discovered(prefix: str, config: Config | None, require_broker: bool) -> Service:
    """Discover, in the event loop in which the directory will run."""
    try:
        canonical = parse_prefix(prefix)
    except Refusal as refusal:
        raise RollcallError("ROLLCALL_ANNOUNCEMENT", str(refusal)) from refusal
    return Service(await _opened(config or Config.from_env(), canonical, require_broker), canonical)


async def _opened(config: Config, prefix: str, require_broker: bool) -> Directory:
    directory = Directory(config)
    error = await directory.connected()
    if error is not None and require_broker:
        await directory.close()
        raise error
    if error is None:
        await directory.ready(prefix)
    return directory

"""The connection of an observer to one broker of its registry."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable

from .._transport.access import Access
from .._transport.link import Link
from .._transport.tasks import stop
from .._wire.announcement import Announcement, parse_announcement
from .._wire.frame import Fault, Frame
from .._wire.json_text import Json
from .._wire.roll_call import hash_of
from ..errors import Refusal, RollcallError
from .entry import key_of
from .presence import PresenceChannels
from .table import Table

_LOG = logging.getLogger("rollcall")

_LIST_EVERY = 30.0
# The first wait after a listing or a roll call that failed. It doubles with each further failure.
_LIST_AGAIN = 1.0
# How long to wait for snapshots before the owners are asked.
_SNAPSHOTS = 2.0
# How many entries an event holds, sealing included.
_DIGEST_PLAIN, _DIGEST_SEALED = 1428, 1028


class Session:
    """Subscribes to the registry at a broker, and has a table learn what comes."""

    def __init__(self, access: Access, broker: int, table: Table, changed: Callable[[], None]) -> None:
        self._access = access
        self._broker = broker
        self._table = table
        self._changed = changed
        self._nonces: set[str] = set()
        self._failure_codes: set[str] = set()
        # Why the first attempt has failed, or None once it has succeeded.
        self.attempted: asyncio.Future[RollcallError | None] = asyncio.get_running_loop().create_future()
        self.is_resynced = False
        self.is_answered = False

    async def run(self) -> None:
        """Stay subscribed, until this is cancelled."""
        while True:
            try:
                await self._connected()
            except Fault as fault:
                self._failed(self._access.describe(fault))
            except Exception:  # of this program: it must not end the table for good
                _LOG.exception("the connection to the broker at %s has failed", self._access.broker)
            await asyncio.sleep(self._access.timing.until_reconnect())

    def _failed(self, error: RollcallError) -> None:
        if not self.attempted.done():
            self.attempted.set_result(error)
        if error.code not in self._failure_codes:
            self._failure_codes.add(error.code)
            _LOG.warning("not connected, retrying: %s", error)

    async def _connected(self) -> None:
        link = await Link.open(self._access)
        try:
            registry = self._access.channels.registry
            await link.subscribe(await self._access.admit(link.socket_id, registry))
            self._table.link(self._broker, True, time.monotonic())
            presence = PresenceChannels(self._access, self._broker, link, self._table)
            self._failure_codes.clear()
            failure = await self._failure_of(self._call_roll(registry, link))
            if not self.attempted.done():
                self.attempted.set_result(failure)
            uncalled = [] if failure is None else [registry]
            await self._listen(link, presence, [*uncalled, self._access.channels.owners])
        finally:
            self._table.link(self._broker, False, time.monotonic())
            self._changed()
            await link.close()

    async def _call_roll(self, channel: str, link: Link) -> None:
        """Ask for what the table lacks."""
        most = _DIGEST_SEALED if self._access.sealer is not None else _DIGEST_PLAIN
        held = list(self._table.statements())
        digest = "".join(hash_of(key_of(each), each.inc, each.seq, left) for each, left in held[:most])
        nonce = secrets.token_urlsafe(12)
        self._nonces.add(nonce)
        data: Json = {"nonce": nonce, "digest": digest, "size": len(held)}
        await self._access.publish(channel, "rollcall", data, link.socket_id)

    async def _failure_of(self, request: Awaitable[None]) -> RollcallError | None:
        """Await a request, and return why it has failed: what comes by the connection is good all the same."""
        try:
            await request
        except Fault as fault:
            error = self._access.describe(fault)
            if error.code not in self._failure_codes:
                self._failure_codes.add(error.code)
                _LOG.warning("%s", error)
            return error
        return None

    async def _listen(self, link: Link, presence: PresenceChannels, uncalled: list[str]) -> None:
        resync = asyncio.create_task(self._keep_listing(link, presence, uncalled))
        try:
            while not link.is_lost:
                link.wake.clear()
                while link.frames:
                    await self._receive(link.frames.popleft(), presence)
                await presence.follow_table()
                self._changed()
                if not link.frames and not link.is_lost:
                    await link.wake.wait()
        finally:
            await stop(resync)

    async def _keep_listing(self, link: Link, presence: PresenceChannels, uncalled: list[str]) -> None:
        """Learn which instances are running, then ask for what no snapshot had, and look again later."""
        wait = _LIST_AGAIN
        while True:
            is_listed = False
            try:
                is_listed = await self._failure_of(self._list(presence)) is None
                await self._snapshots(presence)
                uncalled = [each for each in uncalled if await self._failure_of(self._call_roll(each, link))]
            except Exception:  # such as a lack of memory or threads: it must not end the listing for good
                _LOG.exception("asking the broker at %s has failed", self._access.broker)
            if is_listed and not uncalled:
                wait = _LIST_EVERY
                self._failure_codes.clear()
                self.is_resynced = True
                self._changed()
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LIST_EVERY)

    async def _list(self, presence: PresenceChannels) -> None:
        await presence.verify(await self._access.presence_channels())

    async def _snapshots(self, presence: PresenceChannels) -> None:
        end = time.monotonic() + _SNAPSHOTS
        while presence.awaited and time.monotonic() < end:
            await asyncio.sleep(0.02)

    async def _receive(self, frame: Frame, presence: PresenceChannels) -> None:
        now, channels = time.monotonic(), self._access.channels
        if frame.channel.startswith(channels.presence_prefix):
            await presence.receive(frame.channel[len(channels.presence_prefix) :], frame, now)
        elif frame.channel == channels.registry and frame.event in ("register", "exit", "table"):
            data = self._access.open(frame, None)
            if frame.event != "table":
                announcement = _announcement_of(data)
                if announcement is not None:
                    self._table.received(announcement, frame.event == "exit", now)
            elif isinstance(data, dict):
                self._take_table(data, now)

    def _take_table(self, data: dict[str, Json], now: float) -> None:
        for name in ("up", "left"):
            entries = data.get(name)
            for each in entries if isinstance(entries, list) else []:
                announcement = _announcement_of(each)
                if announcement is not None:
                    self._table.relayed(announcement, name == "left", now)
        nonce = data.get("nonce")
        self.is_answered = self.is_answered or (isinstance(nonce, str) and nonce in self._nonces)


def _announcement_of(data: Json) -> Announcement | None:
    try:
        return parse_announcement(data)
    except Refusal as refusal:
        _LOG.debug("refused an announcement: %s", refusal)
        return None

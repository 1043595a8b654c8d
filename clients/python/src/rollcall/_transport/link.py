"""A WebSocket connection to a broker."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import deque

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from .._version import __version__
from .._wire.frame import (
    ESTABLISHED,
    PING,
    PONG,
    SUBSCRIBE,
    SUBSCRIBED,
    UNSUBSCRIBE,
    Fault,
    Frame,
    closed_because,
    parse_frame,
)
from .._wire.json_text import Json, encode
from .access import Access, Admission
from .exchange import cause_of, judge
from .tasks import stop
from .tasks import timeout as _timeout

_SOCKET_ID = re.compile(r"[0-9]{1,20}\.[0-9]{1,20}")
# A presence channel may list 100 members of 1 KB, and JSON as text escapes every quote.
_MAX_FRAME_BYTES = 1 << 20
_CLOSE_TIMEOUT = 1.0
# How many frames wait until what reads them has time. The server waits then, too.
_MAX_WAITING = 10_000
_PAUSE = 0.05


class _Connect(connect):
    """Follows no redirect, which would lead to a server that is not configured."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Link:
    """An open connection. Frames that come wait in ``frames``; ``wake`` is set for each, and when it is lost."""

    def __init__(self, access: Access, socket: ClientConnection) -> None:
        self.socket_id = ""
        self.frames: deque[Frame] = deque()
        self.wake = asyncio.Event()
        self.is_lost = False
        self.keys: dict[str, bytes | None] = {}
        self._access = access
        self._socket = socket
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._reader: asyncio.Task[None] | None = None

    @staticmethod
    async def open(access: Access) -> Link:
        """Connect to a server that has sent its first frame. Raises ``Fault``."""
        timeout = access.timing.request
        try:
            async with _timeout(timeout):
                socket = await _Connect(
                    _url(access),
                    max_size=_MAX_FRAME_BYTES,
                    ping_interval=None,
                    open_timeout=None,
                    close_timeout=_CLOSE_TIMEOUT,
                )
                link = Link(access, socket)
                try:
                    activity = await link._greeted()
                except BaseException:
                    await link.close()
                    raise
        except InvalidStatus as refused:
            judge(refused.response.status_code, bytes(refused.response.body or b""))
            raise Fault("it accepts no WebSocket connection", is_refused=True) from None
        except ConnectionClosed as closed:
            raise _closed(closed) from None
        except asyncio.TimeoutError:
            raise Fault(f"no answer within {timeout:g} s") from None
        except (OSError, WebSocketException, ImportError, ValueError) as error:
            # The last two are of a proxy in the environment that cannot be used.
            raise Fault(cause_of(error)) from None
        link._reader = asyncio.create_task(link._listen(activity))
        return link

    async def _greeted(self) -> float:
        """Wait for the server's first frame, and return for how long the server tolerates silence."""
        first = parse_frame(await self._socket.recv())
        if first is not None and (refusal := first.refusal) is not None:
            raise refusal
        data = first.data if first is not None and first.event == ESTABLISHED else None
        socket_id = data.get("socket_id") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(socket_id, str) or not _SOCKET_ID.fullmatch(socket_id):
            raise Fault("its greeting is not Pusher's: is that a Pusher-compatible server?", is_refused=True)
        self.socket_id = socket_id
        theirs, own = data.get("activity_timeout"), self._access.timing.activity
        is_shorter = isinstance(theirs, (int, float)) and 0 < theirs < own
        return float(theirs) if isinstance(theirs, (int, float)) and is_shorter else own

    async def _listen(self, activity: float) -> None:
        """Take in what comes. It pings a silent server: a link whose other end is gone shows only silence."""
        try:
            while True:
                try:
                    async with _timeout(activity):
                        text = await self._socket.recv()
                except asyncio.TimeoutError:
                    await self._send(PING, {})
                    async with _timeout(self._access.timing.pong):
                        text = await self._socket.recv()
                await self._take(text)
        except (asyncio.TimeoutError, WebSocketException, OSError):
            pass
        finally:
            self._lose()
            self._socket.transport.abort()

    async def _take(self, text: str | bytes) -> None:
        frame = parse_frame(text)
        if frame is None or frame.event == PONG:
            return
        if frame.event == PING:
            await self._send(PONG, {})
            return
        while len(self.frames) >= _MAX_WAITING:
            await asyncio.sleep(_PAUSE)
        self.frames.append(frame)
        self.wake.set()
        if (refusal := frame.refusal) is not None:
            refused = [frame.channel] if frame.channel in self._waiting else list(self._waiting)
            for channel in refused:
                self._settle(channel, refusal)
        elif frame.event == SUBSCRIBED:
            self._settle(frame.channel, None)

    def _settle(self, channel: str, fault: Fault | None) -> None:
        future = self._waiting.pop(channel, None)
        if future is None or future.done():
            return
        if fault is None:
            future.set_result(None)
        else:
            future.set_exception(fault)

    def _lose(self) -> None:
        self.is_lost = True
        for channel in list(self._waiting):
            self._settle(channel, Fault("the connection was lost"))
        self.wake.set()

    async def _send(self, event: str, data: Json) -> None:
        """Send a frame. A link that does not carry it is lost, which is noticed."""
        with contextlib.suppress(WebSocketException, OSError, asyncio.TimeoutError):
            async with _timeout(self._access.timing.pong):
                await self._socket.send(encode({"event": event, "data": data}))

    async def subscribe(self, *admissions: Admission) -> None:
        """Return when all channels are subscribed. Raises ``Fault``."""
        if self.is_lost:
            raise Fault("the connection was lost")
        loop = asyncio.get_running_loop()
        futures = []
        for each in admissions:
            future: asyncio.Future[None] = loop.create_future()
            self._waiting[each.channel] = future
            futures.append(future)
            await self.request(each)
        try:
            async with _timeout(self._access.timing.request):
                await asyncio.gather(*futures)
        except asyncio.TimeoutError:
            raise Fault(f"no answer within {self._access.timing.request:g} s") from None
        finally:
            for each in admissions:
                self._waiting.pop(each.channel, None)

    async def request(self, admission: Admission) -> None:
        """Ask for a subscription. What becomes of it comes as a frame."""
        self.keys[admission.channel] = admission.key
        await self._send(SUBSCRIBE, dict(admission.request))

    async def unsubscribe(self, channel: str) -> None:
        """Leave a channel."""
        self.keys.pop(channel, None)
        await self._send(UNSUBSCRIBE, {"channel": channel})

    async def close(self) -> None:
        """Close the connection."""
        reader, self._reader = self._reader, None
        with contextlib.suppress(Exception):
            await self._socket.close()
        if reader is not None:
            await stop(reader)


def _url(access: Access) -> str:
    broker = access.broker
    scheme = "wss" if broker.tls else "ws"
    at = broker.authority if broker.host else f"ws-{broker.cluster}.pusher.com"
    query = f"protocol=7&client=rollcall-python&version={__version__}&flash=false"
    return f"{scheme}://{at}/app/{broker.key}?{query}"


def _closed(closed: ConnectionClosed) -> Fault:
    if closed.rcvd is None:
        return Fault("the connection was closed")
    return closed_because(closed.rcvd.code, closed.rcvd.reason)

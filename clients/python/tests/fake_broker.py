"""A broker that does as a test says."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve

from rollcall import Broker, Config
from rollcall._transport.access import Timing

FAST = Timing(request=5.0, retries=(0.01, 0.01), activity=30, pong=30, reconnect=0.02)
# It notices a silent broker soon. A machine that stalls for half a second is one too.
IMPATIENT = dataclasses.replace(FAST, activity=0.3, pong=0.3)
Answer = tuple[int, str]


class FakeBroker:
    """Records what is published and subscribed. ``answer`` decides what becomes of a request."""

    def __init__(self) -> None:
        self.port = 0
        self.events: list[tuple[str, str, Any]] = []
        self.requests: list[str] = []
        self.subscribed: list[dict[str, Any]] = []
        self.left: list[str] = []
        self.connections: list[ServerConnection] = []
        self.is_mute = False
        self.answer: Callable[[str, str], Answer] = lambda path, body: (200, "{}")
        self.authorize: Callable[[dict[str, Any]], tuple[str, Any]] = _succeed
        self.greeting: dict[str, Any] = {"socket_id": "1.2", "activity_timeout": 120}
        self._changed = asyncio.Event()
        self._front: asyncio.Server | None = None
        self._sockets: Server | None = None
        self._serving: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        self._sockets = await serve(self._connected, "127.0.0.1", 0)
        self._front = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._front.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._front is not None
        assert self._sockets is not None
        self._front.close()
        self._sockets.close()
        await self._sockets.wait_closed()
        # A server of asyncio leaves its connections open.
        serving = list(self._serving)
        for each in serving:
            each.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def config(self, **fields: Any) -> Config:
        return Config(brokers=(Broker("app", "key", "s3cret", "127.0.0.1", self.port),), **fields)

    async def until(self, condition: Callable[[], object]) -> None:
        async def wait() -> None:
            while not condition():
                self._changed.clear()
                await self._changed.wait()

        await asyncio.wait_for(wait(), 5)

    async def send(self, event: str, channel: str, data: Any) -> None:
        message = json.dumps({"event": event, "channel": channel, "data": json.dumps(data)})
        for each in self.connections:
            await each.send(message)

    async def drop(self) -> None:
        for each in list(self.connections):
            each.transport.abort()
        await self.until(lambda: not self.connections)

    def published(self, event: str) -> list[Any]:
        return [data for name, _, data in self.events if name == event]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                head = await reader.readuntil(b"\r\n\r\n")
                if b"upgrade: websocket" in head.lower():
                    await self._pass_on(head, reader, writer)
                else:
                    await self._answer(head.decode(), reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._serving.discard(task)

    async def _answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = next((line[15:] for line in head.split("\r\n") if line.lower().startswith("content-length:")), "0")
        body = (await reader.readexactly(int(length))).decode()
        path = head.split(" ")[1]
        self.requests.append(path)
        status, text = self.answer(path, body)
        if 200 <= status < 300 and path.split("?")[0].endswith("/events"):
            event = json.loads(body)
            self.events.append((event["name"], event["channels"][0], json.loads(event["data"])))
        self._changed.set()
        answer = f"HTTP/1.1 {status} X\r\nContent-Length: {len(text.encode())}\r\nConnection: close\r\n\r\n{text}"
        writer.write(answer.encode())
        await writer.drain()

    async def _pass_on(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._sockets is not None
        port = next(iter(self._sockets.sockets)).getsockname()[1]
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        inner_writer.write(head)
        await asyncio.gather(_pipe(reader, inner_writer), _pipe(inner_reader, writer))

    async def _connected(self, socket: ServerConnection) -> None:
        await socket.send(json.dumps({"event": "pusher:connection_established", "data": json.dumps(self.greeting)}))
        self.connections.append(socket)
        self._changed.set()
        with contextlib.suppress(Exception):
            async for text in socket:
                await self._received(socket, json.loads(text))
        self.connections.remove(socket)
        self._changed.set()

    async def _received(self, socket: ServerConnection, frame: dict[str, Any]) -> None:
        if self.is_mute:
            return
        data = frame["data"]
        if frame["event"] == "pusher:ping":
            await socket.send('{"event":"pusher:pong","data":{}}')
        elif frame["event"] == "pusher:unsubscribe":
            self.left.append(data["channel"])
        elif frame["event"] == "pusher:subscribe":
            self.subscribed.append(data)
            event, answer = self.authorize(data)
            message = {"event": event, "channel": data["channel"], "data": json.dumps(answer)}
            await socket.send(json.dumps(message))
        self._changed.set()


def _succeed(data: dict[str, Any]) -> tuple[str, Any]:
    answer: Any = {}
    if data["channel"].startswith("presence-"):
        member = json.loads(data["channel_data"])
        id = member["user_id"]
        answer = {"presence": {"ids": [id], "hash": {id: member.get("user_info")}, "count": 1}}
    return "pusher_internal:subscription_succeeded", answer


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
    finally:
        writer.transport.abort()


@contextlib.asynccontextmanager
async def fake_broker() -> AsyncIterator[FakeBroker]:
    broker = FakeBroker()
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()

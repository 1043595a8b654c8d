"""The lifespan of ASGI applications."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

import rollcall
from rollcall import Broker, Config
from rollcall._serve import asgi as asgi_module
from rollcall._serve.asgi import AsgiApp, Message, Receive, Send, _Lifespan
from rollcall._serve.server import Server
from rollcall._serve.signals import Leaving

Scope = Any


class FakeServer:
    """Records what a lifespan does to a registration."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.fault: Exception | None = None
        self.traffic = self

    def requested(self) -> None:
        self.log.append("requested")

    def start(self) -> None:
        if self.fault is not None:
            raise self.fault
        self.log.append("start")

    async def leave(self) -> None:
        self.log.append("leave")


async def lifespan(app: AsgiApp) -> list[str]:
    """Run the lifespan of an application, and return what has happened."""
    server = FakeServer()
    messages = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> Message:
        return {"type": next(messages)}

    async def send(message: Message) -> None:
        server.log.append(message["type"].removeprefix("lifespan."))

    await _Lifespan(app, server, receive, send).run({"type": "lifespan"})  # type: ignore[arg-type]
    return server.log


async def supporting(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def raising(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("only HTTP")


async def ignoring(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()


@pytest.mark.parametrize("app", [supporting, raising, ignoring])
def test_registers_when_it_has_started_and_leaves_before_it_stops(app: AsgiApp) -> None:
    assert asyncio.run(lifespan(app)) == ["start", "startup.complete", "leave", "shutdown.complete"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    made = FakeServer()
    monkeypatch.setattr(asgi_module, "Server", lambda options: made)
    return made


async def unused() -> Message:
    raise AssertionError("the application receives nothing")


async def ignored(message: Message) -> None:
    pass


async def call(app: AsgiApp, kind: str, receive: Receive = unused) -> None:
    await app({"type": kind}, receive, ignored)


async def http(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        raise ValueError("only HTTP")


def test_without_a_lifespan_it_registers_at_its_first_request(
    server: FakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    app = rollcall.asgi(http, prefix="/v1", port=8000)
    for kind in ("http", "websocket"):
        asyncio.run(call(app, kind))
    assert server.log == ["start", "requested", "requested"]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "no lifespan" in caplog.text


def test_a_request_is_answered_even_if_it_cannot_register(server: FakeServer, caplog: pytest.LogCaptureFixture) -> None:
    server.fault = RuntimeError("can't start new thread")
    app = rollcall.asgi(http, prefix="/v1", port=8000)
    asyncio.run(call(app, "http"))
    assert server.log == ["requested"]
    assert "can't start new thread" in caplog.text


def test_with_a_lifespan_requests_do_not_register(server: FakeServer) -> None:
    app = rollcall.asgi(supporting, prefix="/v1", port=8000)
    messages = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> Message:
        return {"type": next(messages)}

    async def request() -> Message:
        return {"type": "http.request"}

    asyncio.run(call(app, "lifespan", receive))
    asyncio.run(call(app, "http", request))
    assert server.log == ["start", "leave", "requested"]


def test_what_keeps_a_service_from_being_registered_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def register() -> None:
        raise RuntimeError("can't start new thread")

    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            config = Config(brokers=(Broker("app", "key", "s3cret", "127.0.0.1", 9),))
            server = Server({"prefix": "/v1", "port": port, "config": config})
            server._owner.register = register  # type: ignore[method-assign]
            await server._register(Leaving(server._owner, server.traffic))

    asyncio.run(test())
    assert "not registered" in caplog.text
    assert "can't start new thread" in caplog.text


def test_an_application_that_fails_to_start_is_not_registered() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    assert asyncio.run(lifespan(failing)) == ["startup.failed"]


def test_a_fault_after_the_start_is_not_hidden() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        raise ValueError("lost")

    with pytest.raises(ValueError, match="lost"):
        asyncio.run(lifespan(broken))

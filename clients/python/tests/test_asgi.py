"""The lifespan of ASGI applications."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rollcall._serve.asgi import AsgiApp, Message, Receive, Send, _Lifespan

Scope = Any


class FakeServer:
    """Records what a lifespan does to a registration."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def start(self) -> None:
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

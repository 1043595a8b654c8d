"""Registers ASGI applications."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from .server import Server

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._owner.options import RegisterOptions

_LOG = logging.getLogger("rollcall")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def asgi(app: AsgiApp, **options: Unpack[RegisterOptions]) -> AsgiApp:
    """Return the application, registered while its server listens.

    On SIGTERM and SIGINT it leaves the registry, serves until no request comes any more, and only then lets the server
    stop. Each process of a server registers itself. Processes that share a port are one instance for gateways. The
    application need not support the lifespan protocol. If its server does not, as Daphne, or an application in which it
    is mounted, it is registered only at its first request.

    Raises ``RollcallError`` as ``register()`` does.

    >>> app = rollcall.asgi(app, prefix="/v1", port=8000)  # doctest: +SKIP
    """
    server = Server(options)
    has_begun = False

    async def registered(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        nonlocal has_begun
        is_first, has_begun = not has_begun, True
        if scope["type"] == "lifespan":
            await _Lifespan(app, server, receive, send).run(scope)
            return
        if is_first:
            _start_late(server)
        server.traffic.requested()
        await app(scope, receive, send)

    return registered


def _start_late(server: Server) -> None:
    """Begin to register at the first request, because no lifespan came before it. That never fails the request."""
    _LOG.warning(
        "registering only now, at the first request: the server, or the application that this one is mounted in, runs "
        "no lifespan of it"
    )
    try:
        server.start()
    except Exception:
        _LOG.exception("not registered")


class _Lifespan:
    """Passes on the lifespan of an application, and speaks for one that does not support it."""

    def __init__(self, app: AsgiApp, server: Server, receive: Receive, send: Send) -> None:
        self._app = app
        self._server = server
        self._receive = receive
        self._send = send
        self._has_answered = False

    async def run(self, scope: MutableMapping[str, Any]) -> None:
        try:
            await self._app(scope, self._receive_next, self._send_on)
        except Exception:
            # An application that raises before it answers does not support the protocol, as the specification says.
            if self._has_answered:
                raise
        else:
            if self._has_answered:
                return
        await self._speak()

    async def _receive_next(self) -> Message:
        message = await self._receive()
        if message["type"] == "lifespan.shutdown":
            await self._server.leave()
        return message

    async def _send_on(self, message: Message) -> None:
        self._has_answered = True
        if message["type"] == "lifespan.startup.complete":
            self._server.start()
        await self._send(message)

    async def _speak(self) -> None:
        """Answer for the application, which may have received the startup or not."""
        self._server.start()
        await self._send({"type": "lifespan.startup.complete"})
        while (await self._receive_next())["type"] != "lifespan.shutdown":
            pass
        await self._send({"type": "lifespan.shutdown.complete"})

"""Registers WSGI applications."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .server import Server

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._owner.options import RegisterOptions

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def wsgi(app: WsgiApp, **options: Unpack[RegisterOptions]) -> WsgiApp:
    """Return the application, registered while its server listens.

    On SIGTERM and SIGINT it leaves the registry, serves until no request comes any more, and only then lets the server
    stop. Each process of a server registers itself. Processes that share a port are one instance for gateways.

    Raises ``RollcallError`` as ``register()`` does.

    >>> app = rollcall.wsgi(app, prefix="/v1", port=8000)  # doctest: +SKIP
    """
    server = Server(options)

    def registered(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        server.traffic.requested()
        return app(environ, start_response)

    server.start()
    return registered

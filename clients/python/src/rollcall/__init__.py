"""Registers Python services with Rollcall, and finds the instances of other services.

The registry is a Pusher channel. A service that listens announces itself on it, and leaves before it stops::

    import rollcall

    rollcall.register(prefix="/v1", port=8000)

An application of a web server is registered in one line::

    app = rollcall.asgi(app, prefix="/v1", port=8000)  # FastAPI, Starlette, Django, Quart
    app = rollcall.wsgi(app, prefix="/v1", port=8000)  # Flask, Django

``rollcall.aio`` has the same functions for asyncio. Where the registry is, and the credentials to use it, are read from
the environment: see ``Config``.
"""

from ._observer.service import Picked, Service, discover
from ._owner.options import RegisterOptions, UpdateOptions
from ._owner.registration import Registration, register
from ._serve.asgi import asgi
from ._serve.wsgi import wsgi
from ._version import __version__
from ._wire.announcement import Announcement
from ._wire.objects import Health, Policy, Tls
from .config import Broker, Config
from .errors import Refusal, RollcallError

__all__ = [
    "Announcement",
    "Broker",
    "Config",
    "Health",
    "Picked",
    "Policy",
    "Refusal",
    "RegisterOptions",
    "Registration",
    "RollcallError",
    "Service",
    "Tls",
    "UpdateOptions",
    "__version__",
    "asgi",
    "discover",
    "register",
    "wsgi",
]

"""Probes of instances that are suspect or down."""

from __future__ import annotations

import asyncio
import errno

from .._transport.tasks import timeout
from .._wire.address import url_host
from .._wire.announcement import Announcement
from .table import Verdict

_TIMEOUT = 1.0
_NOT_IMPLEMENTED = 501
# This machine lacks descriptors, ports or memory, which says nothing of an instance.
_OWN_SHORTAGE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})


async def probe(announcement: Announcement) -> Verdict | None:
    """Request the health path of an instance. Return None if this machine could not.

    One that does not speak plain HTTP/1.1, or announces another check than a request, has to accept a connection only.
    """
    if_late: Verdict = "unreachable"
    try:
        async with timeout(_TIMEOUT):
            reader, writer = await asyncio.open_connection(announcement.address, announcement.port)
            if_late = "timeout"
            try:
                health = announcement.health
                if announcement.scheme not in (None, "http") or (health is not None and health.method == "GRPC"):
                    return "ok"
                writer.write(_request(announcement))
                return _judge(await reader.readline(), health is not None)
            finally:
                writer.close()
    except asyncio.TimeoutError:
        return if_late
    except ConnectionRefusedError:
        return "refused"
    except (OSError, ValueError) as error:
        return None if isinstance(error, OSError) and error.errno in _OWN_SHORTAGE else "failed"


def _request(announcement: Announcement) -> bytes:
    health = announcement.health
    method, path = (health.method, health.path) if health is not None else ("GET", "/health")
    host = health.host if health is not None else None
    at = host or f"{url_host(announcement.address)}:{announcement.port}"
    return f"{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n".encode()


def _judge(line: bytes, has_path: bool) -> Verdict:
    parts = line.split(b" ", 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/1.") or not parts[1].isdigit():
        return "failed"
    status = int(parts[1])
    if has_path:
        return "ok" if status < 400 else "failed"
    return "failed" if status >= 500 and status != _NOT_IMPLEMENTED else "ok"

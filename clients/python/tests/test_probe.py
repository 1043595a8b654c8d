"""What a probe of an instance finds."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from typing import Any

import pytest

from rollcall._observer import probe as module
from rollcall._observer.probe import probe
from rollcall._wire.announcement import parse_announcement


async def probe_of(port: int) -> str | None:
    return await probe(parse_announcement({"prefix": "/v1", "port": port, "address": "127.0.0.1"}))


async def probe_of_a_server(answer: bytes) -> str | None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        with contextlib.suppress(OSError):
            await reader.read()
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        ended.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        verdict = await probe_of(server.sockets[0].getsockname()[1])
        await ended.wait()
        return verdict


def failing(error: OSError) -> Any:
    async def open_connection(host: str, port: int) -> None:
        raise error

    return open_connection


async def hanging(host: str, port: int) -> None:
    await asyncio.Event().wait()


def test_one_that_accepts_a_connection_and_does_not_answer_may_be_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TIMEOUT", 0.2)
    assert asyncio.run(probe_of_a_server(b"")) == "timeout"
    assert asyncio.run(probe_of_a_server(b"HTTP/1.1 404 Not Found\r\n\r\n")) == "ok"


def test_one_to_which_no_connection_is_made_in_time_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TIMEOUT", 0.02)
    monkeypatch.setattr(asyncio, "open_connection", hanging)
    assert asyncio.run(probe_of(1)) == "unreachable"


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL])
def test_what_this_machine_lacks_says_nothing_of_an_instance(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "open_connection", failing(OSError(code, os.strerror(code))))
    assert asyncio.run(probe_of(1)) is None


@pytest.mark.parametrize(("code", "verdict"), [(errno.ECONNREFUSED, "refused"), (errno.EHOSTUNREACH, "failed")])
def test_what_the_network_says_counts(code: int, verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "open_connection", failing(OSError(code, os.strerror(code))))
    assert asyncio.run(probe_of(1)) == verdict

"""Whole programs, and how they end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from .fake_broker import FakeBroker, fake_broker

SOURCES = str(Path(__file__).parents[1] / "src")
REGISTER = (
    "import os, signal, sys, time, rollcall\n"
    "r = rollcall.register(prefix='/v1', port=8000)\n"
    "print('ready', flush=True)\n"
)
OWN_HANDLER = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(8))\n"
WAIT = "while True: time.sleep(0.05)\n"


class Program:
    """A process of Python."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> str:
        assert self.process.stdout is not None
        return (await asyncio.wait_for(self.process.stdout.readline(), 20)).decode().strip()

    async def write(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())
        await self.process.stdin.drain()

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), 20)

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.ended()


async def start(broker: FakeBroker, code: str) -> Program:
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": SOURCES,
        "PUSHER_PORT": str(broker.port),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "-c",
        code,
        env=env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    return Program(process)


def run(test: Callable[[FakeBroker], Awaitable[None]]) -> None:
    async def within() -> None:
        async with fake_broker() as broker:
            await test(broker)

    asyncio.run(within())


@pytest.mark.parametrize(
    ("code", "number", "status"),
    [
        (REGISTER + WAIT, signal.SIGTERM, -signal.SIGTERM),
        (REGISTER + "try:\n    while True: time.sleep(0.05)\nexcept KeyboardInterrupt: sys.exit(7)", signal.SIGINT, 7),
        (
            OWN_HANDLER + REGISTER + WAIT,
            signal.SIGTERM,
            8,
        ),
    ],
    ids=["default action", "KeyboardInterrupt", "own handler"],
)
def test_a_signal_does_what_it_would_have_done_after_the_service_has_left(
    code: str, number: signal.Signals, status: int
) -> None:
    async def test(broker: FakeBroker) -> None:
        program = await start(broker, code)
        assert await program.line() == "ready"
        program.process.send_signal(number)
        program.process.send_signal(number)  # as a terminal and a parent do
        await broker.until(lambda: broker.published("exit"))
        left_at = time.monotonic()
        assert await program.ended() == status
        assert time.monotonic() - left_at > 0.4
        assert len(broker.published("exit")) == 1

    run(test)


@pytest.mark.parametrize("leave", ["raise RuntimeError('no thread')", "time.sleep(60)"], ids=["raises", "blocks"])
def test_a_signal_does_what_it_would_have_done_even_if_leaving_fails(leave: str) -> None:
    async def test(broker: FakeBroker) -> None:
        code = REGISTER + f"async def leave():\n    {leave}\nr.owner.leave = leave\n" + WAIT
        program = await start(broker, "import rollcall._serve.signals as s; s._MAX_WAIT = 0.5\n" + code)
        assert await program.line() == "ready"
        program.process.send_signal(signal.SIGTERM)
        try:
            assert await program.ended() == -signal.SIGTERM
        finally:
            await program.kill()

    run(test)


def test_one_registration_that_cannot_leave_does_not_keep_another_one_from_leaving() -> None:
    async def test(broker: FakeBroker) -> None:
        code = (
            "async def leave(): raise RuntimeError('no thread')\n"
            "r.owner.leave = leave\n"
            "rollcall.register(prefix='/v2', port=8001)\n"
        )
        program = await start(broker, REGISTER + code + "print('both', flush=True)\n" + WAIT)
        assert [await program.line(), await program.line()] == ["ready", "both"]
        program.process.send_signal(signal.SIGTERM)
        await broker.until(lambda: broker.published("exit"))
        left_at = time.monotonic()
        try:
            assert await program.ended() == -signal.SIGTERM
        finally:
            await program.kill()
        # It goes on for as long as requests may still come.
        assert time.monotonic() - left_at > 0.4
        assert [data["prefix"] for data in broker.published("exit")] == ["/v2"]

    run(test)


def test_a_program_that_ends_publishes_its_exit() -> None:
    async def test(broker: FakeBroker) -> None:
        program = await start(broker, REGISTER)
        assert await program.ended() == 0
        assert len(broker.published("exit")) == 1

    run(test)


def test_a_program_that_ends_publishes_its_exit_even_if_that_of_another_registration_fails() -> None:
    async def test(broker: FakeBroker) -> None:
        code = "r.owner.exit_blocking = lambda timeout: 1 / 0\nrollcall.register(prefix='/v2', port=8001)\n"
        program = await start(broker, REGISTER + code)
        assert await program.ended() == 0
        assert [data["prefix"] for data in broker.published("exit")] == ["/v2"]

    run(test)


def test_a_function_of_the_program_that_exits_does_not_end_the_registration() -> None:
    async def test(broker: FakeBroker) -> None:
        code = REGISTER.replace("8000", "8000, on_registered=lambda _: sys.exit(3)")
        program = await start(broker, code + "print(r.is_registered, flush=True)\n" + WAIT)
        try:
            assert [await program.line(), await program.line()] == ["ready", "True"]
        finally:
            await program.kill()

    run(test)


def test_a_forked_child_withdraws_nothing() -> None:
    async def test(broker: FakeBroker) -> None:
        code = REGISTER + "if os.fork() == 0: sys.exit(0)\nos.wait()\nprint('forked', flush=True)\n" + WAIT
        # Python 3.12 warns of forks of programs with threads.
        program = await start(broker, "import warnings; warnings.simplefilter('ignore')\n" + code)
        assert [await program.line(), await program.line()] == ["ready", "forked"]
        assert broker.published("exit") == []
        program.process.kill()
        await program.ended()

    run(test)


def test_with_asyncio_the_program_leaves_at_the_end_of_a_block() -> None:
    async def test(broker: FakeBroker) -> None:
        code = (
            "import asyncio\nfrom rollcall import aio\n"
            "async def main():\n"
            "    async with await aio.register(prefix='/v1', port=8000) as r:\n"
            "        await r.update(weight=5)\n"
            "        print(r.is_registered, flush=True)\n"
            "asyncio.run(main())\n"
        )
        program = await start(broker, code)
        assert await program.line() == "True"
        assert await program.ended() == 0
        assert [data.get("weight") for data in broker.published("register")] == [None, 5]
        assert len(broker.published("exit")) == 1

    run(test)


def test_a_web_service_registers_once_its_port_accepts_connections() -> None:
    async def test(broker: FakeBroker) -> None:
        code = (
            "import socket, sys, time, rollcall\n"
            "s = socket.socket(); s.bind(('127.0.0.1', 0)); port = s.getsockname()[1]\n"
            "rollcall.wsgi(lambda environ, start: [], prefix='/v1', port=port)\n"
            "print('wrapped', flush=True); time.sleep(0.5)\n"
            "s.listen(); time.sleep(60)\n"
        )
        program = await start(broker, code)
        assert await program.line() == "wrapped"
        await asyncio.sleep(0.2)
        assert broker.events == []
        await broker.until(lambda: broker.published("register"))
        program.process.kill()
        await program.ended()

    run(test)


def test_a_web_service_that_is_stopped_before_its_port_accepts_connections_is_not_registered() -> None:
    async def test(broker: FakeBroker) -> None:
        code = (
            "import signal, socket, time, rollcall\n"
            "s = socket.socket(); s.bind(('127.0.0.1', 0)); port = s.getsockname()[1]\n"
            "signal.signal(signal.SIGTERM, lambda *_: (s.listen(), print('listens', flush=True)))\n"
            "rollcall.wsgi(lambda environ, start: [], prefix='/v1', port=port)\n"
            "print('wrapped', flush=True)\n"
        ) + WAIT
        program = await start(broker, code)
        assert await program.line() == "wrapped"
        program.process.send_signal(signal.SIGTERM)
        assert await program.line() == "listens"
        await asyncio.sleep(0.5)
        program.process.kill()
        await program.ended()
        assert broker.events == []

    run(test)


def test_a_web_service_that_stops_while_it_registers_leaves() -> None:
    async def test(broker: FakeBroker) -> None:
        code = (
            "import asyncio, os, socket, sys, rollcall\n"
            "s = socket.create_server(('127.0.0.1', 0)); port = s.getsockname()[1]\n"
            "async def app(scope, receive, send): raise ValueError('only HTTP')\n"
            "app = rollcall.asgi(app, prefix='/v1', port=port)\n"
            "messages = iter(['startup', 'shutdown'])\n"
            "async def receive():\n"
            "    message = next(messages)\n"
            "    if message == 'shutdown': await asyncio.to_thread(sys.stdin.readline)\n"
            "    return {'type': 'lifespan.' + message}\n"
            "async def send(message): print(message['type'], flush=True)\n"
            "asyncio.run(app({'type': 'lifespan'}, receive, send))\n"
            "os._exit(0)\n"
        )
        tried = asyncio.Event()
        is_busy = True

        def answer(path: str, body: str) -> tuple[int, str]:
            tried.set()
            return (503, "busy") if is_busy else (200, "{}")

        broker.answer = answer
        program = await start(broker, code)
        assert await program.line() == "lifespan.startup.complete"
        await asyncio.wait_for(tried.wait(), 20)
        is_busy = False
        await program.write("stop\n")
        assert await program.line() == "lifespan.shutdown.complete"
        assert await program.ended() == 0
        assert len(broker.published("exit")) == 1

    run(test)

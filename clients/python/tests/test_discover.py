"""An observer beside a broker that does as a test says."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from rollcall import Config, RollcallError
from rollcall._observer import session, table
from rollcall._observer.directory import Directory
from rollcall._observer.presence import PresenceChannels
from rollcall._observer.service import Service
from rollcall._transport.access import Access
from rollcall._wire.roll_call import hash_of
from rollcall._wire.seal import MEMBER_EVENT, Envelope, Sealer, key_from_base64

from .fake_broker import FAST, FakeBroker, fake_broker
from .test_programs import start

CHANNEL = "mapped-discovery"
MASTER_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def announced(id: str = "a", **fields: Any) -> dict[str, Any]:
    # Nothing listens there, and each has a port of its own.
    return {"prefix": "/v1", "port": ord(id), "address": "127.0.0.1", "id": id, "inc": 1, "seq": 0, **fields}


class World:
    """A broker with the members of presence channels, and an observer."""

    def __init__(self, broker: FakeBroker) -> None:
        self.broker = broker
        self.present: dict[str, Any] = {}
        broker.answer = lambda path, body: (200, json.dumps({"channels": self.channels()}))
        broker.authorize = self.authorize
        self.directory: Directory | None = None

    def channels(self) -> dict[str, Any]:
        return {f"presence-{CHANNEL}.{id}": {"user_count": 1} for id in self.present}

    def authorize(self, data: dict[str, Any]) -> tuple[str, Any]:
        id = data["channel"].removeprefix(f"presence-{CHANNEL}.")
        members = {"observer": None}
        if id in self.present:
            members[f"{id}~1"] = self.present[id]
        presence = {"presence": {"ids": list(members), "hash": members, "count": len(members)}}
        return "pusher_internal:subscription_succeeded", presence if id != data["channel"] else {}

    async def discover(self, config: Config | None = None) -> Service:
        self.directory = Directory(config or self.broker.config(), FAST)
        assert await self.directory.connected() is None
        await self.directory.ready("/v1")
        return Service(self.directory, "/v1")

    async def until(self, condition: Callable[[], object]) -> None:
        async def wait() -> None:
            while not condition():
                await asyncio.sleep(0.005)

        await asyncio.wait_for(wait(), 5)


@contextlib.asynccontextmanager
async def world() -> AsyncIterator[World]:
    async with fake_broker() as broker:
        made = World(broker)
        yield made
        if made.directory is not None:
            await made.directory.close()


def run(test: Callable[[World], Awaitable[None]]) -> None:
    async def within() -> None:
        async with world() as made:
            await test(made)

    asyncio.run(within())


def picked(service: Service) -> str | None:
    chosen = service.pick()
    return None if chosen is None else chosen.announcement.id


def states(service: Service) -> dict[str, str]:
    return {id: state for id, (_, state) in service.instances().items()}


@contextlib.asynccontextmanager
async def silent_port() -> AsyncIterator[int]:
    """A port of one that is busy: it accepts connections, and does not answer."""
    listener = socket.create_server(("127.0.0.1", 0))
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def test_the_broker_itself_shows_what_runs_and_owners_and_observers_are_asked_for_the_rest() -> None:
    async def test(world: World) -> None:
        world.present["a"] = announced()
        service = await world.discover()
        assert picked(service) == "a"
        chosen = service.pick()
        assert chosen is not None
        assert chosen.url == "http://127.0.0.1:97"
        await world.broker.until(lambda: len(world.broker.events) == 2)
        calls = [(name, channel, data["digest"]) for name, channel, data in world.broker.events]
        known = hash_of("a", 1, 0, False)
        assert calls == [("rollcall", CHANNEL, ""), ("rollcall", f"{CHANNEL}.owners", known)]
        listing = next(path for path in world.broker.requests if "/channels?" in path)
        assert f"filter_by_prefix=presence-{CHANNEL}." in listing

    run(test)


def test_follows_what_is_registered_changed_and_withdrawn() -> None:
    async def test(world: World) -> None:
        service = await world.discover()
        assert service.pick() is None
        world.present["a"] = announced()
        await world.broker.send("register", CHANNEL, announced())
        await world.until(lambda: picked(service) == "a")
        await world.broker.send("register", CHANNEL, announced(seq=1, draining=True))
        await world.until(lambda: picked(service) is None)
        await world.broker.send("register", CHANNEL, announced(seq=2))
        await world.until(lambda: picked(service) == "a")
        await world.broker.send("register", CHANNEL, "?")
        await world.broker.send("client-exit", CHANNEL, announced())
        await world.broker.send("exit", CHANNEL, announced())
        await world.until(lambda: picked(service) is None)
        await world.until(lambda: f"presence-{CHANNEL}.a" in world.broker.left)

    run(test)


def test_a_member_that_is_removed_is_suspect_until_it_is_back() -> None:
    async def test(world: World) -> None:
        async with silent_port() as port:
            world.present |= {"a": announced(port=port), "b": announced("b")}
            service = await world.discover()
            presence = f"presence-{CHANNEL}.a"
            await world.until(lambda: states(service) == {"a": "healthy", "b": "healthy"})
            back = {"user_id": "a~1", "user_info": world.present.pop("a")}
            await world.broker.send("pusher_internal:member_removed", presence, {"user_id": "a~1"})
            await world.until(lambda: states(service) == {"a": "suspect", "b": "healthy"})
            assert {picked(service) for _ in range(4)} == {"b"}
            world.present["a"] = back["user_info"]
            await world.broker.send("pusher_internal:member_added", presence, back)
            await world.until(lambda: states(service) == {"a": "healthy", "b": "healthy"})
            assert {picked(service) for _ in range(4)} == {"a", "b"}

    run(test)


def test_a_probe_that_this_machine_cannot_send_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    probed = []
    connect = asyncio.open_connection

    async def open_connection(host: str, port: int) -> Any:
        if port != ord("a"):
            return await connect(host, port)
        probed.append(port)
        raise OSError(errno.EMFILE, "Too many open files")

    async def test(world: World) -> None:
        world.present["a"] = announced()
        service = await world.discover()
        del world.present["a"]
        await world.broker.send("pusher_internal:member_removed", f"presence-{CHANNEL}.a", {"user_id": "a~1"})
        await world.until(lambda: len(probed) == 3)
        assert states(service) == {"a": "suspect"}

    monkeypatch.setattr(asyncio, "open_connection", open_connection)
    monkeypatch.setattr(table, "_PROBE_EVERY", 0.1)
    run(test)


def test_owners_are_asked_even_if_the_broker_lists_no_channels_and_it_is_asked_again_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(world: World) -> None:
        answer = world.broker.answer
        world.broker.answer = lambda path, body: (503, "busy") if "/channels?" in path else answer(path, body)
        world.present["a"] = announced()
        service = await world.discover()
        await world.broker.until(lambda: len(world.broker.events) == 2)
        assert world.broker.events[1][:2] == ("rollcall", f"{CHANNEL}.owners")
        world.broker.answer = answer
        await world.until(lambda: picked(service) == "a")
        assert len(world.broker.events) == 2

    monkeypatch.setattr(session, "_LIST_AGAIN", 0.05, raising=False)
    run(test)


def test_an_unexpected_fault_does_not_end_the_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = iter([RuntimeError("can't start new thread")])
    listing = Access.presence_channels

    async def presence_channels(access: Access) -> dict[str, int | None]:
        for fault in faults:
            raise fault
        return await listing(access)

    async def test(world: World) -> None:
        world.present["a"] = announced()
        service = await world.discover()
        await world.until(lambda: picked(service) == "a")

    monkeypatch.setattr(Access, "presence_channels", presence_channels)
    monkeypatch.setattr(session, "_LIST_AGAIN", 0.05, raising=False)
    run(test)


def test_a_roll_call_that_fails_does_not_cut_the_connection_and_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(world: World) -> None:
        answer = world.broker.answer
        world.broker.answer = lambda path, body: (503, "busy") if "/events?" in path else answer(path, body)
        world.present["a"] = announced()
        world.directory = Directory(world.broker.config(), FAST)
        error = await world.directory.connected()
        assert error is not None
        assert error.code == "ROLLCALL_BROKER_UNREACHABLE"
        service = Service(world.directory, "/v1")
        await world.until(lambda: picked(service) == "a")
        world.broker.answer = answer
        await world.broker.until(lambda: len(world.broker.events) == 2)
        assert [channel for _, channel, _ in world.broker.events] == [CHANNEL, f"{CHANNEL}.owners"]
        assert [each["channel"] for each in world.broker.subscribed].count(CHANNEL) == 1

    monkeypatch.setattr(session, "_LIST_AGAIN", 0.05, raising=False)
    run(test)


def test_a_presence_channel_that_the_broker_refuses_is_tried_again_at_the_next_listing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    joined: list[PresenceChannels] = []

    class Joined(PresenceChannels):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            joined.append(self)

    async def test(world: World) -> None:
        presence = f"presence-{CHANNEL}.a"

        def attempts() -> int:
            return [each["channel"] for each in world.broker.subscribed].count(presence)

        def authorize(data: dict[str, Any]) -> tuple[str, Any]:
            if data["channel"] == presence:
                return "pusher:subscription_error", {"status": 401}
            return world.authorize(data)

        world.broker.authorize = authorize
        service = await world.discover()
        await world.broker.send("register", CHANNEL, announced())
        await world.broker.until(lambda: presence in world.broker.left)
        for id in ("b", "c", "d"):
            await world.broker.send("register", CHANNEL, announced(id, ttl=60))
            await world.until(lambda id=id: id in states(service))  # type: ignore[misc]
        assert attempts() == 1
        await joined[0].verify({})
        await world.broker.send("register", CHANNEL, announced("e", ttl=60))
        await world.broker.until(lambda: attempts() == 2)

    monkeypatch.setattr(session, "PresenceChannels", Joined)
    run(test)


def test_a_broker_that_lists_channels_without_counts_shows_what_runs() -> None:
    async def test(world: World) -> None:
        world.present["a"] = announced()
        channels: dict[str, Any] = {name: {} for name in world.channels()}
        world.broker.answer = lambda path, body: (200, json.dumps({"channels": channels}))
        assert picked(await world.discover()) == "a"

    run(test)


def test_what_a_presence_channel_shows_has_to_be_of_its_instance() -> None:
    async def test(world: World) -> None:
        world.present["a"] = announced("b")
        service = await world.discover()
        await world.until(lambda: world.directory is not None and f"presence-{CHANNEL}.a" in world.broker.left)
        assert service.instances() == {}

    run(test)


def test_takes_in_the_table_of_a_gateway() -> None:
    async def test(world: World) -> None:
        service = await world.discover()
        sent = {"nonce": "n", "up": [announced(ttl=60), {"prefix": 1}], "left": [announced("c")]}
        await world.broker.send("table", CHANNEL, sent)
        await world.until(lambda: list(service.instances()) == ["a"])

    run(test)


def test_a_nonce_that_is_no_text_does_not_end_the_connection() -> None:
    async def test(world: World) -> None:
        service = await world.discover()
        for nonce in (["n"], {"n": 1}):
            await world.broker.send("table", CHANNEL, {"nonce": nonce, "up": [], "left": []})
        await world.broker.send("table", CHANNEL, {"nonce": "n", "up": [announced(ttl=60)], "left": []})
        await world.until(lambda: list(service.instances()) == ["a"])

    run(test)


def test_asks_again_after_a_lost_connection_and_keeps_its_table_meanwhile() -> None:
    async def test(world: World) -> None:
        world.present["a"] = announced()
        service = await world.discover()
        await world.broker.until(lambda: len(world.broker.events) == 2)
        await world.broker.drop()
        assert picked(service) == "a"
        await world.broker.until(lambda: len(world.broker.events) == 4)
        assert world.broker.events[2][2]["digest"] == hash_of("a", 1, 0, False)
        assert picked(service) == "a"

    run(test)


def test_opens_what_is_sealed_and_takes_in_nothing_else() -> None:
    async def test(world: World) -> None:
        key, channel = key_from_base64(MASTER_KEY), f"private-encrypted-{CHANNEL}"
        assert key is not None
        sealer = Sealer(key)

        def member(id: str) -> dict[str, Any]:
            return sealer.seal(Envelope(MEMBER_EVENT, f"presence-{CHANNEL}.{id}"), announced(id))

        world.present["a"] = member("a")
        service = await world.discover(world.broker.config(channel=channel, master_key=MASTER_KEY))
        assert picked(service) == "a"
        assert set(world.broker.events[0][2]) == {"nonce", "ciphertext"}
        await world.broker.send("exit", channel, announced())
        await world.broker.send("exit", channel, sealer.seal(Envelope("register", channel), announced()))
        sealed = sealer.seal(Envelope("register", channel), announced("b"))
        world.present["b"] = member("b")
        await world.broker.send("register", channel, sealed)
        await world.until(lambda: {picked(service) for _ in range(4)} == {"a", "b"})

    run(test)


def test_two_brokers_fill_one_table() -> None:
    async def test(world: World) -> None:
        async with fake_broker() as other:
            beside = World(other)
            world.present["a"] = announced()
            beside.present["b"] = announced("b")
            config = Config(brokers=(*world.broker.config().brokers, *other.config().brokers))
            service = await world.discover(config)
            await world.until(lambda: {picked(service) for _ in range(4)} == {"a", "b"})
            assert world.directory is not None
            await world.directory.close()

    run(test)


def test_a_child_that_is_forked_discovers_again() -> None:
    async def test(world: World) -> None:
        code = (
            # Python 3.12 warns of forks of programs with threads.
            "import os, sys, rollcall, warnings; warnings.simplefilter('ignore')\n"
            "service = rollcall.discover('/v1')\n"
            "print(*service.instances(), flush=True)\n"
            "if os.fork() == 0:\n"
            "    sys.stdin.readline()\n"
            "    print(service.pick().announcement.id, *service.instances(), flush=True)\n"
            "    service.close()\n"
            "    os._exit(0)\n"
            "os.wait()\n"
            "print(*service.instances(), flush=True)\n"
        )
        world.present["a"] = announced()
        program = await start(world.broker, code)
        try:
            assert await program.line() == "a"
            world.present = {"b": announced("b")}
            await program.write("go\n")
            assert await program.line() == "b b"
            # The parent has its own connection still.
            assert await program.line() == "a"
            assert await program.ended() == 0
        finally:
            await program.kill()

    run(test)


def test_a_refused_request_takes_an_instance_out() -> None:
    async def test(world: World) -> None:
        world.present["a"] = announced()
        service = await world.discover()
        chosen = service.pick()
        assert chosen is not None
        service.report_outcome(chosen, "refused")
        await world.until(lambda: service.pick() is None)

    run(test)


def test_an_auth_server_shows_no_instances() -> None:
    config = Config(auth_url="https://auth.example.com", service_key="rsk_nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")

    async def test(world: World) -> None:
        with pytest.raises(RollcallError, match="needs the app's secret"):
            await world.discover(config)

    run(test)


def test_an_address_that_cannot_be_reached_is_reported() -> None:
    async def test(world: World) -> None:
        config = world.broker.config()
        await world.broker.stop()
        directory = Directory(config, FAST)
        error = await directory.connected()
        await directory.close()
        await world.broker.start()
        assert error is not None
        assert error.code == "ROLLCALL_BROKER_UNREACHABLE"
        assert "Connection refused" in str(error)

    run(test)

"""An owner beside a broker that does as a test says."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from rollcall import Announcement, Config, RollcallError
from rollcall._owner import keeper, search
from rollcall._owner.identity import Incarnations
from rollcall._owner.owner import Hooks, Owner
from rollcall._serve import signals
from rollcall._serve.traffic import Traffic
from rollcall._wire.roll_call import hash_of
from rollcall._wire.seal import Envelope, Sealer, key_from_base64

from .fake_broker import FAST, IMPATIENT, FakeBroker, fake_broker

FIELDS = {"prefix": "/v1", "port": 8000, "id": "a"}
CHANNEL = "mapped-discovery"
KEY = "rsk_nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
MASTER_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


class World:
    """An owner, its broker, and what it has reported."""

    def __init__(self, broker: FakeBroker) -> None:
        self.broker = broker
        self.errors: list[RollcallError] = []
        self.registered: list[Announcement] = []
        self.outbids: list[Announcement] = []
        self.owners: list[Owner] = []

    def owner(self, config: Config | None = None, fields: Any = None, **options: Any) -> Owner:
        hooks = Hooks(
            on_error=self.errors.append,
            on_registered=self.registered.append,
            on_outbid=lambda was, now: self.outbids.append(now),
        )
        owner = Owner(
            {**FIELDS, **(fields or {})},
            config or self.broker.config(),
            hooks=hooks,
            incarnations=Incarnations(lambda: 1000),
            **{"timing": FAST, **options},
        )
        self.owners.append(owner)
        return owner

    async def close(self) -> None:
        for owner in self.owners:
            with contextlib.suppress(RollcallError):
                await owner.leave()


@contextlib.asynccontextmanager
async def world() -> AsyncIterator[World]:
    async with fake_broker() as broker:
        made = World(broker)
        try:
            yield made
        finally:
            await made.close()


def run(test: Callable[[World], Awaitable[None]]) -> None:
    async def within() -> None:
        async with world() as made:
            await test(made)

    asyncio.run(within())


def test_joins_its_channels_before_it_registers_and_leaves_them_after_its_exit() -> None:
    async def test(world: World) -> None:
        owner = world.owner()
        await owner.register()
        assert [each["channel"] for each in world.broker.subscribed] == [
            f"{CHANNEL}.owners",
            f"presence-{CHANNEL}.a",
        ]
        member = json.loads(world.broker.subscribed[1]["channel_data"])
        announcement = {"prefix": "/v1", "port": 8000, "address": "127.0.0.1", "id": "a", "inc": 1000, "seq": 0}
        assert member == {"user_id": "a~1000", "user_info": announcement}
        assert world.broker.events == [("register", CHANNEL, announcement)]
        assert world.registered == [owner.identity.announcement]
        leaving = asyncio.create_task(owner.leave())
        await world.broker.until(lambda: world.broker.published("exit"))
        assert world.broker.connections
        await leaving
        await world.broker.until(lambda: not world.broker.connections)
        assert not owner.is_registered

    run(test)


def test_a_lease_is_renewed_without_a_connection() -> None:
    async def test(world: World) -> None:
        await world.owner(mode="lease", fields={"ttl": 1}).register()
        await world.broker.until(lambda: len(world.broker.events) == 3)
        assert world.broker.subscribed == []
        assert {data["ttl"] for _, _, data in world.broker.events} == {1}

    run(test)


def test_a_broker_that_refuses_is_asked_once_and_named() -> None:
    async def test(world: World) -> None:
        world.broker.answer = lambda path, body: (401, f"bad signature of {path}")
        with pytest.raises(RollcallError) as raised:
            await world.owner(mode="lease", require_broker=True).register()
        assert raised.value.code == "ROLLCALL_BROKER_REFUSED"
        assert len(world.broker.requests) == 1
        assert "PUSHER_APP_SECRET" in str(raised.value)
        # The server echoes the signed request.
        assert "auth_signature=" not in str(raised.value)
        assert "s3cret" not in str(raised.value)

    run(test)


def test_a_broker_that_is_away_is_asked_three_times_and_then_until_it_is_back() -> None:
    async def test(world: World) -> None:
        world.broker.answer = lambda path, body: (503, "busy")
        owner = world.owner(mode="lease", fields={"ttl": 1})
        await owner.register()
        assert len(world.broker.requests) == 3
        assert [error.code for error in world.errors] == ["ROLLCALL_BROKER_UNREACHABLE"]
        assert "not registered yet, retrying" in str(world.errors[0])
        assert not owner.is_registered
        world.broker.answer = lambda path, body: (200, "{}")
        await world.broker.until(lambda: world.registered)
        assert owner.is_registered

    run(test)


def test_an_error_in_a_successful_response_is_an_error() -> None:
    async def test(world: World) -> None:
        world.broker.answer = lambda path, body: (200, '{"error":"no such app"}')
        with pytest.raises(RollcallError, match="no such app"):
            await world.owner(mode="lease", require_broker=True).register()

    run(test)


def test_a_redirect_is_not_followed() -> None:
    async def test(world: World) -> None:
        world.broker.answer = lambda path, body: (302, "elsewhere")
        with pytest.raises(RollcallError, match="HTTP 302"):
            await world.owner(mode="lease", require_broker=True).register()
        assert len(world.broker.requests) == 1

    run(test)


def test_joins_again_after_a_lost_connection_with_its_current_announcement() -> None:
    async def test(world: World) -> None:
        owner = world.owner()
        await owner.register()
        await owner.update({"weight": 7})
        await world.broker.drop()
        await world.broker.until(lambda: len(world.broker.subscribed) == 4)
        assert json.loads(world.broker.subscribed[3]["channel_data"])["user_info"]["weight"] == 7
        await world.broker.until(lambda: len(world.broker.events) == 3)
        assert [data["seq"] for _, _, data in world.broker.events] == [0, 1, 1]

    run(test)


def test_joins_again_after_a_lost_connection_even_if_the_machine_could_not_start_a_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(world: World) -> None:
        owner = world.owner()
        await owner.register()
        [site] = owner.sites
        site.correct_address = lacks_threads_once(site.correct_address)  # type: ignore[method-assign]
        await world.broker.drop()
        await world.broker.until(lambda: len(world.broker.subscribed) == 4)
        await world.broker.until(lambda: len(world.broker.published("register")) == 2)

    monkeypatch.setattr(keeper, "_FIRST_RETRY", 0.02)
    run(test)


def test_announces_itself_again_even_if_the_machine_could_not_start_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(world: World) -> None:
        owner = world.owner()
        await owner.register()
        [site] = owner.sites
        site.announce = lacks_threads_once(site.announce)  # type: ignore[method-assign]
        await world.broker.send("rollcall", f"{CHANNEL}.owners", {"nonce": "a", "digest": "", "size": 0})
        await world.broker.until(lambda: len(world.broker.published("register")) == 2)

    monkeypatch.setattr(keeper, "_FIRST_RETRY", 0.02)
    run(test)


def lacks_threads_once(act: Callable[[], Awaitable[None]]) -> Callable[[], Coroutine[Any, Any, None]]:
    faults = iter([RuntimeError("can't start new thread")])

    async def failing() -> None:
        for fault in faults:
            raise fault
        await act()

    return failing


def test_a_silent_server_is_left_for_a_new_connection() -> None:
    async def test(world: World) -> None:
        await world.owner(timing=IMPATIENT).register()
        world.broker.is_mute = True
        [first] = world.broker.connections
        await world.broker.until(lambda: first not in world.broker.connections)
        world.broker.is_mute = False
        await world.broker.until(lambda: len(world.broker.subscribed) >= 4)

    run(test)


def test_a_quiet_connection_stays_because_the_server_answers_pings() -> None:
    async def test(world: World) -> None:
        await world.owner(timing=IMPATIENT).register()
        await asyncio.sleep(2 * (IMPATIENT.activity + IMPATIENT.pong))
        assert len(world.broker.subscribed) == 2

    run(test)


def test_answers_a_roll_call_that_lacks_it_and_no_other() -> None:
    async def test(world: World) -> None:
        await world.owner().register()
        owners = f"{CHANNEL}.owners"
        await world.broker.send("rollcall", owners, {"nonce": "a", "digest": "", "size": 0})
        await world.broker.until(lambda: len(world.broker.events) == 2)
        # A digest that has it, and nothing that can be read.

        known = hash_of("a", 1000, 0, False)
        await world.broker.send("rollcall", owners, {"nonce": "b", "digest": known, "size": 1})
        await world.broker.send("rollcall", owners, "?")
        await world.broker.send("rollcall", owners, {"nonce": "c", "digest": "", "size": 0})
        await world.broker.until(lambda: len(world.broker.events) == 3)
        await asyncio.sleep(0.05)
        assert len(world.broker.events) == 3

    run(test)


def test_continues_as_a_later_run_if_observers_know_one() -> None:
    async def test(world: World) -> None:
        owner = world.owner()
        await owner.register()
        held = {**owner.identity.announcement.fields(), "inc": 5000}
        presence = f"presence-{CHANNEL}.a"
        await world.broker.send("table", presence, {"nonce": "n", "up": [held], "left": []})
        await world.broker.until(lambda: len(world.broker.events) == 2)
        assert world.broker.events[1][2]["inc"] == 5001
        assert world.broker.left == [presence]
        assert json.loads(world.broker.subscribed[2]["channel_data"])["user_id"] == "a~5001"
        assert [each.inc for each in world.outbids] == [5001]

    run(test)


def test_a_service_that_signs_believes_only_its_own_signature() -> None:
    async def test(world: World) -> None:
        owner = world.owner(world.broker.config(service_key=KEY))
        await owner.register()
        own = owner.identity.announcement
        assert own.id == "a.11qYAYKxCrfV"
        assert world.broker.events[0][2]["sig"]
        assert owner.identity.signer is not None
        presence = f"presence-{CHANNEL}.{own.id}"
        forged = {**own.fields(), "inc": 7000}
        await world.broker.send("table", presence, {"nonce": "n", "up": [forged], "left": []})
        await world.broker.send(
            "pusher_internal:member_added", presence, {"user_id": f"{own.id}~7000", "user_info": forged}
        )

        genuine = owner.identity.signer.sign("register", replace(own, inc=5000)).fields()
        await world.broker.send("table", presence, {"nonce": "n", "up": [genuine], "left": []})
        await world.broker.until(lambda: len(world.broker.events) == 2)
        assert world.broker.events[1][2]["inc"] == 5001

    run(test)


def test_an_encrypted_registry_shows_the_broker_nothing() -> None:
    async def test(world: World) -> None:
        config = world.broker.config(channel="private-encrypted-a", master_key=MASTER_KEY)
        await world.owner(config).register()
        assert "/v1" not in json.dumps([world.broker.events, world.broker.subscribed])
        name, channel, sealed = world.broker.events[0]
        assert (name, channel) == ("register", "private-encrypted-a")
        assert set(sealed) == {"nonce", "ciphertext"}
        # What is not sealed is not read.
        owners = "private-encrypted-a.owners"
        await world.broker.send("rollcall", owners, {"nonce": "a", "digest": "", "size": 0})

        key = key_from_base64(MASTER_KEY)
        assert key is not None
        call = Sealer(key).seal(Envelope("rollcall", owners), {"nonce": "b", "digest": "", "size": 0})
        await world.broker.send("rollcall", owners, call)
        await world.broker.until(lambda: len(world.broker.events) == 2)

    run(test)


def test_an_update_changes_what_can_change_under_the_next_number() -> None:
    async def test(world: World) -> None:
        owner = world.owner()
        await owner.register()
        await owner.update({"weight": 7, "meta": {"a": "b"}})
        await owner.update({"weight": 7})
        assert [data["seq"] for data in world.broker.published("register")] == [0, 1]
        for change, reason in (({"port": 1}, "cannot update port"), ({"weight": 0}, "weight is 0")):
            with pytest.raises(RollcallError, match=reason):
                await owner.update(change)
        assert owner.identity.announcement.weight == 7

    run(test)


def test_leaves_once_and_registers_as_a_later_run() -> None:
    async def test(world: World) -> None:
        owner = world.owner(mode="lease")
        await owner.register()
        await owner.leave()
        await owner.leave()
        await owner.register()
        events = [(name, data["inc"]) for name, _, data in world.broker.events]
        assert events == [("register", 1000), ("exit", 1000), ("register", 1001)]

    run(test)


def test_an_exit_that_failed_can_be_tried_again() -> None:
    async def test(world: World) -> None:
        owner = world.owner(mode="lease")
        await owner.register()
        world.broker.answer = lambda path, body: (503, "busy")
        with pytest.raises(RollcallError):
            await owner.leave()
        world.broker.answer = lambda path, body: (200, "{}")
        await owner.leave()
        assert len(world.broker.published("exit")) == 1

    run(test)


def test_an_exit_does_not_wait_for_an_announcement_that_hangs() -> None:
    async def test(world: World) -> None:
        owner = world.owner(mode="lease", fields={"ttl": 1})
        await owner.register()
        hanging = asyncio.Event()
        owner.sites[0].announce = hang(hanging)  # type: ignore[method-assign]
        await hanging.wait()
        await owner.leave()
        assert len(world.broker.published("exit")) == 1

    def hang(hanging: asyncio.Event) -> Callable[[], Coroutine[Any, Any, None]]:
        async def announce() -> None:
            hanging.set()
            await asyncio.Event().wait()

        return announce

    run(test)


def test_a_registration_that_still_asks_where_the_registry_is_ends_when_it_leaves() -> None:
    async def test(world: World) -> None:
        owner = world.owner()
        asked, answered = asyncio.Event(), asyncio.Event()

        async def locate() -> None:
            asked.set()
            await answered.wait()

        owner.locate = locate  # type: ignore[method-assign]
        registering = asyncio.create_task(owner.register())
        await asked.wait()
        await owner.leave()
        answered.set()
        await registering
        assert world.broker.events == []

    run(test)


def test_goes_on_asking_where_the_registry_is_even_if_the_machine_could_not_start_a_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(world: World) -> None:
        owner = world.owner(mode="lease")
        faults = iter([RollcallError("ROLLCALL_AUTH_UNREACHABLE", "away"), RuntimeError("can't start new thread")])

        async def locate() -> None:
            for fault in faults:
                raise fault

        owner.locate = locate  # type: ignore[method-assign]
        await owner.register()
        await world.broker.until(lambda: world.broker.published("register"))

    monkeypatch.setattr(search, "_FIRST_RETRY", 0.02)
    run(test)


def test_a_registration_that_was_left_is_not_revived_by_the_next_one() -> None:
    async def test(world: World) -> None:
        owner = world.owner(mode="lease")
        asked: asyncio.Queue[asyncio.Event] = asyncio.Queue()

        async def locate() -> None:
            answered = asyncio.Event()
            asked.put_nowait(answered)
            await answered.wait()

        owner.locate = locate  # type: ignore[method-assign]
        first = asyncio.create_task(owner.register())
        first_answered = await asked.get()
        await owner.leave()
        second = asyncio.create_task(owner.register())
        second_answered = await asked.get()
        first_answered.set()
        await first
        assert world.broker.events == []
        second_answered.set()
        await second
        assert len(world.broker.published("register")) == 1

    run(test)


def test_a_registration_that_hangs_ends_when_leaving_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(world: World) -> None:
        monkeypatch.setattr(signals, "_LEAVE_TIMEOUT", 0.1)
        owner = world.owner(mode="lease")
        hanging = asyncio.Event()

        async def announce() -> None:
            hanging.set()
            await asyncio.Event().wait()

        owner.sites[0].announce = announce  # type: ignore[method-assign]
        leaving = signals.Leaving(owner, Traffic())
        registering = asyncio.create_task(leaving.register())
        await hanging.wait()
        await asyncio.gather(leaving.leave(), leaving.leave())
        with pytest.raises(asyncio.CancelledError):
            await registering

    run(test)


def test_leaving_twice_at_once_is_leaving_once() -> None:
    async def test(world: World) -> None:
        owner = world.owner(mode="lease")
        leaving = signals.Leaving(owner, Traffic())
        await leaving.register()
        first = asyncio.create_task(leaving.leave())
        await asyncio.sleep(0)
        await leaving.leave()
        assert len(world.broker.published("exit")) == 1
        await first
        await leaving.register()
        assert len(world.broker.published("register")) == 1

    run(test)


def test_a_subscription_that_is_refused_is_not_repeated() -> None:
    async def test(world: World) -> None:
        world.broker.authorize = lambda data: ("pusher:subscription_error", {"status": 401})
        with pytest.raises(RollcallError) as raised:
            await world.owner(require_broker=True).register()
        assert raised.value.code == "ROLLCALL_BROKER_REFUSED"
        assert world.broker.events == []

    run(test)


@pytest.mark.parametrize("greeting", [{}, {"socket_id": "x"}, {"socket_id": 1.2}])
def test_another_server_than_pushers_is_named(greeting: dict[str, Any]) -> None:
    async def test(world: World) -> None:
        world.broker.greeting = greeting
        with pytest.raises(RollcallError, match="is that a Pusher-compatible server"):
            await world.owner(require_broker=True).register()

    run(test)


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "http://127.0.0.1:x"])
def test_a_proxy_that_cannot_be_used_is_reported_and_tried_again(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(world: World) -> None:
        with monkeypatch.context() as environment:
            # Without the package for SOCKS, websockets raises an ImportError.
            environment.setenv("ws_proxy", proxy)
            environment.setenv("no_proxy", "")
            owner = world.owner()
            await owner.register()
            assert [error.code for error in world.errors] == ["ROLLCALL_BROKER_UNREACHABLE"]
        await world.broker.until(lambda: world.broker.published("register"))

    run(test)


def test_two_brokers_need_only_one_that_accepts() -> None:
    async def test(world: World) -> None:
        async with fake_broker() as other:
            other.answer = lambda path, body: (503, "busy")
            config = Config(brokers=(*world.broker.config().brokers, *other.config().brokers))
            owner = world.owner(config, require_broker=True)
            await owner.register()
            assert owner.is_registered
            other.answer = lambda path, body: (200, "{}")
            await other.until(lambda: other.published("register"))
            assert len(world.registered) == 1
            await owner.leave()
            assert [len(each.published("exit")) for each in (world.broker, other)] == [1, 1]

    run(test)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"port": 0}, "port is 0"),
        ({"prefix": "v1"}, 'must start with "/"'),
        ({"ttl": 30}, "presence mode has no lease"),
        ({"meta": {"a": "x" * 1000}}, "at most 1024"),
    ],
)
def test_an_invalid_announcement_is_refused_before_it_is_published(fields: dict[str, Any], reason: str) -> None:
    async def test(world: World) -> None:
        with pytest.raises(RollcallError, match=reason) as raised:
            world.owner(fields=fields)
        assert raised.value.code == "ROLLCALL_ANNOUNCEMENT"

    run(test)

"""How the table of an observer joins what it hears."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from rollcall import Announcement
from rollcall._observer import table as table_module
from rollcall._observer.round_robin import WeightedRoundRobin
from rollcall._observer.table import Table
from rollcall._wire.announcement import parse_announcement


def announced(id: str = "a", inc: int | None = 1, **fields: Any) -> Announcement:
    run = {} if inc is None else {"inc": inc}
    return parse_announcement({"prefix": "/v1", "port": 1, "address": "10.0.0.1", "id": id, **run, **fields})


def connected(brokers: int = 1) -> Table:
    table = Table()
    for broker in range(brokers):
        table.link(broker, True, 0)
    return table


def status(table: Table, id: str = "a") -> str | None:
    entry = table.get(id)
    return None if entry is None else entry.status


def weights(table: Table) -> list[int | None]:
    return [each.weight for each in table.routable("/v1")]


def test_any_order_of_messages_leads_to_the_same_table() -> None:
    statements = [
        (announced(inc=1, weight=1), False),
        (announced(inc=1, seq=1, weight=2), False),
        (announced(inc=1, seq=1, weight=3), False),
        (announced(inc=2, weight=4), False),
        (announced(inc=1, seq=1), True),
    ]
    for order in itertools.permutations(statements):
        table = connected()
        for statement in order:
            table.received(*statement, 0)
        assert weights(table) == [4]


def test_an_exit_ends_its_run_even_if_an_update_overtakes_it() -> None:
    for order in itertools.permutations([(announced(), False), (announced(), True), (announced(seq=1), False)]):
        table = connected()
        for statement in order:
            table.received(*statement, 0)
        assert table.routable("/v1") == []
    table.received(announced(inc=2), False, 1)
    assert status(table) == "healthy"


def test_an_exit_is_forgotten_after_ten_minutes() -> None:
    table = connected()
    table.received(announced(), True, 0)
    table.tick(599)
    table.received(announced(), False, 599)
    assert status(table) is None
    table.tick(600)
    table.received(announced(), False, 600)
    assert status(table) == "healthy"


def test_an_instance_whose_owner_is_gone_receives_traffic_only_if_there_is_no_other() -> None:
    table = connected()
    table.joined(announced(weight=1), 0, 0)
    table.joined(announced("b", port=2, weight=2), 0, 0)
    table.departed("a", 0, 1, inc=1)
    assert (status(table), weights(table)) == ("suspect", [2])
    table.departed("b", 0, 1, inc=1)
    assert weights(table) == [1, 2]


def test_it_is_out_if_its_port_refuses_and_only_its_owner_brings_it_back() -> None:
    table = connected()
    table.joined(announced(), 0, 0)
    table.departed("a", 0, 1)
    assert table.tick(1) == [announced()]
    table.probed("a", "refused", 1)
    table.probed("a", "ok", 2)
    assert status(table) == "down"
    table.received(announced(seq=1), False, 3)
    assert status(table) == "down"
    table.joined(announced(seq=1), 0, 4)
    assert status(table) == "healthy"


def test_it_is_healthy_again_if_it_answers_because_the_transport_may_have_lost_it() -> None:
    table = connected()
    table.joined(announced(), 0, 0)
    table.departed("a", 0, 1)
    table.probed("a", "ok", 1)
    assert status(table) == "healthy"


def test_a_lapsed_lease_is_suspect_and_a_renewal_brings_it_back() -> None:
    table = connected()
    table.received(announced(ttl=10), False, 0)
    table.tick(9)
    assert status(table) == "healthy"
    table.tick(10)
    assert status(table) == "suspect"
    table.received(announced(ttl=10), False, 11)
    assert status(table) == "healthy"


def test_no_lease_lapses_while_no_broker_is_connected_and_they_begin_anew_then() -> None:
    table = connected()
    table.received(announced(ttl=10), False, 0)
    table.link(0, False, 5)
    table.tick(100)
    assert status(table) == "healthy"
    table.link(0, True, 100)
    table.tick(109)
    assert status(table) == "healthy"
    table.tick(110)
    assert status(table) == "suspect"


def test_with_two_brokers_an_instance_is_gone_when_both_have_said_so() -> None:
    table = connected(2)
    for broker in (0, 1):
        table.joined(announced(), broker, 0)
    table.departed("a", 0, 1)
    assert status(table) == "healthy"
    table.departed("a", 1, 1)
    assert status(table) == "suspect"


def test_a_lost_connection_says_nothing_of_an_instance() -> None:
    table = connected(2)
    table.joined(announced(), 0, 0)
    table.link(0, False, 1)
    assert status(table) == "healthy"
    table.departed("a", 1, 2)
    assert status(table) == "suspect"


def test_what_another_observer_reports_is_verified_and_never_wins_over_an_owner() -> None:
    table = connected()
    table.relayed(announced(ttl=10), False, 0)
    assert status(table) == "suspect"
    table.probed("a", "ok", 0)
    assert status(table) == "healthy"
    table.relayed(announced("unknown"), True, 0)
    table.relayed(announced("legacy", inc=None), False, 0)
    assert status(table, "/v1 10.0.0.1 1") == "suspect"


def test_another_process_at_the_port_takes_the_place_of_one_that_is_not_present() -> None:
    table = connected()
    table.received(announced(ttl=10), False, 0)
    table.received(announced("b", ttl=10), False, 1)
    assert (status(table), status(table, "b")) == (None, "healthy")


def test_processes_that_share_a_port_are_one_target_until_the_last_one_leaves() -> None:
    table = connected()
    table.joined(announced(), 0, 0)
    table.joined(announced("b"), 0, 0)
    assert len(table.routable("/v1")) == 1
    table.received(announced("b"), True, 1)
    assert len(table.routable("/v1")) == 1
    table.received(announced(), True, 1)
    assert table.routable("/v1") == []


def test_a_port_that_another_prefix_has_taken_over_is_not_trusted() -> None:
    table = connected()
    table.joined(announced(), 0, 0)
    table.departed("a", 0, 1)
    table.joined(announced("b", prefix="/v2"), 0, 2)
    table.probed("a", "ok", 3)
    assert status(table) == "down"


def test_a_draining_instance_receives_nothing() -> None:
    table = connected()
    table.received(announced(draining=True), False, 0)
    assert table.routable("/v1") == []


def test_one_that_does_not_answer_in_time_may_be_busy() -> None:
    table = connected()
    table.joined(announced(), 0, 0)
    for _ in range(3):
        table.probed("a", "timeout", 1)
    assert status(table) == "suspect"
    for _ in range(2):
        table.probed("a", "failed", 1)
    assert status(table) == "down"


def test_one_to_which_no_connection_is_made_is_down_unless_it_was_found_busy() -> None:
    table = connected()
    table.joined(announced(), 0, 0)
    for _ in range(2):
        table.probed("a", "unreachable", 1)
    assert status(table) == "down"
    table.probed("a", "ok", 2)
    table.probed("a", "timeout", 3)
    for _ in range(3):
        table.probed("a", "unreachable", 3)  # its queue of connections is full
    assert status(table) == "suspect"
    table.probed("a", "ok", 4)
    for _ in range(2):
        table.probed("a", "unreachable", 5)
    assert status(table) == "down"


def test_one_that_has_not_answered_for_ten_minutes_is_down() -> None:
    table = connected()
    table.joined(announced(), 0, 0)
    table.departed("a", 0, 1)
    for now in (1, 2, 600):
        table.probed("a", "timeout", now)
        assert status(table) == "suspect"
    table.probed("a", "timeout", 601)
    assert status(table) == "down"


def test_in_a_full_table_what_is_over_for_longest_gives_way_to_what_an_owner_announces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(table_module, "_MAX_ENTRIES", 3)
    table = connected()
    table.received(announced("runs", port=1), False, 0)
    table.received(announced("down", port=2), False, 0)
    table.received(announced("left", port=3), True, 1)
    table.probed("down", "refused", 2)
    table.relayed(announced("reported", port=4), False, 3)
    assert status(table, "reported") is None
    table.received(announced("x", port=5), False, 3)
    assert [status(table, id) for id in ("runs", "down", "x")] == ["healthy", "down", "healthy"]
    table.joined(announced("y", port=6), 0, 4)
    assert [status(table, id) for id in ("runs", "down", "x", "y")] == ["healthy", None, "healthy", "healthy"]
    table.received(announced("z", port=7), False, 5)
    assert [status(table, id) for id in ("runs", "x", "y", "z")] == ["healthy", "healthy", "healthy", None]


@pytest.mark.parametrize(("given", "shares"), [([1, 1], [4, 4]), ([3, 1], [6, 2]), ([100], [8])])
def test_instances_take_turns_in_proportion_to_weight(given: list[int], shares: list[int]) -> None:
    instances = [announced(str(number), weight=weight) for number, weight in enumerate(given)]
    turns = WeightedRoundRobin()
    for _ in range(4):
        turns.next(instances)  # the first pass does not know the weights
    picked = [turns.next(instances) for _ in range(8)]
    assert [picked.count(each) for each in instances] == shares
    assert turns.next([]) is None

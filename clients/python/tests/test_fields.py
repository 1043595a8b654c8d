"""The list of announcement fields, from which TypeScript's types come, holds the names and limits of Python."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from rollcall import Announcement, Health, Policy, RegisterOptions, Tls, UpdateOptions
from rollcall._wire.announcement import KNOWN_FIELDS, parse_announcement
from rollcall._wire.objects import parse_policy
from rollcall.errors import Refusal

from .vectors import vectors

FIELDS: list[dict[str, Any]] = vectors("announcement-fields.json")
OBJECTS: dict[str, type] = {"health": Health, "policy": Policy, "tls": Tls}


def snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name)


def names_of(kind: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(kind)]


def test_an_announcement_has_the_listed_fields() -> None:
    names = [field["name"] for field in FIELDS]
    assert list(KNOWN_FIELDS) == names
    assert names_of(Announcement) == [*names, "extra"]


@pytest.mark.parametrize("field", [field for field in FIELDS if "fields" in field], ids=lambda field: field["name"])
def test_an_object_has_the_listed_fields(field: dict[str, Any]) -> None:
    assert names_of(OBJECTS[field["name"]]) == [snake(each["name"]) for each in field["fields"]]


def test_options_are_the_fields_that_a_program_sets() -> None:
    own = {"config", "mode", "require_broker", "handle_signals", "on_error", "on_registered", "on_outbid"}
    taken = {field["name"] for field in FIELDS if field.get("takenBy") in ("register", "both")}
    assert set(RegisterOptions.__annotations__) - own == taken
    updated = {field["name"] for field in FIELDS if field.get("takenBy") in ("update", "both")}
    assert set(UpdateOptions.__annotations__) == updated


def limits(field: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Values at the limits of what a field takes, and just beyond them."""
    kind = field["type"]
    if kind == "integer":
        low, high = field["min"], field["max"]
        return [low, high, float(low)], [low - 1, high + 1, str(low), True]
    if kind == "text":
        longest = "é" * field["maxLength"]
        return ["a", longest], [longest + "a", "", "a\nb", 1]
    if kind == "choice":
        return list(field["values"]), ["", "other", 1]
    if kind == "boolean":
        return [True, False], ["true", 0]
    if kind == "strings":
        most = {chr(65 + number): "v" for number in range(field["maxEntries"])}
        return [most], [{**most, "more": "v"}, {"a": 1}, "a"]
    return [], []


@pytest.mark.parametrize(
    ("outer", "field"),
    [(outer, field) for outer in FIELDS if not outer.get("isRequired") for field in (outer, *outer.get("fields", []))],
    ids=lambda field: field["name"],
)
def test_a_field_takes_the_listed_values(outer: dict[str, Any], field: dict[str, Any]) -> None:
    def parse(value: Any) -> None:
        announcement = {"prefix": "/v1", "port": 1, "address": "10.0.0.1", "id": "a", "inc": 1}
        if outer is field:
            parse_announcement({**announcement, field["name"]: value})
        else:
            # The path is what a health check has to have.
            first = {"path": "/h"} if outer["name"] == "health" else {}
            parse_announcement({**announcement, outer["name"]: {**first, field["name"]: value}})

    valid, invalid = limits(field)
    for value in valid:
        parse(value)
    for value in invalid:
        with pytest.raises(Refusal) as refused:
            parse(value)
        assert refused.value.code == outer["code"]


def test_a_policy_without_a_known_field_asks_for_nothing() -> None:
    assert parse_policy({"": 5, "other": 5}) == Policy()
    assert parse_policy({"mostInFlight": 5}) == Policy(max_in_flight=5)

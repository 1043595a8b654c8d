"""JSON as JavaScript writes it."""

from __future__ import annotations

import pytest

from rollcall._wire.json_text import decode, encode


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1e21", "1e+21"),
        ("1e20", "100000000000000000000"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1e-7"),
        ("1.5e-9", "1.5e-9"),
        ("-12.50", "-12.5"),
        ("9007199254740993", "9007199254740992"),
        ("-0", "0"),
        ("1.0", "1"),
        ("1e999", "null"),
        ("123456789012345680000", "123456789012345680000"),
        ('"\\ud800"', '"\\ud800"'),
        ('"\\u2028 é \\u007f"', '"\u2028 é \u007f"'),
        ('{"b":[true,null],"a":"\\n"}', '{"b":[true,null],"a":"\\n"}'),
    ],
)
def test_writes_what_javascript_would(text: str, written: str) -> None:
    assert encode(decode(text)) == written


def test_sorts_fields_by_utf_16() -> None:
    assert encode({"z": 1, "\ufb2e": 2, "😀": 3}, is_canonical=True) == '{"z":1,"😀":3,"\ufb2e":2}'


@pytest.mark.parametrize("text", ["NaN", "Infinity", "{", "[" * 100_000, ""])
def test_refuses_what_is_not_json(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        decode(text)

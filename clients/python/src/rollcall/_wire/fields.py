"""How each field of an announcement is read. Nothing that is given here is trusted."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import Refusal
from .json_text import utf16_length
from .quote import is_printable, quote

_MAX_TEXT_LENGTH = 255
_MAX_META_ENTRIES = 32
_PORT_DIGITS = re.compile("[0-9]{1,5}")
_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SIG = re.compile("[A-Za-z0-9_-]{85}[AQgw]")


def parse_port(value: object) -> int:
    """Return a port that is a number or, as services that pass an environment variable through send it, digits."""
    if isinstance(value, str) and _PORT_DIGITS.fullmatch(value):
        number: object = int(value)
    else:
        number = None if isinstance(value, bool) else value
    if isinstance(number, (int, float)) and 1 <= number <= 65535 and number == int(number):
        return int(number)
    raise Refusal("bad-port", f"port is {quote(value)}; it must be a whole number from 1 to 65535")


def parse_integer(value: object, code: str, field: str, low: int, high: int) -> int:
    """Return a whole number within a range."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        number = None
    else:
        number = int(value)
    if number is not None and number == value:
        return number
    raise Refusal(code, f"{field} is {quote(value)}; it must be a whole number from {low} to {high}")


def parse_text(value: object, code: str, field: str) -> str:
    """Return a text for people."""
    if isinstance(value, str) and 0 < utf16_length(value) <= _MAX_TEXT_LENGTH and is_printable(value):
        return value
    reason = f"{field} is {quote(value)}; it must be 1 to {_MAX_TEXT_LENGTH} printable characters"
    raise Refusal(code, reason)


def parse_choice(value: object, code: str, field: str, choices: tuple[str, ...]) -> str:
    """Return one of some texts."""
    if isinstance(value, str) and value in choices:
        return value
    raise Refusal(code, f"{field} is {quote(value)}; it must be one of {', '.join(choices)}")


def parse_flag(value: object, code: str, field: str) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    raise Refusal(code, f"{field} is {quote(value)}; it must be true or false")


def parse_id(value: object) -> str:
    """Return the id of an instance."""
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise Refusal("bad-id", f"id is {quote(value)}; it must be 1 to 64 of A-Z a-z 0-9 _ . -")


def parse_sig(value: object) -> str:
    """Return the signature of an announcement, which is not verified here."""
    if isinstance(value, str) and _SIG.fullmatch(value):
        return value
    raise Refusal("bad-signature", f"sig is {quote(value)}; it must be 64 bytes in base64url")


def parse_meta(value: object) -> dict[str, str]:
    """Return other facts about an instance."""
    if not isinstance(value, Mapping):
        raise Refusal("bad-meta", f"meta is {quote(value)}; it must be an object of strings")
    if len(value) > _MAX_META_ENTRIES:
        reason = f"meta has {len(value)} entries; at most {_MAX_META_ENTRIES} are allowed"
        raise Refusal("bad-meta", reason)
    meta: dict[str, str] = {}
    for key, text in value.items():
        if not isinstance(key, str) or not isinstance(text, str):
            raise Refusal("bad-meta", f"meta has the value {quote(text)}; each must be a string")
        meta[key] = text
    return meta

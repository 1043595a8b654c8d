"""JSON as JavaScript reads and writes it, because every client has to sign and count the same bytes."""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

MAX_SAFE_INTEGER = 2**53 - 1


class Missing:
    """Stands for an absent field, which reasons distinguish from null."""


MISSING = Missing()


def decode(text: str | bytes) -> Json:
    """Decode JSON.

    Raises ``ValueError`` for anything else, such as NaN, and for what is nested too deeply to decode.
    """
    try:
        value: Json = json.loads(text, parse_int=_integer, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def _integer(digits: str) -> int | float:
    # Python refuses to convert thousands of digits, and JavaScript holds every number as a float.
    number = float(digits)
    return int(digits) if abs(number) <= MAX_SAFE_INTEGER else number


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def encode(value: object, *, is_canonical: bool = False) -> str:
    """Encode a decoded value without spaces; in canonical form (RFC 8785) with the fields of each object sorted."""
    parts: list[str] = []
    _write(value, parts, is_canonical)
    return "".join(parts)


def encode_bytes(value: object, *, is_canonical: bool = False) -> bytes:
    """Encode a decoded value as UTF-8: see ``encode``."""
    return encode(value, is_canonical=is_canonical).encode()


def _write(value: object, parts: list[str], is_canonical: bool) -> None:
    if isinstance(value, dict):
        names = sorted(value, key=_utf16) if is_canonical else list(value)
        parts.append("{")
        for number, name in enumerate(names):
            parts.append(("," if number else "") + _text(name) + ":")
            _write(value[name], parts, is_canonical)
        parts.append("}")
    elif isinstance(value, list):
        parts.append("[")
        for number, each in enumerate(value):
            if number:
                parts.append(",")
            _write(each, parts, is_canonical)
        parts.append("]")
    elif isinstance(value, str):
        parts.append(_text(value))
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER):
        parts.append(_number(float(value)))
    else:
        parts.append(json.dumps(value))


_SURROGATE = re.compile("[\ud800-\udfff]")


def _text(text: str) -> str:
    plain = json.dumps(text, ensure_ascii=False)
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", plain)


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def utf16_length(text: str) -> int:
    """Return the length of a text as JavaScript counts it."""
    return len(_utf16(text)) // 2


# From this exponent on, and below that of a millionth, JavaScript writes an exponent.
_LARGE, _SMALL = 21, -7


def _number(number: float) -> str:
    """Write a number as ECMAScript's Number::toString does."""
    if not math.isfinite(number):
        return "null"
    if number == 0:
        return "0"
    sign, digits, exponent = _parts(number)
    point = exponent + 1
    if len(digits) <= point <= _LARGE:
        plain = digits.ljust(point, "0")
    elif 0 < point <= _LARGE:
        plain = f"{digits[:point]}.{digits[point:]}"
    elif _SMALL < exponent < 0:
        plain = "0." + "0" * -point + digits
    else:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        plain = f"{digits[0]}{fraction}e{'+' if exponent > 0 else '-'}{abs(exponent)}"
    return sign + plain


def _parts(number: float) -> tuple[str, str, int]:
    """Return the sign, the shortest digits, and the exponent of the first digit."""
    mantissa, _, power = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    exponent = int(power or 0) + len(whole) - 1 - leading
    return "-" if number < 0 else "", digits.rstrip("0"), exponent

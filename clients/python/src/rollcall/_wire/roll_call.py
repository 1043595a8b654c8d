"""Roll calls: the requests of observers for what their tables lack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_HASH_LENGTH = 7
_NONCE = re.compile("[A-Za-z0-9_-]{1,64}")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

# A broker on one core accepts about 800 events a second. One event in 2 ms leaves it room for others.
_WAIT_PER_INSTANCE = 0.002
_MAX_WAIT = 10.0


def hash_of(key: str, inc: int | None, seq: int | None, left: bool) -> str:
    """Return 32 bits of FNV-1a, in base 36, over the parts in which two statements about one instance differ."""
    written = ["undefined" if number is None else str(number) for number in (inc, seq)]
    value = 0x811C9DC5
    for unit in f"{key} {' '.join(written)} {str(left).lower()}":
        value = ((value ^ ord(unit)) * 0x01000193) & 0xFFFFFFFF
    text = ""
    while value:
        value, digit = divmod(value, 36)
        text = _DIGITS[digit] + text
    return text.rjust(_HASH_LENGTH, "0")


@dataclass(frozen=True)
class RollCall:
    """Asks for the statements that its digest lacks. ``size`` is how many entries the table of the asker has."""

    digest: str
    size: float

    def asks_for(self, id: str, inc: int, seq: int) -> bool:
        """Return whether the asker lacks this version of an instance."""
        sought = hash_of(id, inc, seq, False)
        starts = range(0, len(self.digest) - _HASH_LENGTH + 1, _HASH_LENGTH)
        return all(self.digest[start : start + _HASH_LENGTH] != sought for start in starts)

    @property
    def holds_all(self) -> bool:
        """Whether the digest has room for the whole table of the asker."""
        return len(self.digest) >= self.size * _HASH_LENGTH

    @property
    def answer_wait(self) -> float:
        """The longest wait before an answer, in seconds. Waits are random: all owners are asked at once."""
        return min(max(self.size, 0) * _WAIT_PER_INSTANCE, _MAX_WAIT)


def parse_roll_call(data: object) -> RollCall | None:
    """Read the data of a roll call, or return None if it is invalid."""
    if not isinstance(data, Mapping):
        return None
    nonce, digest, size = data.get("nonce"), data.get("digest"), data.get("size")
    if not isinstance(nonce, str) or not _NONCE.fullmatch(nonce):
        return None
    is_number = isinstance(size, (int, float)) and not isinstance(size, bool)
    return RollCall(digest if isinstance(digest, str) else "", float(size) if is_number and size else 0)

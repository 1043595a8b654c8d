"""Foreign values in log lines."""

from __future__ import annotations

import json
import re

from .json_text import Missing

_QUOTED_LENGTH = 80

# What can forge or garble a line: control characters (C0 and C1), line separators and bidirectional overrides.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def quote(value: object) -> str:
    """Return a foreign value for a log line: on one line, and of limited length."""
    plain = _UNPRINTABLE.sub("?", _describe(value))
    return plain if len(plain) <= _QUOTED_LENGTH else plain[:_QUOTED_LENGTH] + "…"


def is_printable(text: str) -> bool:
    """Return whether a text cannot garble a line."""
    return _UNPRINTABLE.search(text) is None


def _describe(value: object) -> str:
    if isinstance(value, Missing):
        return "nothing"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    if value is None or isinstance(value, (str, bool, int, float)):
        return json.dumps(value, ensure_ascii=False)
    return type(value).__name__

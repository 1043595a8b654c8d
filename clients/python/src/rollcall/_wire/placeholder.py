"""Secrets that a template left to be replaced. Such a secret is public."""

from __future__ import annotations

import re

_SHAPE = re.compile(r"<.*>|\$?\{.*\}|\[.*\]|%.*%")
_WORDS = re.compile(
    "setthis|changeme|changethis|replace(me|this|with)|fillin|insert(your|the)|placeholder|"
    "your(app|api|own|admin)?(secret|token|key|password)|(secret|token|key|password)here|somethingrandom|randomstring"
)
_NOT_ALPHANUMERIC = re.compile("[^a-z0-9]")


def is_placeholder(secret: str) -> bool:
    """Return whether a secret is a placeholder, such as set-this."""
    if len(secret) > 3 and len(set(secret)) == 1:
        return True
    plain = _NOT_ALPHANUMERIC.sub("", secret.lower())
    return _SHAPE.fullmatch(secret) is not None or _WORDS.search(plain) is not None

"""The cases that every implementation of the protocol runs."""

from pathlib import Path
from typing import Any

from rollcall._wire.json_text import decode

CONFORMANCE = Path(__file__).parents[3] / "conformance"


def vectors(name: str) -> Any:
    return decode((CONFORMANCE / name).read_bytes())

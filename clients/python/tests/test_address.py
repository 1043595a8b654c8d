"""The address that a service announces by default."""

from __future__ import annotations

import pytest

from rollcall import RollcallError
from rollcall._owner import address
from rollcall._owner.address import own_address
from rollcall.config import Config


def announced(given: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what is announced by a machine that reaches networks from 172.20.0.3."""
    monkeypatch.setattr(address, "_local_end", lambda _host, _port: "172.20.0.3")
    return own_address(Config.from_env({"ROLLCALL_ADDRESS": given}))[0]


@pytest.mark.parametrize(("given", "expected"), [("10.0.0.7", "10.0.0.7"), ("172.20.0.0/16", "172.20.0.3")])
def test_rollcall_address_is_an_address_or_a_range(given: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert announced(given, monkeypatch) == expected


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ("10.0.0.0/8", "ROLLCALL_NO_ADDRESS", "this machine has no address in 10.0.0.0/8"),
        ("eth0/24", "ROLLCALL_CONFIG", '"eth0/24" is not an address range'),
    ],
)
def test_a_range_without_an_own_address_is_an_error(
    given: str, code: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RollcallError, match=message) as raised:
        announced(given, monkeypatch)
    assert raised.value.code == code

"""The errors that a program can act on. None contains a secret."""

from __future__ import annotations

from typing import Literal

Code = Literal[
    "ROLLCALL_CONFIG",
    "ROLLCALL_ANNOUNCEMENT",
    "ROLLCALL_NO_ADDRESS",
    "ROLLCALL_BROKER_UNREACHABLE",
    "ROLLCALL_BROKER_REFUSED",
    "ROLLCALL_AUTH_UNREACHABLE",
    "ROLLCALL_AUTH_REFUSED",
]


class RollcallError(Exception):
    """An error that a user can act on.

    ``code`` says what kind of fault it is, the same in all of Rollcall's clients. The message says in one line what is
    wrong and what to do.
    """

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code


class Refusal(ValueError):
    """Why an announcement is refused.

    ``code`` names the part that is refused, such as ``bad-port``, the same in all of Rollcall's clients. The message is
    safe to print, because foreign text in it is quoted.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def config_error(message: str) -> RollcallError:
    """Return the error of an invalid setting."""
    return RollcallError("ROLLCALL_CONFIG", message)

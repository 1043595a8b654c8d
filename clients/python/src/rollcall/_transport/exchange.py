"""Single HTTP requests, in threads of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

import requests

from .._wire.frame import Fault
from .._wire.json_text import decode
from .tasks import timeout as time_limit

# A response is an empty object, an error of a line or two, or a list of channels.
MAX_ANSWER_BYTES = 4 << 20
_CHUNK = 64 << 10

_Result = TypeVar("_Result")


async def in_time(work: Callable[[], _Result], timeout: float) -> _Result:
    """Run a request in a thread, and give it up after a while, however slowly the response comes. Raises ``Fault``."""
    try:
        async with time_limit(timeout):
            return await in_thread(work)
    except asyncio.TimeoutError:
        raise Fault(f"no answer within {timeout:g} s") from None


async def in_thread(work: Callable[[], _Result]) -> _Result:
    """Run blocking work in a daemon thread, which keeps no process from ending, unlike those of an executor."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_Result] = loop.create_future()

    def settle(result: _Result | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # it has a result if there is no error

    def run() -> None:
        result: _Result | None = None
        error: BaseException | None = None
        try:
            result = work()
        except BaseException as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="rollcall-http", daemon=True).start()
    return await future


def send(method: str, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> tuple[int, bytes]:
    """Send one request, and return the status and the body of the response.

    It follows no redirect, which would send a signed request to a server that is not configured. It keeps no
    connection open: between two events lies a third of a lease, and a connection that broke meanwhile costs an event.
    Raises ``Fault``, which does not show the signed URL.
    """
    try:
        with requests.Session() as session:
            response = session.request(
                method,
                url,
                data=body or None,
                headers={**headers, "Connection": "close"},
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
            received = bytearray()
            for chunk in response.iter_content(_CHUNK):
                received += chunk
                if len(received) > MAX_ANSWER_BYTES:
                    raise Fault(f"its response has more than {MAX_ANSWER_BYTES} bytes", is_refused=True)
            return response.status_code, bytes(received)
    except requests.Timeout:
        raise Fault(f"no answer within {timeout:g} s") from None
    except (requests.RequestException, OSError) as error:
        raise Fault(cause_of(error)) from None


def judge(status: int, body: bytes) -> object:
    """Return the decoded body of a response that accepts a request, or raise ``Fault``.

    The status is not enough: one compatible server responds with 200 and an "error" in the body.
    """
    if not 200 <= status <= 299:
        # 429 asks the client to retry later.
        is_refused = status < 500 and status != 429
        raise Fault(f"HTTP {status}: {body[:500].decode(errors='replace')}", is_refused=is_refused)
    try:
        answer = decode(body)
    except ValueError:
        detail = "its answer is not JSON: is that a Pusher-compatible server?"
        raise Fault(detail, is_refused=True) from None
    if isinstance(answer, dict) and "error" in answer:
        raise Fault(str(answer["error"]), is_refused=True)
    return answer


def cause_of(error: BaseException) -> str:
    """Return the innermost cause of a network error: the outer ones contain the signed URL."""
    cause = error
    while True:
        reason = getattr(cause, "reason", None)
        inner = reason if isinstance(reason, BaseException) else cause.__cause__ or cause.__context__
        if inner is None and cause.args and isinstance(cause.args[-1], BaseException):
            inner = cause.args[-1]
        if inner is None:
            break
        cause = inner
    if isinstance(cause, OSError) and cause.errno is not None and cause.errno > 0:
        return os.strerror(cause.errno)
    return str(cause) or type(cause).__name__


_MAX_DETAIL = 200
_NOT_PLAIN = re.compile("[^\x20-\x7e]+")
_SIGNED = re.compile(r'auth_[a-z_]+=[^&\s"]*')
_PROOF = re.compile(r"signature=[\w-]*")


def plain_line(text: str, secret: str = "") -> str:
    """Return foreign text in a form for logs, without signatures: a server may echo the request."""
    if secret:
        text = text.replace(secret, "***")
    text = _SIGNED.sub("auth_***", _PROOF.sub("signature=***", text))
    return _NOT_PLAIN.sub(" ", text).strip()[:_MAX_DETAIL]

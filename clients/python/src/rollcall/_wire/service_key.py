"""Service keys: what the owners of a prefix sign announcements and requests with."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import replace

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from .announcement import Announcement
from .json_text import encode_bytes

_KEY = re.compile("rsk_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
# The id of a key is the first characters of its public half.
_KEY_ID_LENGTH = 12


def is_service_key(key: str) -> bool:
    """Return whether a text is a service key."""
    return _KEY.fullmatch(key) is not None


class Signer:
    """Signs what the holder of a service key announces."""

    def __init__(self, key: str, registry: str) -> None:
        """Take a valid key, and the name of the registry's channel."""
        self._key = SigningKey(base64.urlsafe_b64decode(key.removeprefix("rsk_") + "="))
        self._registry = registry

    @property
    def public_half(self) -> str:
        """The public half of the key, as the owners of a gateway have it."""
        return "rpk_" + _base64url(bytes(self._key.verify_key))

    def id_for(self, id: str) -> str:
        """Return the id of an instance with the id of the key at its end, so that no other key can use it."""
        end = "." + self.public_half.removeprefix("rpk_")[:_KEY_ID_LENGTH]
        return id.removesuffix(end) + end

    def sign(self, event: str, announcement: Announcement) -> Announcement:
        """Return the announcement as an owner publishes it by an event."""
        text = signed_text(self._registry, event, announcement)
        return replace(announcement, sig=self._signature(text))

    def has_signed(self, event: str, announcement: Announcement) -> bool:
        """Return whether an announcement was signed by the same key."""
        text = signed_text(self._registry, event, announcement)
        try:
            signature = base64.urlsafe_b64decode((announcement.sig or "") + "==")
            self._key.verify_key.verify(text, signature)
        except (binascii.Error, BadSignatureError, ValueError):
            return False
        return True

    def proof(self, path: str, time: int, body: bytes) -> str:
        """Return the Authorization field of a request to an auth server."""
        signature = self._signature(auth_request_text(path, time, body))
        return f"Rollcall key={self.public_half}, time={time}, signature={signature}"

    def _signature(self, text: bytes) -> str:
        return _base64url(self._key.sign(text).signature)


def signed_text(registry: str, event: str, announcement: Announcement) -> bytes:
    """Return the text that the signature of an announcement covers."""
    fields = replace(announcement, sig=None).fields()
    return f"rollcall {event} {registry}\n".encode() + encode_bytes(fields, is_canonical=True)


def auth_request_text(path: str, time: int, body: bytes) -> bytes:
    """Return the text that the signature of a request to an auth server covers.

    It begins otherwise than that of an announcement, so that neither is taken for the other.
    """
    return f"rollcall auth {path} {time}\n".encode() + body


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

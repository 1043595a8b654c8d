"""Encrypts what the transport must not read, as Pusher's encrypted channels do."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from .json_text import Json, decode, encode_bytes

KEY_BYTES = 32
# Stands for an event's name in the announcement of a member of a presence channel.
MEMBER_EVENT = "member"


def key_from_base64(text: str) -> bytes | None:
    """Return a key of 32 bytes, or None if the text is none."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


@dataclass(frozen=True)
class Envelope:
    """Where a message belongs. It is sealed with the message, so that a captured one has no effect anywhere else."""

    event: str
    channel: str

    def enclose(self, data: Json) -> dict[str, Json]:
        """Return what is encrypted in place of the data of a message."""
        return {"event": self.event, "channel": self.channel, "data": data}


class Sealer:
    """Seals and opens messages with a key of its own for each channel."""

    def __init__(self, master_key: bytes) -> None:
        self._master_key = master_key

    def key_of(self, channel: str) -> bytes:
        """Return the key of a channel."""
        return hashlib.sha256(channel.encode() + self._master_key).digest()

    def seal(self, to: Envelope, data: Json) -> dict[str, Json]:
        """Return the data of a message, sealed."""
        box = SecretBox(self.key_of(to.channel)).encrypt(encode_bytes(to.enclose(data)))
        return {
            "nonce": base64.b64encode(box.nonce).decode(),
            "ciphertext": base64.b64encode(box.ciphertext).decode(),
        }

    def open(self, origin: Envelope, message: object) -> Json:
        """Return the data of a sealed message, or None: see ``unseal``."""
        return unseal(self.key_of(origin.channel), origin, message)


def unseal(key: bytes, origin: Envelope, message: object) -> Json:
    """Return the data of a sealed message, or None if it is not sealed with this key, or belongs elsewhere."""
    if not isinstance(message, Mapping):
        return None
    nonce, ciphertext = message.get("nonce"), message.get("ciphertext")
    if not isinstance(nonce, str) or not isinstance(ciphertext, str):
        return None
    try:
        box = SecretBox(key)
        text = box.decrypt(base64.b64decode(ciphertext, validate=True), base64.b64decode(nonce, validate=True))
        enclosed = decode(text)
    except (binascii.Error, CryptoError, ValueError):
        return None
    if not isinstance(enclosed, dict):
        return None
    is_here = enclosed.get("event") == origin.event and enclosed.get("channel") == origin.channel
    return enclosed.get("data") if is_here else None

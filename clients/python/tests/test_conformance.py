"""The vectors that TypeScript, Go and Python all run."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pusher.signature
import pytest

from rollcall._owner.outbid import Outbids, outbid
from rollcall._wire.announcement import parse_announcement
from rollcall._wire.channels import channels_of, inc_of, member_of
from rollcall._wire.roll_call import RollCall, hash_of, parse_roll_call
from rollcall._wire.seal import Envelope, Sealer, key_from_base64
from rollcall._wire.service_key import Signer, auth_request_text, is_service_key, signed_text
from rollcall.errors import Refusal, RollcallError

from .vectors import vectors

ANNOUNCEMENTS = vectors("announcements.json")["cases"]
OWNERS = vectors("owners.json")
SERVICE_KEYS = vectors("service-keys.json")
AUTH_REQUESTS = vectors("auth-requests.json")
SIGNATURES = vectors("signatures.json")


def named(cases: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "case", cases, ids=[str(case.get("name", index)) for index, case in enumerate(cases)]
    )


@named(ANNOUNCEMENTS)
def test_announcement(case: dict[str, Any]) -> None:
    if "refused" in case:
        with pytest.raises(Refusal) as refused:
            parse_announcement(case["input"])
        assert refused.value.code == case["refused"]
        return
    announcement = parse_announcement(case["input"])
    assert announcement.fields() == case["expect"]
    assert parse_announcement(announcement.fields()) == announcement


@pytest.mark.parametrize("case", OWNERS["hashes"], ids=lambda case: case["hash"])
def test_hash(case: dict[str, Any]) -> None:
    assert hash_of(case["id"], case["inc"], case["seq"], case["left"]) == case["hash"]


@named(OWNERS["rollCalls"])
def test_roll_call(case: dict[str, Any]) -> None:
    version = case["version"]
    assert RollCall(case["digest"], 0).asks_for(version["id"], version["inc"], version["seq"]) == case["asksFor"]


@named(OWNERS["waits"])
def test_wait_before_an_answer(case: dict[str, Any]) -> None:
    call = parse_roll_call({"nonce": "n", "digest": "", "size": case["size"]})
    assert call is not None
    assert call.answer_wait * 1000 == case["longest"]


@named(OWNERS["channels"])
def test_channels(case: dict[str, Any]) -> None:
    if case.get("refused"):
        with pytest.raises(RollcallError, match="ROLLCALL_CHANNEL"):
            channels_of(case["registry"])
        return
    channels = channels_of(case["registry"])
    assert (channels.owners, channels.presence(case["id"])) == (case["owners"], case["presence"])


@named(OWNERS["members"])
def test_member(case: dict[str, Any]) -> None:
    inc = inc_of(case["member"], case["id"])
    assert inc == case["inc"]
    if inc is not None:
        assert member_of(case["id"], inc) == case["member"]


@named(OWNERS["outbids"])
def test_outbid(case: dict[str, Any]) -> None:
    own, held = case["own"], case["told"]
    assert outbid(own["id"], own["inc"], held["id"], held["inc"], held["left"]) == case["next"]


def test_waits_between_outbids() -> None:
    now = 0.0
    outbids = Outbids(lambda: now)
    outbids.need(5)
    assert outbids.due == 0
    for number, wait in enumerate(OWNERS["outbidWaits"]):
        outbids.done()
        assert outbids.due is None
        outbids.need(7 + number)
        outbids.need(6)
        assert (outbids.due, outbids.next) == (now + wait, 7 + number)
        now += wait


@named(OWNERS["sealed"]["cases"])
def test_sealed(case: dict[str, Any]) -> None:
    sealer, here = sealer_of_vectors(), Envelope(case["event"], case["channel"])
    assert sealer.open(here, case) == case["data"]
    assert sealer.open(here, sealer.seal(here, case["data"])) == case["data"]
    assert sealer.open(Envelope("other", case["channel"]), case) is None
    assert sealer.open(Envelope(case["event"], case["channel"] + "x"), case) is None


@named(OWNERS["sealed"]["refused"])
def test_sealed_for_elsewhere(case: dict[str, Any]) -> None:
    assert sealer_of_vectors().open(Envelope(case["event"], case["channel"]), case) is None


def sealer_of_vectors() -> Sealer:
    key = key_from_base64(OWNERS["sealed"]["masterKey"])
    assert key is not None
    return Sealer(key)


def test_service_keys() -> None:
    for each in SERVICE_KEYS["keys"]:
        assert Signer(each["serviceKey"], "").public_half == each["publicKey"]
    assert not any(is_service_key(text) for text in SERVICE_KEYS["notKeys"])
    for each in SERVICE_KEYS["ids"]:
        assert signer_of_vectors(each["key"], "").id_for(each["id"]) == each["expect"]


@named(SERVICE_KEYS["statements"])
def test_signed_statement(case: dict[str, Any]) -> None:
    announcement = parse_announcement(case["announcement"])
    assert signed_text(case["registry"], case["event"], announcement).decode() == case["text"]
    signer = signer_of_vectors(case["key"], case["registry"])
    signed = signer.sign(case["event"], announcement)
    assert signed.sig == case["sig"]
    assert signer.has_signed(case["event"], signed)
    changed = parse_announcement({**signed.fields(), "port": 1})
    assert not signer.has_signed(case["event"], changed)


def signer_of_vectors(number: int, registry: str) -> Signer:
    return Signer(SERVICE_KEYS["keys"][number]["serviceKey"], registry)


@named(AUTH_REQUESTS["requests"])
def test_request_to_an_auth_server(case: dict[str, Any]) -> None:
    body = case["body"].encode()
    assert auth_request_text(case["path"], case["time"], body).decode() == case["text"]
    assert Signer(case["serviceKey"], "").proof(case["path"], case["time"], body) == case["authorization"]


@named(SIGNATURES["channels"])
def test_signature_of_a_channel(case: dict[str, Any]) -> None:
    text = ":".join(case[name] for name in ("socketId", "channel", "channelData") if name in case)
    assert pusher.signature.sign(SIGNATURES["secret"], text) == case["signature"]


@named(SIGNATURES["requests"])
def test_signature_of_a_request(case: dict[str, Any]) -> None:
    query = "&".join(
        f"{name.lower()}={value}" for name, value in sorted(case["query"].items(), key=lambda e: e[0].lower())
    )
    text = f"{case['method']}\n{case['path']}\n{query}"
    signature = hmac.new(SIGNATURES["secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
    assert signature == case["signature"]

"""The variables of the environment."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall import Broker, Config, RollcallError
from rollcall._wire.placeholder import is_placeholder

OWN = {"PUSHER_APP_ID": "7", "PUSHER_APP_KEY": "k", "PUSHER_APP_SECRET": "s3cret"}
MASTER_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
SERVICE_KEY = "rsk_nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
ENCRYPTED = {"ROLLCALL_CHANNEL": "private-encrypted-a", "ROLLCALL_MASTER_KEY": MASTER_KEY}
AUTH = {"ROLLCALL_AUTH_URL": "https://auth.example.com", "ROLLCALL_SERVICE_KEY": SERVICE_KEY}


def development(host: str = "127.0.0.1", port: int = 6001) -> Broker:
    return Broker("1", "rollcall-development-key", "rollcall-development-secret", host, port)


@pytest.mark.parametrize(
    ("env", "broker"),
    [
        ({}, development()),
        ({"PUSHER_PORT": "7001"}, development(port=7001)),
        ({"PUSHER_HOST": "LOCALHOST"}, development("LOCALHOST")),
        ({"PUSHER_HOST": "::ffff:127.0.0.2"}, development("::ffff:127.0.0.2")),
        ({**OWN, "PUSHER_HOST": "[fd00::7]"}, Broker("7", "k", "s3cret", "fd00::7", 6001)),
        (
            {**OWN, "PUSHER_HOST": "10.0.0.7", "PUSHER_APP_SECURE": "1"},
            Broker("7", "k", "s3cret", "10.0.0.7", 6001, tls=True),
        ),
        ({**OWN, "PUSHER_APP_CLUSTER": "eu"}, Broker("7", "k", "s3cret", cluster="eu", tls=True)),
        ({**OWN, "PUSHER_APP_CLUSTER": "eu", "PUSHER_PORT": "x"}, Broker("7", "k", "s3cret", cluster="eu", tls=True)),
        ({**OWN, "PUSHER_APP_CLUSTER": "eu", "PUSHER_APP_SECURE": "0"}, Broker("7", "k", "s3cret", cluster="eu")),
        ({**OWN, "PUSHER_APP_CLUSTER": "eu", "PUSHER_HOST": "b"}, Broker("7", "k", "s3cret", "b", 6001)),
        (dict.fromkeys([*OWN, "PUSHER_HOST", "PUSHER_PORT", "ROLLCALL_CHANNEL"], ""), development()),
    ],
)
def test_reads_a_broker(env: dict[str, str], broker: Broker) -> None:
    config = Config.from_env(env)
    assert config.brokers == (broker,)
    assert config.channel == "mapped-discovery"


@pytest.mark.parametrize(
    ("env", "names"),
    [
        ({"PUSHER_APP_KEY": "k"}, "PUSHER_APP_ID and PUSHER_APP_SECRET not set"),
        ({**OWN, "PUSHER_APP_SECRET": ""}, "PUSHER_APP_SECRET not set"),
        ({"PUSHER_HOST": "10.0.0.7"}, "loopback only"),
        ({"PUSHER_HOST": "localhost.evil.example"}, "loopback only"),
        ({"PUSHER_APP_CLUSTER": "eu"}, "loopback only"),
        ({"PUSHER_APP_SECURE": "true"}, "PUSHER_APP_SECURE"),
        ({"PUSHER_PORT": "0"}, "PUSHER_PORT"),
        ({**OWN, "PUSHER_HOST": "http://broker"}, "PUSHER_HOST"),
        ({**OWN, "PUSHER_HOST": "broker:6001"}, "PUSHER_HOST"),
        ({**OWN, "PUSHER_HOST": "fe80::1%eth0"}, "PUSHER_HOST"),
        ({**OWN, "PUSHER_APP_CLUSTER": "eu.evil.example/"}, "PUSHER_APP_CLUSTER"),
        ({**OWN, "PUSHER_APP_KEY": "k\n"}, "PUSHER_APP_KEY"),
        ({**OWN, "PUSHER_APP_ID": "7/../8"}, "PUSHER_APP_ID"),
        ({**OWN, "PUSHER_APP_SECRET": "<your secret>"}, "PUSHER_APP_SECRET is a placeholder"),
        ({"ROLLCALL_CHANNEL": "presence-a"}, "ROLLCALL_CHANNEL"),
        ({"ROLLCALL_CHANNEL": "private-encrypted-a"}, "ROLLCALL_MASTER_KEY"),
        ({"ROLLCALL_CHANNEL": "private-encrypted-a", "ROLLCALL_MASTER_KEY": "s3cret"}, "32 bytes"),
        ({"ROLLCALL_CHANNEL": "private-a", "ROLLCALL_MASTER_KEY": MASTER_KEY}, "ROLLCALL_MASTER_KEY"),
        ({"ROLLCALL_SERVICE_KEY": "rsk_s3cret"}, "ROLLCALL_SERVICE_KEY"),
        ({"ROLLCALL_BROKERS": "https://k:s3cret@a/apps/1", "PUSHER_HOST": "b"}, "ROLLCALL_BROKERS and PUSHER_HOST"),
        ({**AUTH, "ROLLCALL_CHANNEL": "a"}, "ROLLCALL_AUTH_URL and ROLLCALL_CHANNEL"),
        ({**AUTH, "ROLLCALL_SERVICE_KEY": ""}, "ROLLCALL_SERVICE_KEY is not set"),
        ({**AUTH, "ROLLCALL_AUTH_URL": "http://auth.example.com"}, "ROLLCALL_AUTH_URL"),
        ({**AUTH, "ROLLCALL_AUTH_URL": "https://u:s3cret@auth.example.com"}, "ROLLCALL_AUTH_URL is"),
    ],
)
def test_refuses_in_one_line(env: dict[str, str], names: str) -> None:
    with pytest.raises(RollcallError) as raised:
        Config.from_env(env)
    assert raised.value.code == "ROLLCALL_CONFIG"
    message = str(raised.value)
    assert names in message
    assert "\n" not in message


@pytest.mark.parametrize("env", [{**OWN, **ENCRYPTED, "ROLLCALL_SERVICE_KEY": SERVICE_KEY}])
def test_never_shows_its_secrets(env: dict[str, str]) -> None:
    config = Config.from_env(env)
    for secret in ("s3cret", MASTER_KEY, SERVICE_KEY):
        assert secret not in f"{config} {config!r} {config.brokers}"


def test_reads_several_brokers() -> None:
    config = Config.from_env(
        {
            "ROLLCALL_BROKERS": "https://k:s%2Fx@a.example:8443/apps/1, https://k2:s2@api-eu.pusher.com/apps/2,"
            "http://k3:s3@[fd00::7]:6001/apps/name/"
        }
    )
    assert config.brokers == (
        Broker("1", "k", "s/x", "a.example", 8443, tls=True),
        Broker("2", "k2", "s2", cluster="eu", tls=True),
        Broker("name", "k3", "s3", "fd00::7", 6001),
    )


@pytest.mark.parametrize(
    ("urls", "names"),
    [
        (",", "names no broker"),
        ("ftp://k:s3cret@a/apps/1", "URL 1 is no http or https URL"),
        ("https://k:s3%cret@a/apps/1", "URL 1 is no http"),
        ("https://k:s3cret@a/app/1", "a does not end with /apps/ID"),
        ("https://k:s3cret@a/apps/1?x", "does not end with /apps/ID"),
        ("https://a/apps/1", "a has no key and secret"),
        ("https://k:s3cret@ws-eu.pusher.com/apps/1", "name api-eu.pusher.com"),
        ("https://k:s3cret@a:0/apps/1", "invalid port"),
        ("https://k:s3cret@a/apps/1,https://k:s3cret@a:443/apps/1", "a:443 is there twice"),
    ],
)
def test_refuses_a_list_of_brokers_without_its_secrets(urls: str, names: str) -> None:
    with pytest.raises(RollcallError) as raised:
        Config.from_env({"ROLLCALL_BROKERS": urls})
    assert names in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_an_auth_server_needs_only_a_service_key() -> None:
    config = Config.from_env(AUTH)
    assert (config.auth_url, config.brokers) == ("https://auth.example.com", ())
    assert Config.from_env({**AUTH, "ROLLCALL_AUTH_URL": "http://127.0.0.1:8080"}).is_local


@pytest.mark.parametrize("secret", ["set-this", "<secret>", "${SECRET}", "xxxx", "changeme", "your-app-secret"])
def test_a_placeholder(secret: str) -> None:
    assert is_placeholder(secret)


@pytest.mark.parametrize("secret", ["8c1f0e6b", "rollcall-development-secret", "aaa"])
def test_a_secret(secret: Any) -> None:
    assert not is_placeholder(secret)

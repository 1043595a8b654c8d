"""The variables of the environment that every part of Rollcall reads."""

from __future__ import annotations

from collections.abc import Mapping

from .._wire.address import is_loopback
from .._wire.channels import DEFAULT_CHANNEL
from .._wire.fields import parse_port
from .._wire.quote import quote
from ..config import Broker, Config, check_config, embedded_broker, with_development_app
from ..errors import Refusal, config_error
from .broker_url import brokers_from_list

# The variables of a registry with one broker.
_SINGLE_BROKER = (
    *("PUSHER_APP_ID", "PUSHER_APP_KEY", "PUSHER_APP_SECRET", "PUSHER_APP_CLUSTER"),
    *("PUSHER_HOST", "PUSHER_PORT", "PUSHER_APP_SECURE"),
)
# What an auth server makes superfluous: it names the registry.
_NOT_WITH_AUTH = (*_SINGLE_BROKER, "ROLLCALL_BROKERS", "ROLLCALL_CHANNEL", "ROLLCALL_MASTER_KEY")


def config_from_env(env: Mapping[str, str]) -> Config:
    """Read a valid configuration from variables. An empty value counts as unset."""
    service_key, address = env.get("ROLLCALL_SERVICE_KEY", ""), env.get("ROLLCALL_ADDRESS", "")
    if auth_url := env.get("ROLLCALL_AUTH_URL"):
        _check_unset(env, _NOT_WITH_AUTH, "ROLLCALL_AUTH_URL", "the auth server names the registry")
        config = Config(auth_url=auth_url, service_key=service_key, address=address)
        check_config(config)
        return config
    urls = env.get("ROLLCALL_BROKERS", "").strip()
    if urls:
        _check_unset(env, _SINGLE_BROKER, "ROLLCALL_BROKERS", "ROLLCALL_BROKERS names every broker with its app")
    config = Config(
        brokers=brokers_from_list(urls) if urls else (_broker(env),),
        is_list=urls != "",
        channel=env.get("ROLLCALL_CHANNEL") or DEFAULT_CHANNEL,
        master_key=env.get("ROLLCALL_MASTER_KEY", ""),
        service_key=service_key,
        address=address,
    )
    check_config(config)
    return config


def _check_unset(env: Mapping[str, str], names: tuple[str, ...], instead: str, reason: str) -> None:
    for name in names:
        if env.get(name):
            raise config_error(f"{instead} and {name} are both set: {reason}, so unset {name}")


def _broker(env: Mapping[str, str]) -> Broker:
    host = _unbracket(env.get("PUSHER_HOST", ""))
    cluster = env.get("PUSHER_APP_CLUSTER", "")
    is_hosted = host == "" and cluster != ""
    secure = env.get("PUSHER_APP_SECURE", "")
    if secure not in ("", "0", "1"):
        raise config_error(f"PUSHER_APP_SECURE is {quote(secure)}; set it to 1 for TLS or 0 for none")
    broker = Broker(
        app_id=env.get("PUSHER_APP_ID", ""),
        key=env.get("PUSHER_APP_KEY", ""),
        secret=env.get("PUSHER_APP_SECRET", ""),
        host="" if is_hosted else host or embedded_broker().host,
        port=0 if is_hosted else _port(env.get("PUSHER_PORT", "")),
        cluster=cluster if is_hosted else "",
        tls=secure == "1" if secure else is_hosted,
    )
    return _with_credentials(broker)


def _port(text: str) -> int:
    if text == "":
        return embedded_broker().port
    try:
        return parse_port(text)
    except Refusal as refusal:
        raise config_error(f"PUSHER_PORT: {refusal}") from None


def _with_credentials(broker: Broker) -> Broker:
    if broker.app_id or broker.key or broker.secret:
        return broker
    if not broker.host or not is_loopback(broker.host):
        raise config_error(
            "PUSHER_APP_ID and PUSHER_APP_KEY and PUSHER_APP_SECRET not set: "
            "the development credentials are for a broker on loopback only"
        )
    return with_development_app(broker)


def _unbracket(host: str) -> str:
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host

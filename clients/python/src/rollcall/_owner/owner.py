"""Announces one instance of a service at all brokers of a registry, keeps it known, and withdraws it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from .._transport.access import DEFAULT_TIMING, Access, Timing, accesses_of, located_access
from .._transport.auth import AuthClient
from .._wire.announcement import Announcement
from .._wire.frame import Fault
from .._wire.service_key import Signer
from ..config import Config, check_config
from ..errors import Refusal, RollcallError
from .address import own_address
from .each import at_each
from .identity import OF_THIS_PROCESS, Identity, Incarnations, refused
from .member import check_member
from .search import Search
from .site import Site

Mode = Literal["presence", "lease"]

_LOG = logging.getLogger("rollcall")

DEFAULT_TTL = 300
# How much longer the other brokers have once one has accepted an exit.
_OTHERS_LEAVE_WAIT = 0.5


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """What a program wants to know. They are called in Rollcall's thread, and should return soon."""

    on_error: Callable[[RollcallError], None] | None = None
    on_registered: Callable[[Announcement], None] | None = None
    on_outbid: Callable[[Announcement, Announcement], None] | None = None


class Owner:
    """The owner of an instance. All its coroutines run in one event loop, in which it has to be made."""

    def __init__(
        self,
        fields: Mapping[str, object],
        config: Config,
        mode: Mode = "presence",
        hooks: Hooks | None = None,
        require_broker: bool = False,
        incarnations: Incarnations = OF_THIS_PROCESS,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        """Check everything that can be checked without the broker.

        Raises ``RollcallError`` with ROLLCALL_CONFIG, ROLLCALL_ANNOUNCEMENT or ROLLCALL_NO_ADDRESS.
        """
        check_config(config)
        if mode not in ("presence", "lease"):
            message = f'mode is {mode!r}; choose "presence" or "lease"'
            raise RollcallError("ROLLCALL_CONFIG", message)
        self.config = config
        self.is_lease = mode == "lease"
        self._require_broker = require_broker
        self._hooks = hooks or Hooks()
        self._auth = AuthClient(config.auth_url, config.service_key) if config.auth_url else None
        self.sites = [Site(self, access) for access in accesses_of(config, timing)]
        self._timing = timing
        self._search = Search(self)
        # How often leave() was called. A registration that was begun before goes no further.
        self._leaves = 0
        self.identity = Identity(incarnations, self._check)
        key = config.service_key
        self.identity.signer = Signer(key, config.channel) if key else None
        with refused("register"):
            self.identity.set(self._completed(fields))

    def _completed(self, fields: Mapping[str, object]) -> dict[str, object]:
        given = {name: value for name, value in fields.items() if value is not None}
        if "address" not in given:
            given["address"], self.identity.is_address_guessed = own_address(self.config)
        id = str(given.get("id") or uuid.uuid4())
        signer = self.identity.signer
        given["id"] = id if signer is None else signer.id_for(id)
        if self.is_lease:
            given.setdefault("ttl", DEFAULT_TTL)
        return given

    def _check(self, announcement: Announcement) -> None:
        """Refuse what is too large with its signature, or does not fit into its presence channel."""
        signer = self.identity.signer
        signed = announcement if signer is None else signer.sign("register", announcement)
        if len(signed.encoded()) > 1024:
            raise Refusal("too-large", "the announcement has more than 1024 bytes as JSON with its signature")
        if not self.is_lease:
            for site in self.sites:
                check_member(signed, site.access)

    async def register(self) -> None:
        """Announce the instance, and return once a broker has accepted that, or a first attempt has failed.

        What has failed is reported, and retried until it succeeds. Raises ``RollcallError`` only if a broker is
        required.
        """
        leaves = self._leaves
        await self._search.end()
        try:
            await self.locate()
        except RollcallError as error:
            if self._require_broker:
                raise
            if self._leaves == leaves:
                self._search.begin(error)
            return
        if self._leaves == leaves:
            await self.register_at_each(self._require_broker)

    async def register_at_each(self, is_required: bool) -> None:
        """Announce the instance at every broker."""

        async def failed(site: Site, error: RollcallError, is_anywhere: bool) -> RollcallError | None:
            if not is_anywhere and is_required:
                return error
            await site.go_on(error)
            return None

        await at_each(self.sites, lambda site: site.register(), failed)

    async def locate(self) -> None:
        """Ask the auth server where the registry is, unless it has said so. It makes three attempts."""
        auth = self._auth
        if auth is None or self.sites:
            return
        for wait in (*self._timing.retries, None):
            try:
                channels, located = await auth.registry()
                break
            except Fault as fault:
                if fault.is_refused or wait is None:
                    raise auth.describe(fault) from None
            await asyncio.sleep(wait)
        accesses: list[Access] = [located_access(self.config, auth, channels, each, self._timing) for each in located]
        self.identity.signer = accesses[0].signer
        self.sites = [Site(self, access) for access in accesses]

    async def update(self, changes: Mapping[str, object]) -> None:
        """Change the announcement, and publish it if the instance is registered."""
        if not self.identity.change(changes):
            return
        await at_each(self.sites, lambda site: site.announce_change(), self._failed_somewhere)

    async def leave(self) -> None:
        """Announce at every broker that the instance leaves.

        Returns once one has accepted that and a window has passed in which requests may still come.
        """
        self._leaves += 1
        await self._search.end()
        try:
            await at_each(self.sites, lambda site: site.leave(), self._failed_somewhere, _OTHERS_LEAVE_WAIT)
        finally:
            self.identity.withdraw()

    async def _failed_somewhere(self, site: Site, error: RollcallError, is_anywhere: bool) -> RollcallError | None:
        if is_anywhere:
            self.report(error)
            return None
        return error

    def exit_blocking(self, timeout: float) -> None:
        """Publish the exit without an event loop, as a process ends."""
        for site in self.sites:
            with contextlib.suppress(Fault):
                site.exit_blocking(timeout)

    @property
    def is_registered(self) -> bool:
        """Whether a broker has accepted this run, and it has not left."""
        return self.identity.is_accepted and not self.identity.is_over

    async def outbid(self, was: Announcement, now: Announcement, by: object) -> None:
        """Report that the run continues as a later one, and have the other brokers follow."""
        for site in self.sites:
            if site.keeper is not None and site.keeper is not by:
                await site.keeper.follow()
        _LOG.warning(
            "%s continues as a later run, because observers know a later one with its id: the clock of this machine "
            "was set back, or, if this is repeated, two programs share the id",
            now,
        )
        if self._hooks.on_outbid is not None:
            self._call(lambda: self._hooks.on_outbid and self._hooks.on_outbid(was, now))

    def registered(self) -> None:
        """Report that a broker has accepted the announcement for the first time, unless another one had."""
        if not self.identity.is_first_acceptance():
            return
        announcement = self.identity.announcement
        _LOG.info("registered %s", announcement)
        if announcement.ttl is not None:
            _LOG.info(
                "with a lease, an observer that starts later may learn of it only after %d s", announcement.ttl // 3
            )
        if self._hooks.on_registered is not None:
            self._call(lambda: self._hooks.on_registered and self._hooks.on_registered(announcement))

    def report(self, error: RollcallError) -> None:
        """Report what has failed and is retried."""
        if self._hooks.on_error is None:
            _LOG.warning("%s", error)
        else:
            self._call(lambda: self._hooks.on_error and self._hooks.on_error(error))

    def not_yet(self, error: RollcallError) -> RollcallError:
        """Describe a fault of the first announcement, which is retried."""
        where = " at this broker" if len(self.sites) > 1 else ""
        return RollcallError(error.code, f"not registered{where} yet, retrying: {error}")

    @staticmethod
    def _call(hook: Callable[[], object]) -> None:
        try:
            hook()
        except BaseException:  # a sys.exit() there would end Rollcall's thread, and not the program
            _LOG.exception("a function that was given to Rollcall has failed")

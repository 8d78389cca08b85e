"""An issuer's keys over time: loaded once for all who wait, refreshed, and kept while the issuer is down.

Tokens come from strangers, so what a token can cause is bounded: one load a minute, whatever kids it names.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from vendorgate.identity.errors import refused_for_now
from vendorgate.identity.jwks import KeySet, NotJwks, VerificationKey, parse_jwks
from vendorgate.identity.jwks_fetch import FetchFailed
from vendorgate.identity.key_sources import KeySource
from vendorgate.telemetry import logger

KEPT_S = 24 * 3600.0
"""How long the last good keys are used while the issuer cannot be reached."""
LOAD_S = 5.0
RETRY_S = 10.0
"""Between attempts while there are no keys at all."""
USED_S = 3600.0
"""Keys are refreshed unasked while a token they proved may still be remembered."""


class Keys(Protocol):
    """Finds the key that must have signed a token."""

    async def find(self, algorithm: str, kid: str | None) -> VerificationKey | None:
        """Return the key, or None when the issuer has none of this kid. Raises ``IdentityRefused``."""
        ...

    async def aclose(self) -> None:
        """Stop what runs in the background."""
        ...


class IssuerKeys:
    """The keys of one configured issuer. Belongs to one event loop."""

    def __init__(
        self, name: str, source: KeySource, *, clock: Callable[[], float], withdrawn: Callable[[], None]
    ) -> None:
        """``withdrawn`` is called when a key that was there is gone."""
        self._name = name
        self._source = source
        self._clock = clock
        self._withdrawn = withdrawn
        self._keys: KeySet | None = None
        self._document = b""
        """What the keys were read from."""
        self._good_at = float("-inf")
        self._tried_at = float("-inf")
        self._used_at = float("-inf")
        self._loading: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    async def find(self, algorithm: str, kid: str | None) -> VerificationKey | None:
        """Return the key, waiting for a load when none are at hand or ``kid`` is new. Raises ``IdentityRefused``."""
        self._used_at = self._clock()
        await self._ensure_loaded()
        key = self._current().find(algorithm, kid)
        if key is None and kid is not None and await self._loaded_again(self._source.unknown_interval_s):
            key = self._current().find(algorithm, kid)
        return key

    async def aclose(self) -> None:
        """Stop refreshing; a load under way is given up."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._loading is not None and not self._loading.done():
            self._loading.cancel()
            await asyncio.wait([self._loading])

    def _current(self) -> KeySet:
        if self._keys is None or self._clock() - self._good_at > KEPT_S:
            raise refused_for_now(
                "The issuer's keys cannot be fetched, so the token cannot be verified. Try again shortly."
            )
        return self._keys

    async def _ensure_loaded(self) -> None:
        age = self._clock() - self._good_at
        if age > KEPT_S:
            await self._loaded_again(RETRY_S)
        elif age >= self._source.interval_s:
            # Nobody waits for a refresh over the network; reading a file costs less than checking a signature.
            if self._source.is_local:
                await self._loaded_again(self._source.unknown_interval_s)
            elif self._may_load(self._source.unknown_interval_s):
                self._start()

    def _may_load(self, interval_s: float) -> bool:
        return self._clock() - self._tried_at >= interval_s

    async def _loaded_again(self, interval_s: float) -> bool:
        """Wait for the load under way, or for a new one if the last is long enough ago; False when neither."""
        task = self._loading
        if task is None or task.done():
            if not self._may_load(interval_s):
                return False
            task = self._start()
        # One caller who hangs up must not end the load for the others.
        await asyncio.shield(task)
        return True

    def _start(self) -> asyncio.Task[None]:
        if self._loading is None or self._loading.done():
            self._tried_at = self._clock()
            self._loading = asyncio.create_task(self._load(), name="issuer keys")
        return self._loading

    async def _load(self) -> None:
        delay_s = self._source.interval_s
        try:
            async with asyncio.timeout(LOAD_S):
                data = await self._source.load()
            if data != self._document:
                self._use(parse_jwks(data))
                self._document = data
            self._good_at = self._clock()
        except (FetchFailed, NotJwks, TimeoutError) as error:
            delay_s = min(delay_s, 60.0)
            why = "it took too long" if isinstance(error, TimeoutError) else str(error)
            logger.warning("An issuer's keys cannot be loaded; the last good ones stay", issuer=self._name, why=why)
        if not self._closed:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._refresh_unasked)

    def _use(self, keys: KeySet) -> None:
        before = self._keys
        self._keys = keys
        if before is not None and before.lost(keys):
            self._withdrawn()

    def _refresh_unasked(self) -> None:
        self._timer = None
        if not self._closed and self._clock() - self._used_at < USED_S + self._source.interval_s:
            self._start()

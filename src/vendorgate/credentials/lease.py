"""Lease the vendor's credential for one authorised call. The only place besides the schemes that sees a secret."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from vendorgate.credentials.errors import CredentialProblem, CredentialRefused
from vendorgate.credentials.needles import find_needles
from vendorgate.credentials.schemes import Scheme, find_scheme
from vendorgate.credentials.sources import Reading, Source, Surroundings, open_source
from vendorgate.credentials.spec import CredentialSpec
from vendorgate.credentials.store import CredentialStore
from vendorgate.credentials.value import check_value
from vendorgate.model import AuthorizedCall, Credential

REFRESH_S = 2.0
"""How old a reading may be: a rotated credential is in use this many seconds later at most."""


class Binding(NamedTuple):
    """Which credential a vendor gets, how, and for which host."""

    vendor: str
    credential: str | None
    """Name of the credential; None for a vendor that needs none."""
    attach: str
    """The scheme, as the vendor's catalogue writes it."""
    authority: str
    """The only ``host:port`` the credential may be sent to."""


class _Bound:
    """One vendor's credential, and what was built from the last reading of it."""

    __slots__ = ("authority", "credential", "name", "reading", "scheme", "scheme_name", "source", "stale_at")

    def __init__(self, name: str, authority: str, source: Source, scheme: Scheme, scheme_name: str | None) -> None:
        self.name = name
        self.authority = authority
        self.source = source
        self.scheme = scheme
        self.scheme_name = scheme_name
        self.reading: Reading | None = None
        self.credential: Credential | None = None
        self.stale_at = 0.0


class Credentials:
    """The credentials of all configured vendors, for one version of the configuration and one worker.

    Raises ``CredentialProblem`` at construction for an unknown scheme or source, or a binding to a credential that
    the configuration does not have. Secrets themselves are read when they are first needed.
    """

    def __init__(
        self,
        specs: Sequence[CredentialSpec],
        bindings: Sequence[Binding],
        *,
        store: CredentialStore | None,
        seal_key: bytes,
        environ: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        surroundings = Surroundings(store, seal_key, environ)
        sources = {spec.name: open_source(spec, surroundings) for spec in specs}
        self._bound: dict[str, _Bound | None] = {
            binding.vendor: None if binding.credential is None else _bind(binding, binding.credential, sources)
            for binding in bindings
        }

    def lease(self, authorized: AuthorizedCall) -> Credential | None:
        """Return the credential of the call's vendor; None when the configuration gives the vendor none.

        Synchronous and cached: the source is asked again at most every 2 s, and what cannot be read then is no longer
        used. Raises ``CredentialRefused``, whose detail names the credential and the remedy, never the value.
        """
        bound = self._bound[authorized.call.function.vendor]
        if bound is None:
            return None
        now = self._clock()
        if bound.credential is not None and now < bound.stale_at:
            return bound.credential
        return _refresh(bound, now)


def _bind(binding: Binding, name: str, sources: Mapping[str, Source]) -> _Bound:
    source = sources.get(name)
    if source is None:
        raise CredentialProblem(f"the vendor {binding.vendor!r} is bound to {name!r}, which is not under credentials")
    scheme, scheme_name = find_scheme(binding.attach)
    return _Bound(name, binding.authority, source, scheme, scheme_name)


def _refresh(bound: _Bound, now: float) -> Credential:
    last, bound.credential = bound.credential, None
    reading = bound.source.read(bound.reading)
    if last is None or reading is not bound.reading:
        last = _build(bound, reading)
    bound.reading = reading
    bound.credential = last
    bound.stale_at = now + REFRESH_S
    return last


def _build(bound: _Bound, reading: Reading) -> Credential:
    try:
        check_value(reading.secret.reveal())
        prepared = bound.scheme.prepare(reading.secret, bound.scheme_name)
    except CredentialProblem as problem:
        raise CredentialRefused(
            "credential_unavailable",
            f"The value of the credential {bound.name!r} {problem}. Set it again without that.",
        ) from problem
    return Credential(
        name=bound.name,
        version=reading.version,
        host=bound.authority,
        attach=prepared.attach,
        needles=find_needles(prepared.secrets, prepared.wrapped),
    )

"""What a source of credentials is, and what reading one gives."""

from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple, Protocol

from vendorgate.credentials.spec import CredentialSpec
from vendorgate.credentials.store import CredentialStore
from vendorgate.model import Secret


class Reading(NamedTuple):
    """A value as it was when it was read."""

    secret: Secret
    version: int
    """For the record: the store's version, a file's modification time (Unix seconds), 1 for the environment."""
    stamp: Hashable
    """Equal as long as the value need not be read again; never the value itself, which a traceback could show."""


class Source(Protocol):
    """Where one credential's value lives."""

    def read(self, last: Reading | None) -> Reading:
        """Return ``last`` itself while nothing changed, else a new reading.

        Raises ``CredentialRefused`` when the value cannot be had; its detail names the credential and the remedy.
        """


class Surroundings(NamedTuple):
    """What sources read from."""

    store: CredentialStore | None
    seal_key: bytes
    environ: Mapping[str, str]


OpenSource = Callable[[CredentialSpec, Surroundings], Source]
"""Makes the source of one credential. Raises ``CredentialProblem`` when its settings make no sense."""

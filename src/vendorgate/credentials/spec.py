"""Where a credential comes from, as data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CredentialSpec:
    """Where a credential's value comes from: ``store``, ``env`` (NAME), ``file`` (path)."""

    name: str
    source: str
    location: str | None = None

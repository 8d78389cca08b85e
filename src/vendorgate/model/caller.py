"""Who calls: a principal whose token was verified."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Caller(NamedTuple):
    """A verified principal. Built only by ``identity``, so holding one means a signature was checked."""

    id: str
    kind: str
    """``workload``, ``human`` or ``agent``."""
    groups: frozenset[str]
    issuer: str
    """The issuer's name in the configuration (``local`` for the built-in one)."""
    claims: Mapping[str, Any]
    """The verified claims; JSON values."""
    expires_at: float
    """Seconds since the epoch, when the token ends."""
    actor: str | None = None
    """RFC 8693 ``act.sub``, when the token names one."""

"""The request as the caller sent it, after framing and limits were checked."""

import os
from typing import NamedTuple

Headers = tuple[tuple[bytes, bytes], ...]
"""Field lines in the order received; names in lower case, values stripped, both as sent otherwise."""

_random_pool: list[bytes] = []


def new_call_id(now: float) -> str:
    """Return a fresh 128-bit call id: 12 hex digits of milliseconds since the epoch, 20 random ones.

    Ids made later sort later (to the millisecond); the 80 random bits make one unguessable.
    """
    if not _random_pool:
        # One system call for 64 ids: os.urandom costs 0.6 µs each otherwise.
        block = os.urandom(640)
        _random_pool.extend(block[i : i + 10] for i in range(0, 640, 10))
    return f"{int(now * 1000):012x}{_random_pool.pop().hex()}"


class ClientRequest(NamedTuple):
    """One complete HTTP request. ``vendor``, ``path`` and ``query`` come from the one normaliser in ``wire``."""

    id: str
    received_at: float
    """Seconds since the epoch."""
    method: str
    vendor: str
    """First path segment in base-URL mode (not yet known to exist)."""
    path: str
    """The vendor's path, starting with ``/``, normalised; exactly what rules see and the vendor gets."""
    query: str
    """Without the ``?``; empty when absent."""
    authority: str
    headers: Headers
    body: bytes
    peer: str
    """The caller's IP address."""
    mode: str = "base_url"
    """``base_url`` or ``proxy``."""

    def header(self, name: bytes) -> bytes | None:
        """Return the value of the first field called ``name`` (lower case), or None."""
        for field, value in self.headers:
            if field == name:
                return value
        return None

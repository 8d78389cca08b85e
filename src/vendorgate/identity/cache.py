"""Which tokens are known, by SHA-256: a call whose token was seen costs one hash instead of a signature.

Only digests are kept, so a dump of the process's memory holds no token that came through here.
"""

from typing import NamedTuple

from vendorgate.model import Caller

CACHE_LIMIT = 10_000
REFUSED_LIMIT = 1_000
LIFE_S = 3600.0
"""A token is verified again after an hour even if it lives longer."""
REFUSED_LIFE_S = 10.0


class KnownToken(NamedTuple):
    """A verified token's caller and until when this may be taken as known."""

    caller: Caller
    until: float
    issuer_url: str
    """Whose keys signed it; what came from an issuer is dropped when that issuer withdraws a key."""


class TokenCache:
    """Bounded; the oldest entry goes first, which costs nothing per hit."""

    __slots__ = ("_refused", "known")

    def __init__(self) -> None:
        self.known: dict[bytes, KnownToken] = {}
        """SHA-256 of the token → what it proved. Read directly by the hot path; always the same dict."""
        self._refused: dict[bytes, tuple[str, float]] = {}

    def accept(self, digest: bytes, caller: Caller, *, issuer_url: str, now: float) -> None:
        """Remember a verified token."""
        if len(self.known) >= CACHE_LIMIT:
            del self.known[next(iter(self.known))]
        self.known[digest] = KnownToken(caller, min(caller.expires_at, now + LIFE_S), issuer_url)

    def refuse(self, digest: bytes, detail: str, *, now: float) -> None:
        """Remember for ten seconds that a token is bad, so that repeating it costs no signature."""
        if len(self._refused) >= REFUSED_LIMIT:
            del self._refused[next(iter(self._refused))]
        self._refused[digest] = (detail, now + REFUSED_LIFE_S)

    def find_refusal(self, digest: bytes, *, now: float) -> str | None:
        """Return why the token was refused a moment ago, or None."""
        found = self._refused.get(digest)
        if found is None:
            return None
        if now < found[1]:
            return found[0]
        del self._refused[digest]
        return None

    def forget_issuer(self, issuer_url: str) -> None:
        """Drop what an issuer's keys proved, and all refusals, which new keys may turn."""
        for digest in [digest for digest, entry in self.known.items() if entry.issuer_url == issuer_url]:
            del self.known[digest]
        self._refused.clear()

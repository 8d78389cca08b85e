"""The storage this stage needs: sealed values by name and version. ``store/`` implements it."""

from typing import NamedTuple, Protocol


class SealedSecret(NamedTuple):
    """One version of a credential as it rests: AES-256-GCM, bound to its name and version."""

    name: str
    version: int
    """Starts at 1."""
    nonce: bytes
    """12 bytes, fresh for every version."""
    ciphertext: bytes
    """With the 16-byte tag at its end."""
    created_at: float
    """Seconds since the epoch."""

    def __repr__(self) -> str:
        return f"SealedSecret(name={self.name!r}, version={self.version})"


class CredentialStore(Protocol):
    """Where sealed credentials rest. Synchronous: every method is one short statement.

    Every method may raise ``StoreUnavailable`` (``vendorgate.credentials``).
    """

    def get(self, name: str) -> SealedSecret | None:
        """Return the latest version of a credential, or None when there is none."""

    def put(self, name: str, version: int, nonce: bytes, ciphertext: bytes, created_at: float) -> None:
        """Add a version. Raises ``StoreUnavailable`` when that version exists already (somebody set it meanwhile)."""

    def list(self) -> list[SealedSecret]:
        """Return the latest version of every credential, by name."""

    def remove(self, name: str) -> bool:
        """Remove all versions of a credential; False when there was none."""

    def next_version(self, name: str) -> int:
        """Return the version a new value gets: 1, or one more than the highest so far."""

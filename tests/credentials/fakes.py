"""A store in memory, and the parts of a lease that no test cares about."""

from collections.abc import Mapping, Sequence

from vendorgate.credentials import Binding, Credentials, CredentialSpec, SealedSecret, StoreUnavailable, seal
from vendorgate.model import AuthorizedCall, Decision, Function
from vendorgate.testing.builders import build_call

SEAL_KEY = bytes(range(32))
SECRET = "sk_live_51HyAbCdEfGhIjKlMnOpQr"


class MemoryStore:
    """Versions in a dictionary; ``broken`` makes every method fail."""

    def __init__(self) -> None:
        self.rows: dict[str, list[SealedSecret]] = {}
        self.broken = False
        self.reads = 0

    def get(self, name: str) -> SealedSecret | None:
        self.reads += 1
        if self.broken:
            raise StoreUnavailable("the disk is gone")
        versions = self.rows.get(name)
        return versions[-1] if versions else None

    def put(self, name: str, version: int, nonce: bytes, ciphertext: bytes, created_at: float) -> None:
        self.rows.setdefault(name, []).append(SealedSecret(name, version, nonce, ciphertext, created_at))

    def list(self) -> list[SealedSecret]:
        return [versions[-1] for _, versions in sorted(self.rows.items())]

    def remove(self, name: str) -> bool:
        return self.rows.pop(name, None) is not None

    def next_version(self, name: str) -> int:
        return len(self.rows.get(name, ())) + 1

    def set(self, name: str, value: str | bytes) -> None:
        version = self.next_version(name)
        value = value.encode() if isinstance(value, str) else value
        self.put(name, version, *seal(SEAL_KEY, name, version, value), created_at=0.0)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def stripe_credentials(
    source: str,
    location: str | None = None,
    *,
    attach: str = "bearer",
    store: MemoryStore | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    specs: Sequence[CredentialSpec] | None = None,
) -> Credentials:
    """Credentials of one vendor, ``stripe``, bound to ``stripe-live``, and of ``open``, which needs none."""
    return Credentials(
        [CredentialSpec("stripe-live", source, location)] if specs is None else specs,
        [Binding("stripe", "stripe-live", attach, "api.stripe.com"), Binding("open", None, attach, "open.example")],
        store=store,
        seal_key=SEAL_KEY,
        environ=environ or {},
        clock=clock or Clock(),
    )


def authorized(vendor: str = "stripe") -> AuthorizedCall:
    call = build_call(function=Function(vendor, "transfers.create", "write", "form"))
    return AuthorizedCall(call, Decision("allow", "allowed", "r", "", "v1"))

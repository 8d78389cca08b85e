"""``{from: store}``: sealed in the gateway's own store, set with ``vendorgate credentials set``."""

from vendorgate.credentials.envelope import unseal
from vendorgate.credentials.errors import CredentialProblem, CredentialRefused, StoreUnavailable
from vendorgate.credentials.sources.reading import Reading, Surroundings
from vendorgate.credentials.spec import CredentialSpec
from vendorgate.credentials.store import CredentialStore


class StoredSource:
    """The latest version in the store."""

    def __init__(self, name: str, store: CredentialStore, seal_key: bytes) -> None:
        self._name = name
        self._store = store
        self._seal_key = seal_key

    def read(self, last: Reading | None) -> Reading:
        """Return the latest version, unsealed; the row is compared by version and nonce."""
        try:
            sealed = self._store.get(self._name)
        except StoreUnavailable as error:
            raise CredentialRefused(
                "credential_unavailable",
                f"The store that holds the credential {self._name!r} cannot be read. "
                "See the gateway's log; nothing was sent.",
            ) from error
        if sealed is None:
            raise CredentialRefused(
                "credential_unavailable",
                f"The credential {self._name!r} is not set. Run: vendorgate credentials set {self._name}",
            )
        # A removed credential that is set again may get an old version number, but never an old nonce.
        stamp = (sealed.version, sealed.nonce)
        if last is not None and last.stamp == stamp:
            return last
        return Reading(unseal(self._seal_key, sealed), sealed.version, stamp)


def open_stored(spec: CredentialSpec, surroundings: Surroundings) -> StoredSource:
    """Make the source; it needs a store."""
    if surroundings.store is None:
        raise CredentialProblem(f"the credential {spec.name!r} is from the store, and there is no store")
    return StoredSource(spec.name, surroundings.store, surroundings.seal_key)

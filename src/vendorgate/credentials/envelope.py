"""How a credential is sealed while it rests: AES-256-GCM under the installation's seal key.

The name and the version are authenticated with the value, so a row copied over another name, or an old row put
back under a newer version, does not open.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vendorgate.credentials.errors import CredentialRefused
from vendorgate.credentials.store import SealedSecret
from vendorgate.model import Secret

NONCE_BYTES = 12
"""96 bits, the length NIST SP 800-38D recommends; random, at most a few thousand versions a key."""


def seal(key: bytes, name: str, version: int, value: bytes) -> tuple[bytes, bytes]:
    """Return nonce and ciphertext of a value. ``key`` is 32 bytes."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce, AESGCM(key).encrypt(nonce, value, _bound_to(name, version))


def unseal(key: bytes, sealed: SealedSecret) -> Secret:
    """Return the value. Raises ``CredentialRefused`` when it was altered, moved, or sealed with another key."""
    try:
        value = AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, _bound_to(sealed.name, sealed.version))
    except (InvalidTag, ValueError) as error:
        raise CredentialRefused(
            "credential_unavailable",
            f"The stored credential {sealed.name!r} does not open: it was altered or sealed with another key. "
            f"Restore keys/seal.key, or set it again: vendorgate credentials set {sealed.name}",
        ) from error
    return Secret(value)


def _bound_to(name: str, version: int) -> bytes:
    # Names hold no NUL, so no other name and version give the same bytes.
    return b"vendorgate credential\x00" + name.encode() + b"\x00" + str(version).encode()

"""An issuer's keys: what is usable of a JWK Set (RFC 7517), each key pinned to the algorithms it may verify."""

import base64
from collections.abc import Mapping
from typing import NamedTuple

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from vendorgate.identity.strict_json import NotStrict, read_object
from vendorgate.identity.token import KID_LIMIT

KEYS_LIMIT = 100
RSA_BITS = range(2048, 8193)
# A verification costs one exponentiation by e: a huge e turns every token into work for us.
RSA_EXPONENT_LIMIT = 2**32

_RSA = frozenset(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"))
_CURVES: dict[tuple[object, object], frozenset[str]] = {
    ("EC", "P-256"): frozenset(("ES256",)),
    ("EC", "P-384"): frozenset(("ES384",)),
    ("EC", "P-521"): frozenset(("ES512",)),
    ("OKP", "Ed25519"): frozenset(("EdDSA", "Ed25519")),
}
_PRIVATE = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))


class NotJwks(ValueError):
    """The bytes are no JWK Set; the message says why and holds nothing of them."""


class VerificationKey(NamedTuple):
    """A public key and what it may verify."""

    kid: str | None
    algorithms: frozenset[str]
    key: Key
    thumbprint: str
    """RFC 7638."""

    def verify(self, algorithm: str, signing_input: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is this key's over ``signing_input``."""
        return algorithm in self.algorithms and JWSRegistry.algorithms[algorithm].verify(
            signing_input, signature, self.key
        )


class KeySet(NamedTuple):
    """The usable keys of an issuer."""

    keys: tuple[VerificationKey, ...]

    def find(self, algorithm: str, kid: str | None) -> VerificationKey | None:
        """Return the one key for ``algorithm`` with exactly this ``kid``; without a kid, the only key for it."""
        fitting = [key for key in self.keys if algorithm in key.algorithms and kid in (None, key.kid)]
        return fitting[0] if len(fitting) == 1 else None

    def lost(self, later: "KeySet") -> bool:
        """Whether a key of this set is missing in ``later``: it was withdrawn."""
        return not {(key.kid, key.thumbprint) for key in self.keys} <= {(key.kid, key.thumbprint) for key in later.keys}


def parse_jwks(data: bytes) -> KeySet:
    """Return the usable keys in ``data``; others are left out (RFC 7517 section 5). Raises ``NotJwks``.

    Usable: RSA of 2048 to 8192 bits, P-256, P-384, P-521 and Ed25519; public; for signatures. A set without
    a usable key is valid: the issuer has withdrawn them all.
    """
    try:
        listed = read_object(data).get("keys")
    except NotStrict as error:
        raise NotJwks("it is not a JSON object with one meaning") from error
    if not isinstance(listed, list) or len(listed) > KEYS_LIMIT:
        raise NotJwks(f"it has no list of at most {KEYS_LIMIT} keys")
    found = [_usable(entry) for entry in listed if isinstance(entry, dict)]
    return KeySet(tuple(key for key in found if key is not None))


def _usable(jwk: Mapping[str, object]) -> VerificationKey | None:
    algorithms = _algorithms(jwk)
    kid = jwk.get("kid")
    operations = jwk.get("key_ops", ["verify"])
    if (
        not algorithms
        or not _PRIVATE.isdisjoint(jwk)
        or jwk.get("use", "sig") != "sig"
        or not isinstance(operations, list)
        or "verify" not in operations
        or not (kid is None or (isinstance(kid, str) and 0 < len(kid) <= KID_LIMIT))
    ):
        return None
    try:
        key = _import(jwk)
    except (JoseError, ValueError, TypeError, KeyError):
        return None  # the library's words for a malformed key: one more entry that is left out
    if key is None:
        return None
    return VerificationKey(kid, algorithms, key, key.thumbprint())


def _algorithms(jwk: Mapping[str, object]) -> frozenset[str]:
    kind = jwk.get("kty")
    if kind == "RSA":
        fitting = _RSA
    else:
        curve = jwk.get("crv")
        fitting = _CURVES.get((kind, curve), frozenset()) if isinstance(kind, str) and isinstance(curve, str) else _NONE
    named = jwk.get("alg")
    if named is None:
        return fitting
    return fitting & {named} if isinstance(named, str) else _NONE


_NONE: frozenset[str] = frozenset()


def _import(jwk: Mapping[str, object]) -> Key | None:
    """Build the key from its public members only, so that no other member can mean anything."""
    names = {"RSA": ("kty", "n", "e"), "EC": ("kty", "crv", "x", "y"), "OKP": ("kty", "crv", "x")}[str(jwk["kty"])]
    public: dict[str, str | list[str]] = {name: str(jwk[name]) for name in names if isinstance(jwk[name], str)}
    if jwk["kty"] == "EC":
        return ECKey.import_key(public)
    if jwk["kty"] == "OKP":
        return OKPKey.import_key(public)
    modulus, exponent = _number(jwk["n"]), _number(jwk["e"])
    if modulus.bit_length() not in RSA_BITS or not 3 <= exponent < RSA_EXPONENT_LIMIT or exponent % 2 == 0:
        return None
    return RSAKey.import_key(public)


def _number(value: object) -> int:
    """Read a Base64urlUInt (RFC 7518 section 2). Raises ``ValueError``."""
    if not isinstance(value, str):
        raise ValueError("not a Base64urlUInt")
    return int.from_bytes(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))

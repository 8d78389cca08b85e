"""A token taken apart, nothing of it believed yet. The header is judged here, before any key is looked for."""

import base64
import binascii
from typing import NamedTuple

from vendorgate.identity.errors import refused
from vendorgate.identity.strict_json import NotStrict, read_object

KID_LIMIT = 256
ALGORITHMS = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
)
"""What may verify a token at all: public-key signatures. Neither ``none`` nor HMAC is ever looked up."""

# Each of these makes the token name its own key or its own rules (RFC 7515 sections 4.1.2 to 4.1.11, RFC 7797).
_NEVER = frozenset(("jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc", "epk"))
_TYPES = frozenset(("jwt", "at+jwt"))


class UnverifiedToken(NamedTuple):
    """What a token says before its signature was checked. ``issuer`` only picks whose keys must have signed."""

    algorithm: str
    kid: str | None
    issuer: str
    signing_input: bytes
    signature: bytes
    claims: dict[str, object]


def parse_token(raw: bytes) -> UnverifiedToken:
    """Take a compact JWS apart (RFC 7515 section 7.1). Raises ``IdentityRefused``."""
    signing_input, _, signature = raw.rpartition(b".")
    header_part, _, claims_part = signing_input.partition(b".")
    try:
        header = read_object(_decode(header_part))
        claims = read_object(_decode(claims_part))
        signature = _decode(signature)
    except (NotStrict, binascii.Error) as error:
        raise refused(
            "The token is not a JWT with one meaning (base64url, JSON without duplicate names). Get a new one."
        ) from error
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise refused("The token's algorithm is not accepted. Use one that signs with a private key, such as RS256.")
    if not _NEVER.isdisjoint(header):
        raise refused("The token's header names its own key or critical extensions, which is not accepted.")
    kid = header.get("kid")
    if "kid" in header and not (isinstance(kid, str) and 0 < len(kid) <= KID_LIMIT):
        raise refused(f"The token's kid is not a string of 1 to {KID_LIMIT} characters.")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise refused("The token's typ is neither JWT nor at+jwt. Send an access or ID token.")
    issuer = claims.get("iss")
    if not isinstance(issuer, str):
        raise refused("The token has no iss claim.")
    assert kid is None or isinstance(kid, str)
    return UnverifiedToken(algorithm, kid, issuer, signing_input, signature, claims)


def _decode(part: bytes) -> bytes:
    """Decode base64url without padding; refuse the spellings that decode to the same bytes."""
    data = base64.b64decode(part + b"=" * (-len(part) % 4), b"-_", validate=True)
    if base64.urlsafe_b64encode(data).rstrip(b"=") != part:
        raise binascii.Error("not canonical")
    return data

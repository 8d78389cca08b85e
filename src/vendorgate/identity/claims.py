"""The registered claims of a token whose signature is already verified (RFC 7519 section 4.1)."""

from collections.abc import Mapping

from vendorgate.identity.errors import IdentityRefused, refused, refused_for_now
from vendorgate.identity.spec import IssuerSpec

SKEW_S = 60.0
"""How far the issuer's clock may be ahead. ``exp`` gets no such grace: a token past its end is over."""
_LATEST = 253_402_300_799.0  # the end of the year 9999: later times cannot be written as RFC 3339


def check_claims(claims: Mapping[str, object], spec: IssuerSpec, *, now: float) -> float:
    """Check audience, times and required claims; return when the token ends. Raises ``IdentityRefused``."""
    _check_audience(claims.get("aud"), spec.audience)
    if claims.get("iss") != spec.issuer:
        raise refused("The token's issuer is not a configured one.")
    expires_at = _time(claims, "exp")
    if expires_at is None:
        raise refused("The token has no exp claim. Only tokens that end are accepted.")
    if now >= expires_at:
        raise refused("The token has expired. Get a new one.")
    for name in ("nbf", "iat"):
        begins_at = _time(claims, name)
        if begins_at is not None and begins_at > now + SKEW_S:
            raise _not_yet(name)
    for name, expected in spec.require:
        if name not in claims:
            raise refused(f"The token lacks the claim {name}, which the configuration requires.")
        if not _same(claims[name], expected):
            raise refused(f"The token's claim {name} is not what the configuration requires.")
    return expires_at


def _check_audience(found: object, audience: str) -> None:
    listed = [found] if isinstance(found, str) else found
    if not isinstance(listed, list) or not all(isinstance(entry, str) for entry in listed) or audience not in listed:
        raise refused(f"The token is not meant for this gateway. Ask the issuer for the audience {audience}.")


def _time(claims: Mapping[str, object], name: str) -> float | None:
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LATEST:
        raise refused(f"The token's {name} is not a time in seconds since 1970.")
    return float(value)


def _not_yet(name: str) -> IdentityRefused:
    return refused_for_now(f"The token's {name} lies in the future. Check the clocks of issuer and gateway.")


def _same(found: object, expected: object) -> bool:
    """Equal and of one type: Python's ``True == 1`` would let ``require: {x: 1}`` pass a true."""
    if isinstance(expected, list | tuple):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(_same(a, b) for a, b in zip(found, expected, strict=True))
        )
    return type(found) is type(expected) and found == expected

"""Where a caller's token stands in a request: two fields of our own, then the place of the vendor's API key.

Every place is looked at, not only the first occupied one: two different tokens in one request would let the
gateway and whoever reads its record disagree about who called.
"""

import binascii
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_plus

from vendorgate.identity.errors import refused
from vendorgate.model import ClientRequest, Headers

TOKEN_LIMIT_BYTES = 16 * 1024

_OWN = frozenset((b"proxy-authorization", b"vendorgate-token"))
# Three base64url parts (RFC 7515 section 7.1) whose first decodes to "{…": SendGrid's keys have three parts too.
_TOKEN = re.compile(rb"e[w-z0-9_-][A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


class SlotTable(NamedTuple):
    """The places looked at for one vendor."""

    fields: frozenset[bytes]
    """Field names in lower case; ``authorization`` always is one."""
    query_key: str | None = None


DEFAULT = SlotTable(_OWN | {b"authorization"})
"""For vendors that are not configured: the caller still learns whether it is known."""


def slot_table(attach: str) -> SlotTable:
    """Return the places for a catalogue's ``attach``. Unknown kinds get the common places."""
    kind, _, name = attach.partition(":")
    if kind == "header" and name:
        return SlotTable(DEFAULT.fields | {name.lower().encode("ascii")})
    if kind == "query" and name:
        return SlotTable(DEFAULT.fields, name)
    return DEFAULT


def slot_tables(slots: Mapping[str, str]) -> dict[str, SlotTable]:
    """Return vendor → places."""
    return {vendor: slot_table(attach) for vendor, attach in slots.items()}


def find_token(request: ClientRequest, table: SlotTable) -> bytes:
    """Return the one token the request carries, not yet verified.

    A value that is no JWT, such as an old vendor key, is passed over in the vendor's place when a token
    stands elsewhere: it proves nothing and is removed with the rest. Raises ``IdentityRefused``.
    """
    tokens: set[bytes] = set()
    others = False
    seen: set[bytes] = set()
    for name, value in request.headers:
        if name not in table.fields:
            continue
        if name in seen:
            raise refused("A field that carries the token stands twice. Send it once.")
        seen.add(name)
        parts = _parts(value)
        found = [part for part in parts if _TOKEN.fullmatch(part)]
        if not found and name in _OWN:
            raise refused("Proxy-Authorization or Vendorgate-Token holds no token. Put an OIDC token (a JWT) there.")
        others = others or (not found and bool(parts))
        tokens.update(found)
    if table.query_key is not None and request.query:
        secret = _query_value(request.query, table.query_key)
        if secret and _TOKEN.fullmatch(secret):
            tokens.add(secret)
        else:
            others = others or bool(secret)
    return _the_one(tokens, others)


def peek_field(value: bytes) -> bytes | None:
    """Return the only thing in a field that may be a token, without judging it; None when that is not plain.

    For the hot path: what is returned counts only if it is known already.
    """
    if b" " not in value:
        return value
    if value[:6] != b"Basic ":
        return None
    try:
        user, _, password = binascii.a2b_base64(value[6:], strict_mode=True).partition(b":")
    except binascii.Error:
        return None
    # Every token starts with "e" (see _TOKEN).
    if user[:1] == b"e":
        return None if password[:1] == b"e" else user
    return password


def peek_fields(headers: Headers, fields: frozenset[bytes]) -> bytes | None:
    """Return the one token where several fields are occupied, say by it and by an SDK's dummy key; for the hot path."""
    seen: set[bytes] = set()
    token: bytes | None = None
    for name, value in headers:
        if name not in fields:
            continue
        found = value[7:].lstrip(b" \t") if value[:7] == b"Bearer " else peek_field(value)
        if name in seen or found is None:
            return None
        seen.add(name)
        if found[:1] == b"e":
            if token is not None:
                return None
            token = found
        elif name in _OWN:
            return None
    return token


def peek_query(query: str, key: str) -> bytes | None:
    """Return the value of ``key`` if it stands once and plainly in ``query``; None otherwise. For the hot path."""
    if "%" in query or "+" in query:
        return None
    found = [pair for pair in query.split("&") if pair.startswith(key + "=")]
    return found[0][len(key) + 1 :].encode() if len(found) == 1 else None


def _the_one(tokens: set[bytes], others: bool) -> bytes:
    if len(tokens) > 1:
        raise refused("The request carries two different tokens. Send one.")
    if tokens:
        token = tokens.pop()
        if len(token) > TOKEN_LIMIT_BYTES:
            raise refused(f"The token is over {TOKEN_LIMIT_BYTES} bytes. Ask the issuer for one with fewer claims.")
        return token
    if others:
        raise refused(
            "No OIDC token (a JWT) stands where the key belongs, and static vendor keys are not accepted here. "
            "Put a token of a configured issuer there."
        )
    raise refused(
        "The request carries no token. Send an OIDC token of a configured issuer in Proxy-Authorization, "
        "Vendorgate-Token, or where the vendor's SDK puts its API key."
    )


def _parts(value: bytes) -> tuple[bytes, ...]:
    """Return what a field may hold as a token: after ``Bearer``, both halves of ``Basic``, or the whole value."""
    scheme, space, rest = value.partition(b" ")
    if not space:
        return (value,) if value else ()
    scheme = scheme.lower()
    rest = rest.strip(b" \t")
    if scheme == b"bearer":
        return (rest,) if rest else ()
    if scheme != b"basic":
        return (value,)
    try:
        user, _, password = binascii.a2b_base64(rest, strict_mode=True).partition(b":")
    except binascii.Error as error:
        raise refused("The Basic credentials are not base64. Send base64 of user:password.") from error
    return tuple(part for part in (user, password) if part)


def _query_value(query: str, key: str) -> bytes | None:
    found: bytes | None = None
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if unquote_plus(name) == key:
            if found is not None:
                raise refused("The query key that carries the token stands twice. Send it once.")
            found = unquote_plus(value).encode("utf-8", "replace")
    return found

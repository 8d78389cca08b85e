"""Which of the caller's header fields reach the vendor (RFC 9110 sections 7.6.1 and 7.6.3).

Dropped: hop-by-hop fields and those ``Connection`` names, framing (written anew), whatever may carry the caller's
token, the gateway's own fields, and fields that tell a server to believe another address, method or path than the
one that was judged. Refused: a name with ``_`` (CGI-style servers read it as ``-``) and a second copy of a field
that servers resolve differently.
"""

from functools import lru_cache
from typing import NamedTuple

from vendorgate.model import Headers
from vendorgate.wire.errors import FramingError

_DROPPED = frozenset(
    # Hop-by-hop, and framing that the gateway writes itself.
    b"keep-alive proxy-connection te trailer transfer-encoding upgrade http2-settings expect alt-used "
    # The caller's token in every slot it may come in, and cookies of other vendors on the gateway's host.
    b"authorization x-api-key api-key cookie cookie2 "
    # Where the request came from: the vendor hears the gateway only.
    b"forwarded via x-real-ip x-client-ip x-cluster-client-ip true-client-ip cf-connecting-ip client-ip "
    # Another method, path or host than the judged one.
    b"x-http-method-override x-http-method x-method-override x-original-url x-rewrite-url x-original-host x-host "
    # The gateway asks for identity itself, to be able to read the answer.
    b"accept-encoding".split()
)
_DROPPED_PREFIXES = (b"vendorgate-", b"x-forwarded-", b"proxy-")

# A rule is 0, 1 or one bit: the bits of fields that may stand once are gathered in one number on the way.
_KEEP, _DROP, _UNDERSCORE, _CONNECTION = 0, 1, 2, 4
_HOST, _LENGTH, _TYPE, _CODING, _PREFER, _KEY = 8, 16, 32, 64, 128, 256
_DROP_ONCE = _HOST | _LENGTH
_NAMED = {
    b"connection": _CONNECTION,
    b"host": _HOST,
    b"content-length": _LENGTH,
    b"content-type": _TYPE,
    b"content-encoding": _CODING,
    b"prefer": _PREFER,
    b"idempotency-key": _KEY,
}


class ClientFields(NamedTuple):
    """The caller's fields, judged."""

    kept: Headers
    content_type: bytes | None
    content_encoding: bytes | None


def kept_headers(headers: Headers, attach_header: bytes | None = None) -> Headers:
    """Return the fields that go to the vendor, in order. Raises ``FramingError``.

    ``attach_header`` (lower case) is where the vendor's credential will stand: the caller's own is dropped.
    """
    return read_headers(headers, attach_header).kept


def read_headers(headers: Headers, attach_header: bytes | None = None) -> ClientFields:
    """As ``kept_headers``, and the fields that say how to read the body (both are among the kept if present)."""
    kept: list[tuple[bytes, bytes]] = []
    content_type: bytes | None = None
    content_encoding: bytes | None = None
    connection: list[bytes] = []
    seen = 0
    for field in headers:
        rule = _rule(field[0])
        if rule == _KEEP:
            kept.append(field)
        elif rule > _CONNECTION:
            if seen & rule:
                raise FramingError(f"{field[0].decode('ascii')} stands more than once. Send it once.")
            seen |= rule
            if rule & _DROP_ONCE:
                continue
            if rule == _TYPE:
                content_type = field[1]
            elif rule == _CODING:
                content_encoding = field[1]
            elif rule == _PREFER:
                field = (field[0], _without_async(field[1]))
                if not field[1]:
                    continue
            kept.append(field)
        elif rule == _CONNECTION:
            connection.append(field[1])
        elif rule == _UNDERSCORE:
            raise FramingError("A field name has an underscore, which some servers read as a hyphen. Leave it out.")
    if connection and connection not in _USUAL_CONNECTION:
        kept = _without_named(kept, connection)
    if attach_header is not None:
        kept = [field for field in kept if field[0] != attach_header]
    return ClientFields(tuple(kept), content_type, content_encoding)


_USUAL_CONNECTION = ([b"keep-alive"], [b"close"])


@lru_cache(maxsize=1024)
def _rule(name: bytes) -> int:
    # A cached decision costs 60 ns a field; field names are bounded by the request reader.
    if b"_" in name:
        return _UNDERSCORE
    if name in _DROPPED or name.startswith(_DROPPED_PREFIXES):
        return _DROP
    return _NAMED.get(name, _KEEP)


def _without_named(kept: list[tuple[bytes, bytes]], connection: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Drop the fields ``Connection`` names. Naming an end-to-end field that shapes the body is an attack: refused."""
    named = {option.strip(b" \t").lower() for value in connection for option in value.split(b",")}
    if named.isdisjoint(_NEVER_NAMED):
        return [field for field in kept if field[0] not in named]
    raise FramingError("Connection names an end-to-end field. Name hop-by-hop fields only.")


_NEVER_NAMED = frozenset((b"content-type", b"content-encoding", b"content-length", b"host", b"idempotency-key"))


def _without_async(value: bytes) -> bytes:
    """Remove ``respond-async`` (RFC 7240 section 4.1) from a list of preferences: it speaks to the gateway."""
    preferences = [preference.strip(b" \t") for preference in value.split(b",")]
    return b", ".join(
        preference
        for preference in preferences
        if preference and preference.partition(b";")[0].strip(b" \t").lower() != b"respond-async"
    )

"""The one normaliser of request targets: route, rule and wire all use the string it returns.

What two servers are known to read differently is refused, not repaired: dot segments, empty segments,
encoded slashes, backslashes, matrix parameters, double encoding, controls (RFC 3986 section 6.2.2).
"""

import re
from typing import NamedTuple

from vendorgate.wire.errors import FramingError


class Target(NamedTuple):
    """A base-URL mode target, taken apart."""

    vendor: str
    path: str
    """Starts with ``/``; percent-encodings in upper case, unreserved characters decoded."""
    query: str
    """Without ``?``; empty when absent."""


# RFC 3986 pchar without ";" (matrix parameters) and without "%": the common target needs no further look.
_SEGMENT = rb"[A-Za-z0-9\-_~!$&'()*+,=:@.]"
_PLAIN = re.compile(
    rb"/([a-z.][a-z0-9\-]{0,63})((?:/" + _SEGMENT + rb"+)*/?)(?:\?([A-Za-z0-9\-_~!$&'()*+,=:@./?%\[\];]*))?"
)
_ENCODED = re.compile(
    rb"/([a-z.][a-z0-9\-]{0,63})((?:/(?:"
    + _SEGMENT
    + rb"|%[0-9A-Fa-f]{2})+)*/?)(?:\?([A-Za-z0-9\-_~!$&'()*+,=:@./?%\[\];]*))?"
)
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~")
# "." is unreserved too, but an encoded dot exists only to hide a dot segment; "/", "\", ";", "%" hide structure.
_NEVER_ENCODED = frozenset(b"./\\;%") | frozenset(range(0x20)) | {0x7F}


def parse_target(raw: bytes) -> Target:
    """Take an origin-form target ``/<vendor>/<path>?<query>`` apart, or raise ``FramingError`` (400).

    The query's own grammar is judged by the form reader; here only its characters are (RFC 3986
    section 3.4, plus ``[`` and ``]``, which SDKs send bare).
    """
    found = _PLAIN.fullmatch(raw)
    if found is None:
        found = _ENCODED.fullmatch(raw)
        if found is None:
            raise FramingError(_explain(raw))
        path = _ESCAPE.sub(_normalise_escape, found[2])
    else:
        path = found[2]
    if b"/." in path and (b"/./" in path or b"/../" in path or path.endswith((b"/.", b"/.."))):
        raise FramingError("The path has dot segments. Send the path already resolved.")
    return Target(found[1].decode("ascii"), path.decode("ascii") or "/", (found[3] or b"").decode("ascii"))


def _normalise_escape(match: re.Match[bytes]) -> bytes:
    code = int(match[1], 16)
    if code in _NEVER_ENCODED:
        raise FramingError(
            "The path has an encoded dot, slash, backslash, semicolon, percent sign or control character. "
            "Servers read these differently; send the path without them."
        )
    return bytes((code,)) if code in _UNRESERVED else match[0].upper()


def _explain(raw: bytes) -> str:
    if not raw.startswith(b"/"):
        return "The request target must be a path such as /stripe/v1/charges. Set the SDK's base URL to the gateway."
    if b"//" in raw.partition(b"?")[0]:
        return "The path has an empty segment (//). Remove the doubled slash."
    if raw.partition(b"?")[0] == b"/":
        return "The path names no vendor. Use /<vendor>/<vendor path>, for example /stripe/v1/charges."
    return (
        "The request target has characters that RFC 3986 does not allow there, or a semicolon in the path. "
        "Percent-encode them."
    )

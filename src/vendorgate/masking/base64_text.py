"""Base64 that hides readable text: found by the shape text leaves in the alphabet, decoded, masked, encoded again.

Three ASCII bytes of text (0x20 to 0x7e) give four characters of which the first, second and third can take only 24, 24
and 32 of 64 values. Three such groups in a row happen by chance once in 2,800 places, so random ids and hashes are
rarely decoded, and the search is one RE2 pass at any alignment.
"""

import binascii
from collections.abc import Iterator
from typing import NamedTuple

from vendorgate.masking.pattern import compile_bytes, matches

GROUPS = 3
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _class(indices: set[int]) -> bytes:
    members = "".join(char for index, char in enumerate(_ALPHABET) if index in indices)
    if 62 in indices:
        members += "+\\-"
    if 63 in indices:
        members += "/_"
    return f"[{members}]".encode()


_ANY = rb"[0-9A-Za-z+/_\-]"
_FIRST = _class({i for i in range(64) if 8 <= i < 32})
_SECOND = _class({i for i in range(64) if 2 <= i % 16 < 8})
_THIRD = _class({i for i in range(64) if i % 4 < 2})
_GROUP = _FIRST + _SECOND + _THIRD + _ANY
# Three digits in one group, or two and two across a border: what odd separators leave of a number.
_DIGITS = rb"[MNO][DTjz][AEIMQUYcgk][w-z0-5]|[DTjz][AEIMQUYcgk][w-z0-5][MNO][DTjz]"
# One full-width digit (U+FF10 to U+FF19) at each of the three alignments.
_WIDE_DIGIT = rb"77y[Q-Z]|[klm][Oeu+\-][+\-]8|vJ[DHLPTXbfjn]v"
PRESCAN = rb"(?:" + _GROUP + rb"){%d}|" % GROUPS + _DIGITS + rb"|" + _WIDE_DIGIT
"""RE2: matches every text that holds base64 of some eleven characters of readable ASCII, or of four digits."""

_CORE = compile_bytes(PRESCAN)
_STRETCH = compile_bytes(_ANY + rb"{12,}(?:(?:\r?\n|\\r\\n|\\n)[ \t]{0,8}" + _ANY + rb"+)*={0,2}")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_URL = bytes.maketrans(b"+/", b"-_")


class Encoded(NamedTuple):
    """A stretch ``start:end`` of base64 in a text, and what it says behind the odd characters in ``prefix``."""

    start: int
    end: int
    prefix: bytes
    plain: bytes
    is_url: bool
    is_padded: bool

    def render(self, plain: bytes) -> bytes:
        """Return the stretch with ``plain`` in the place of what it said."""
        encoded = binascii.b2a_base64(plain, newline=False)
        if self.is_url:
            encoded = encoded.translate(_URL)
        return self.prefix + (encoded if self.is_padded else encoded.rstrip(b"="))


def find_encoded(text: bytes) -> Iterator[Encoded]:
    """Yield the stretches of ``text`` that are base64 (standard or URL alphabet) of readable text."""
    if _CORE.search(text) is None:
        return
    for match in matches(_STRETCH, text):
        raw = match.group()
        body = (
            b"".join(raw.replace(b"\\r\\n", b"").replace(b"\\n", b"").split()) if b"\n" in raw or b"\\" in raw else raw
        )
        core = _CORE.search(body)
        if core is None:
            continue
        # Two and two digits: the match begins at the second character of its group.
        skip = (core.start() - (core.end() - core.start() == 5)) % 4
        digits = body[skip:].rstrip(b"=")
        if len(digits) % 4 == 1:
            digits = digits[:-1]
        plain = binascii.a2b_base64(digits.translate(_STANDARD) + b"=" * (-len(digits) % 4))
        is_url = b"-" in digits or b"_" in digits
        yield Encoded(match.start(), match.end(), body[:skip], plain, is_url, raw.endswith(b"="))

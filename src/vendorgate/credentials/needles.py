"""Every encoding in which a vendor may give a secret back, to be cut out of its answers.

A secret that a vendor repeats comes back raw, or wrapped once or twice: JSON in its error messages, base64 because
Basic is base64, percent-encoding in links, HTML in error pages. Each is a byte string that can be searched for.
"""

import base64
import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote_from_bytes, quote_plus

SHORTEST_BYTES = 8
"""Shorter ones would be found everywhere by chance."""

_ESCAPE = re.compile("%[0-9A-F]{2}")
_UNICODE = ("\\u{:04x}", "\\u{:04X}")
_ESCAPED_IN_JSON = (
    re.compile("[^\\x00-\\U0010ffff]"),  # nothing
    re.compile("[^\\x00-\\x7e]"),  # Python, Java, PHP
    re.compile("[<>&]"),  # Go, Rails
    re.compile("[<>&']"),  # PHP with JSON_HEX_TAG, _AMP, _APOS
    re.compile("[^\\x00-\\x7e]|[<>&'\"+=`]"),  # .NET
)


def find_needles(secrets: Iterable[bytes], wrapped: Iterable[bytes] = ()) -> tuple[bytes, ...]:
    """Return the encodings of all secrets, longest first, none shorter than 8 bytes.

    The first secret itself is kept however short it is. ``wrapped`` are longer texts around a secret, such as a whole
    header value: their base64 is added, which differs from the secret's own at its ends.
    """
    kept = tuple(dict.fromkeys(secrets))
    found: set[bytes] = set()
    for secret in kept:
        found.update(_encodings(secret))
    for text in wrapped:
        found.update(_base64_alone(text))
    found = {needle for needle in found if len(needle) >= SHORTEST_BYTES}
    found.update(kept[:1])
    # Longest first: a long match must not be spoilt by a shorter one inside it.
    return tuple(sorted(found, key=lambda needle: (-len(needle), needle)))


def _encodings(secret: bytes) -> Iterator[bytes]:
    yield from _habits(secret)
    yield from _escape_all(secret)
    yield from (secret.hex().encode(), secret.hex().upper().encode())
    for coded in (*_base64_alone(secret), *_base64_inside(secret)):
        # "+" and "/" of base64 are themselves escaped in links and in JSON.
        yield from _habits(coded)


def _habits(value: bytes) -> Iterator[bytes]:
    """The value raw, and as the usual encoders write it in a link, in JSON and in HTML."""
    yield value
    for quoted in (quote_from_bytes(value, safe="/"), quote_from_bytes(value, safe=""), quote_plus(value, safe="")):
        yield quoted.encode()
        yield _ESCAPE.sub(lambda found: found[0].lower(), quoted).encode()
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return  # neither JSON nor HTML can hold it
    yield from _json_forms(text)
    yield from _html_forms(text)


def _escape_all(value: bytes) -> Iterator[bytes]:
    """What no encoder needs and every decoder reads: each character escaped."""
    for form in ("%{:02x}", "%{:02X}"):
        yield "".join(form.format(byte) for byte in value).encode()
    if value.isascii():
        for form in _UNICODE:
            yield "".join(form.format(byte) for byte in value).encode()


def _json_forms(text: str) -> Iterator[bytes]:
    """RFC 8259 section 7 lets every character be escaped; these are the habits of the usual encoders."""
    for slash in ("/", "\\/"):
        for escaped in _ESCAPED_IN_JSON:
            for form in _UNICODE:
                yield "".join(_json_character(character, slash, escaped, form) for character in text).encode()


def _json_character(character: str, slash: str, escaped: re.Pattern[str], form: str) -> str:
    if escaped.match(character):
        units = character.encode("utf-16-be")
        return "".join(form.format(int.from_bytes(units[i : i + 2], "big")) for i in range(0, len(units), 2))
    if character == "/":
        return slash
    return "\\" + character if character in '"\\' else character


def _html_forms(text: str) -> Iterator[bytes]:
    base = html.escape(text, quote=False)
    yield base.encode()
    for apostrophe in ("&#x27;", "&#39;", "&#039;", "&apos;"):
        for quote in ("&quot;", "&#34;"):
            yield base.replace('"', quote).replace("'", apostrophe).encode()
    yield html.escape(text).replace("/", "&#x2F;").encode()


def _base64_alone(value: bytes) -> Iterator[bytes]:
    """Without padding, which tells nothing and would double the needles with its own escapes."""
    yield base64.b64encode(value).rstrip(b"=")
    yield base64.urlsafe_b64encode(value).rstrip(b"=")


def _base64_inside(value: bytes) -> Iterator[bytes]:
    """The part that stays the same wherever the value stands in a longer encoded text."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            coded = encode(b"\x00" * before + value)
            # The first and the last character may also carry bits of the neighbours: those are left out.
            yield coded[-(-8 * before // 6) : 8 * (before + len(value)) // 6]

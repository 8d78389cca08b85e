"""Form bodies and query strings: names and values masked one by one, everything else as the sender wrote it."""

import re
from urllib.parse import quote_plus, unquote_to_bytes

from vendorgate.masking.fields import NOWHERE, FieldRules
from vendorgate.masking.scanner import Scanner, Tally

_PATH = re.compile(r"[^\[\]]+")
_PAIRS = re.compile(rb"([&;\r\n]+)")


def mask_form(raw: bytes, scanner: Scanner, rules: FieldRules | None, tally: Tally) -> bytes:
    """Return ``a=1&b[c]=2`` masked; what changed is percent-encoded again. Raises ``WorkExceeded``."""
    pieces = _PAIRS.split(raw)
    for index in range(0, len(pieces), 2):
        if pieces[index]:
            pieces[index] = _mask_pair(pieces[index], scanner, rules, tally)
    return b"".join(pieces)


def _mask_pair(pair: bytes, scanner: Scanner, rules: FieldRules | None, tally: Tally) -> bytes:
    raw_name, equals, raw_value = pair.partition(b"=")
    name = _decode(raw_name)
    if rules is not None and _is_covered(name, rules) and raw_value:
        tally.add("field")
        token = scanner.tokens.token("field", _decode(raw_value))
        return raw_name + equals + quote_plus(token, safe="[:]").encode()
    return _mask_part(raw_name, "", scanner, tally) + equals + _mask_part(raw_value, _last(name), scanner, tally)


def _mask_part(raw: bytes, name: str, scanner: Scanner, tally: Tally) -> bytes:
    plain = _decode(raw)
    masked = scanner.mask(plain, name, tally)
    return raw if masked == plain else quote_plus(masked, safe="[:]", errors="surrogateescape").encode()


def _decode(raw: bytes) -> str:
    if b"%" in raw or b"+" in raw:
        raw = unquote_to_bytes(raw.replace(b"+", b" "))
    return raw.decode("utf-8", "replace")


def _last(name: str) -> str:
    parts = [part for part in _PATH.findall(name) if not part.isdigit()]
    return parts[-1] if parts else name


def _is_covered(name: str, rules: FieldRules) -> bool:
    states = rules.start
    for part in _PATH.findall(name):
        after, matched = rules.step(states, part)
        if matched:
            return True
        # Numbers in brackets are elements of a list, which rules may leave out.
        states = after | states if part.isdigit() else after
        if states == NOWHERE:
            return False
    return False

"""Phone numbers: the international form (E.164), North American spelling, and any in a field so named."""

import re
from collections.abc import Iterator

from vendorgate.masking.detectors.detector import Finding
from vendorgate.masking.names import kinds_of
from vendorgate.masking.pattern import compile_bytes, matches

_GAP = rb"[ ()./+\-]{0,3}"
_FIND = compile_bytes(
    rb"\+" + _GAP + rb"[1-9](?:" + _GAP + rb"[0-9]){6,14}"
    rb"|\b00[ \-][1-9](?:" + _GAP + rb"[0-9]){6,14}"
    rb"|\([2-9][0-9]{2}\)[ +.\-]{0,2}[2-9][0-9]{2}[ +.\-][0-9]{4}"
    rb"|\b(?:1[ .\-])?[2-9][0-9]{2}[.\-][2-9][0-9]{2}[.\-][0-9]{4}"
)
_WHOLE = re.compile(rb"\s*\+?[0-9 ()./\-]{5,30}[0-9)](?:\s*(?:x|ext\.?)\s*[0-9]{1,6})?\s*", re.I)
_DIGIT = re.compile(rb"[0-9]")


class PhoneDetector:
    """Finds phone numbers."""

    kind = "phone"
    prescan = rb"\+[^0-9A-Za-z]{0,3}[1-9]|00[ \-][1-9]|\([2-9][0-9]{2}\)|[2-9][0-9]{2}[.\-][2-9][0-9]{2}[.\-][0-9]{4}"

    def find(self, text: bytes, name: str) -> Iterator[Finding]:
        """Yield phone numbers in ``text``; in a field called ``phone``, ``mobile`` … any 7 to 15 digits."""
        if name and len(text) <= 64 and "phone" in kinds_of(name) and _WHOLE.fullmatch(text):
            yield Finding(0, len(text), "phone")
            return
        for match in matches(_FIND, text):
            start, end = match.span()
            before, after = text[start - 1 : start], text[end : end + 1]
            if before.isalnum() or before in (b"_", b"+", b"-") or after.isalnum() or after == b"_":
                continue
            if text[start] != 0x2B or 8 <= len(_DIGIT.findall(text, start, end)) <= 15:
                yield Finding(start, end, "phone")

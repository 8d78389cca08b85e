"""United States social security numbers: 3-2-4 digits in the ranges that are assigned."""

import re
from collections.abc import Iterator

from vendorgate.masking.detectors.detector import Finding
from vendorgate.masking.names import kinds_of
from vendorgate.masking.pattern import compile_bytes, matches

_FIND = compile_bytes(rb"[0-9]{3}(?:-[0-9]{2}-| [0-9]{2} )[0-9]{4}")
_WHOLE = re.compile(rb"\s*[0-9]{3}[^0-9A-Za-z]{0,3}[0-9]{2}[^0-9A-Za-z]{0,3}[0-9]{4}\s*")
_DIGIT = re.compile(rb"[0-9]")


def is_assignable(digits: bytes) -> bool:
    """Whether nine digits can be a number: area not 000, 666 or 9xx, group not 00, serial not 0000."""
    area = digits[:3]
    return area not in (b"000", b"666") and area[0] != 0x39 and digits[3:5] != b"00" and digits[5:] != b"0000"


class SsnDetector:
    """Finds social security numbers."""

    kind = "ssn"
    prescan = rb"[0-9]{3}(?:-[0-9]{2}-| [0-9]{2} )[0-9]{4}"

    def find(self, text: bytes, name: str) -> Iterator[Finding]:
        """Yield numbers in ``text``; in a field called ``ssn`` … nine digits however written."""
        if name and len(text) <= 32 and "ssn" in kinds_of(name) and _WHOLE.fullmatch(text):
            yield Finding(0, len(text), "ssn")
            return
        for match in matches(_FIND, text):
            start, end = match.span()
            before, after = text[start - 1 : start], text[end : end + 1]
            if before.isalnum() or after.isalnum() or before in (b"-", b"_", b".") or after in (b"-", b"_"):
                continue
            if is_assignable(b"".join(_DIGIT.findall(text, start, end))):
                yield Finding(start, end, "ssn")

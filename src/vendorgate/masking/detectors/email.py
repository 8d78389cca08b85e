"""E-mail addresses (RFC 5322 addr-spec as people use it, with quoted local parts and internationalised domains)."""

from collections.abc import Iterator

from vendorgate.masking.detectors.detector import Finding
from vendorgate.masking.pattern import compile_bytes, matches

_ATOM = rb"[0-9A-Za-z\x80-\xff]"
_FIND = compile_bytes(
    rb"(?:" + _ATOM + rb"|[_+\-])(?:" + _ATOM + rb"|[_.+'\-]){0,127}@(?:" + _ATOM + rb"(?:" + _ATOM + rb"|-){0,62}\.)+"
    rb"[A-Za-z\x80-\xff](?:" + _ATOM + rb"|-){1,62}"
    rb"|\"[^\"@\r\n]{1,64}\"@(?:"
    + _ATOM
    + rb"(?:"
    + _ATOM
    + rb"|-){0,62}\.)+[A-Za-z\x80-\xff](?:"
    + _ATOM
    + rb"|-){1,62}"
    rb"|" + _ATOM + rb"(?:" + _ATOM + rb"|[_.+'\-]){0,127}@\[(?:[0-9]{1,3}\.){3}[0-9]{1,3}\]"
)
_FILE = compile_bytes(rb"@[0-9](?:\.[0-9])?x\.(?i:png|jpe?g|gif|svg|webp|avif)\z")


class EmailDetector:
    """Finds e-mail addresses."""

    kind = "email"
    prescan = rb"@"

    def find(self, text: bytes, name: str) -> Iterator[Finding]:
        """Yield e-mail addresses in ``text``; ``logo@2x.png`` is none."""
        if b"@" not in text:
            return
        for match in matches(_FIND, text):
            start, end = match.span()
            if _FILE.search(text[max(start, end - 16) : end]) is None:
                yield Finding(start, end, "email")

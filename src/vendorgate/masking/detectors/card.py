"""Card numbers (PAN, ISO/IEC 7812): 12 to 19 digits of an issuer's range with a valid Luhn digit, however grouped."""

import re
from collections.abc import Iterator
from itertools import islice

from vendorgate.masking.detectors.detector import Finding
from vendorgate.masking.errors import WorkExceeded
from vendorgate.masking.names import is_identifier
from vendorgate.masking.pattern import compile_bytes, matches

_RUN = compile_bytes(rb"[0-9](?:[^0-9A-Za-z]{0,3}[0-9]){11,}")
_GROUP = re.compile(rb"[0-9]+")
_UUID = re.compile(rb"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_DOUBLED = bytes.maketrans(b"0123456789", bytes(48 + (2 * d - 9 if d > 4 else 2 * d) for d in range(10)))

# Ranges by scheme; the lengths are those the scheme allows. Only ever matched against at most 19 digits.
_ISSUERS = re.compile(
    rb"4(?:\d{12}|\d{15}|\d{18})"  # Visa, and Elo and Dankort numbers inside it
    rb"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    rb"|3[47]\d{13}"  # American Express
    rb"|(?:3(?:0[0-5]\d|095|[689]\d\d))\d{10,15}"  # Diners Club, Hipercard 3841
    rb"|35(?:2[89]|[3-8]\d)\d{12,15}|(?:2131|1800)\d{11}"  # JCB
    rb"|(?:62|8[12])\d{14,17}"  # UnionPay, RuPay
    rb"|(?:50|5[6-8]|6\d)\d{10,17}"  # Maestro, Discover, RuPay, Elo, Verve, Dankort, Hipercard, Troy
    rb"|220[0-5]\d{12,15}"  # Mir, BORICA
    rb"|(?:9792|9860|8600|9112|9051|9417)\d{12}|9704\d{12}(?:\d{3})?"  # Troy, Humo, UzCard, Belkart, ArCa …
    rb"|1\d{14}"  # UATP
)
# What is in wide use: enough to call a bare number a card even where an identifier is expected.
_WIDE = re.compile(
    rb"4\d{15}|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"
    rb"|(?:6011|64[4-9]\d|65\d\d)\d{12}|62\d{14,17}|35(?:2[89]|[3-8]\d)\d{12}|220[0-4]\d{12}"
    rb"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{12}|(?:60|8[12])\d{14}"
)
GROUPS_LIMIT = 30_000
"""Groups of digits looked at in one text: some 50 ms. A text with more raises ``WorkExceeded``."""

_CARD_WORD = re.compile(
    rb"(?:card|cards|cc|pan|ccn|ccnum|number|num|no|nr|visa|amex|mc|mastercard|maestro|acct)[_#]*\Z", re.I
)
_TAIL_WORD = re.compile(rb"_*(?:exp|cv[cv]|valid|and|or|is|was)", re.I)
_ID_WORD = re.compile(rb"(?:ord|order|inv|invoice|po|ref|rma|tkt|trk|so|sku|id|txn|case|tx|nr|awb)[-#: ]{1,2}\Z", re.I)
_ALNUM = re.compile(rb"[0-9A-Za-z_]")


def is_luhn_valid(digits: bytes) -> bool:
    """Whether the last of these ASCII digits is the Luhn check digit of the others (ISO/IEC 7812-1 annex B)."""
    total = sum(digits[-1::-2]) + sum(digits[-2::-2].translate(_DOUBLED)) - 48 * len(digits)
    return total % 10 == 0


def _is_shape(lengths: list[int]) -> bool:
    """Whether cards are printed in groups of these lengths."""
    if lengths in ([4, 6, 5], [4, 6, 4], [6, 13], [8, 8], [6, 10], [4, 12]):
        return True
    return all(length == 4 for length in lengths[:-1]) and lengths[-1] <= 4


class _Run:
    """A stretch of digit groups with nothing but short separators between them."""

    def __init__(self, text: bytes, start: int, end: int, *, limit: int) -> None:
        self.text = text
        self.groups = [m.span() for m in islice(_GROUP.finditer(text, start, end), limit + 1)]
        if len(self.groups) > limit:
            raise WorkExceeded

    def separator(self, index: int) -> bytes | None:
        """What stands between group ``index`` and the next; None after the last and before the first."""
        if index < 0 or index + 1 >= len(self.groups):
            return None
        return self.text[self.groups[index][1] : self.groups[index + 1][0]]

    def is_plausible(self, first: int, last: int, digits: bytes) -> bool:
        """Whether somebody who writes one number would write it as these groups."""
        if first == last:
            return not self._is_fraction(first)
        if _is_shape([end - start for start, end in self.groups[first : last + 1]]):
            return True
        # Odd groups count when one separator is used throughout and another (or nothing) around them. Order numbers are
        # written in groups too (3-7-7): long groups must hold what is in wide use.
        inner = {self.separator(i) for i in range(first, last)}
        around = (self.separator(first - 1), self.separator(last))
        if len(inner) != 1 or not inner.isdisjoint(around):
            return False
        return _WIDE.fullmatch(digits) is not None or all(
            end - start <= 6 for start, end in self.groups[first : last + 1]
        )

    def _is_fraction(self, index: int) -> bool:
        """Whether the group is what follows the point in 0.4242424242424242."""
        if index == 0 or self.separator(index - 1) != b".":
            return False
        start, end = self.groups[index - 1]
        return end - start <= 3 and self.separator(index) != b"." and self.separator(index - 2) != b"."

    def numbers(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield ``(first, last, digits)`` of the windows of 12 to 19 digits, longest first at each start.

        A window of several groups begins with a group that cards are printed with, or where the separator changes;
        all others could not be plausible, and a long list of numbers would cost seconds.
        """
        sizes = [end - start for start, end in self.groups]
        for first, size in enumerate(sizes):
            if size >= 12:
                if size <= 19:
                    yield first, first, self.text[slice(*self.groups[first])]
                continue
            if size not in (4, 6, 8) and first and self.separator(first - 1) == self.separator(first):
                continue
            windows = []
            total = size
            for last in range(first + 1, len(sizes)):
                total += sizes[last]
                if total > 19:
                    break
                if total >= 12:
                    windows.append(last)
            for last in reversed(windows):
                yield first, last, b"".join(_GROUP.findall(self.text, self.groups[first][0], self.groups[last][1]))


class CardDetector:
    """Finds card numbers. Recall comes first; only what is plainly something else is spared (see ``_is_spared``)."""

    kind = "card"
    prescan = rb"[0-9](?:[^0-9A-Za-z]{0,3}[0-9]){11}"

    def find(self, text: bytes, name: str) -> Iterator[Finding]:
        """Yield card numbers in ``text``. Raises ``WorkExceeded``."""
        weak = bool(name) and is_identifier(name)
        left = GROUPS_LIMIT
        for match in matches(_RUN, text):
            run = _Run(text, *match.span(), limit=left)
            left -= len(run.groups)
            done = -1
            for first, last, digits in run.numbers():
                if first <= done or _ISSUERS.fullmatch(digits) is None or not is_luhn_valid(digits):
                    continue
                start, end = run.groups[first][0], run.groups[last][1]
                if run.is_plausible(first, last, digits) and not _is_spared(
                    text, start, end, digits, weak and first == last
                ):
                    done = last
                    yield Finding(start, end, "card")


def _is_spared(text: bytes, start: int, end: int, digits: bytes, weak: bool) -> bool:
    """Whether the surroundings say that this is no card: part of an id, of a UUID, or an order's number."""
    before, after = text[max(0, start - 16) : start], text[end : end + 8]
    if before and _ALNUM.match(before[-1:]) and _CARD_WORD.search(before) is None:
        return True
    if after and _ALNUM.match(after[:1]) and _TAIL_WORD.match(after) is None:
        return True
    near = max(0, start - 36)
    if any(m.start() < end - near and m.end() > start - near for m in _UUID.finditer(text[near : end + 36])):
        return True
    return (weak or _ID_WORD.search(before) is not None) and _WIDE.fullmatch(digits) is None

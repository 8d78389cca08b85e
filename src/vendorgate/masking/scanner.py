"""Masks one text: every detector over every layer of encoding, and what is nested in it as JSON or base64.

A text in which the combined RE2 prescan matches nothing is returned as it is; that is the common case and the only
one whose cost matters. Nesting is followed three deep, and one call may cost at most ``WORK`` candidates, beyond which
``WorkExceeded`` is raised and the whole text is withheld: bounded work, and nothing unread is ever shown.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from vendorgate.masking import base64_text, names
from vendorgate.masking.base64_text import find_encoded
from vendorgate.masking.detectors import DETECTORS, Detector
from vendorgate.masking.errors import WorkExceeded
from vendorgate.masking.layers import Layer, folded, has_foldable, unescaped
from vendorgate.masking.named import named_values
from vendorgate.masking.pattern import compile_search
from vendorgate.masking.tokens import Tokeniser, is_token

DEPTH = 3
WORK = 10_000
SHORTEST = 6
"""Bytes of the shortest value that is found without its field's name: ``a@b.co``."""
_ESCAPES = rb"\\|%[0-9A-Fa-f]{2}|&#|&[a-z]{3,6};"
_PRECEDENCE = {detector.kind: rank for rank, detector in enumerate(DETECTORS)}


class Replacement(NamedTuple):
    """What stands in the place of ``text[start:end]``."""

    start: int
    end: int
    data: bytes


class Tally:
    """Counts of one call, and the work it may still cost."""

    __slots__ = ("counts", "left", "nesting")

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.left = WORK
        self.nesting = 0
        """How many JSON documents deep in strings of others the walk is."""

    def add(self, kind: str) -> None:
        """Count one masked value."""
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def spend(self, units: int) -> None:
        """Account for work. Raises ``WorkExceeded``."""
        self.left -= units
        if self.left < 0:
            raise WorkExceeded


class Scanner:
    """The detectors of one specification over texts."""

    def __init__(self, detect: tuple[str, ...], tokens: Tokeniser, *, for_record: bool) -> None:
        """``for_record``: base64 that held a value is replaced by what it says, so that its tokens can be found."""
        self._for_record = for_record
        self.tokens = tokens
        self.detectors: tuple[Detector, ...] = tuple(d for d in DETECTORS if d.kind in detect)
        self._clean_names: set[str] = set()
        self.uses_names = not {"phone", "ssn", "secret"}.isdisjoint(detect)
        # One automaton tells which detectors, escapes, base64 or names a text needs to be looked at for: a text with
        # one e-mail address then costs one detector, not six.
        parts = [*(detector.prescan for detector in self.detectors), _ESCAPES, base64_text.PRESCAN]
        self._escapes, self._base64, self._names = len(parts) - 2, len(parts) - 1, len(parts)
        if self.uses_names:
            parts.append(names.PRESCAN)
        self._prescan = compile_search(parts)
        self.nested: Callable[[bytes, Tally, int], bytes | None] = lambda text, tally, depth: None
        """Masks a text that is a JSON document; set by the tree masker. None when it is none or nothing was found."""

    def is_clean(self, raw: bytes) -> bool:
        """Whether nothing can be found in ``raw``, whatever the names in it mean. Never wrong with True."""
        return not self.detectors or (not self._prescan(raw) and (raw.isascii() or not has_foldable(raw)))

    def mask_name(self, key: str, tally: Tally) -> str:
        """Return an object's key masked. Keys repeat, so those known to be clean are remembered."""
        if len(key) < SHORTEST or key in self._clean_names:
            return key
        masked = self.mask(key, "", tally)
        if masked is key and len(key) <= 64 and len(self._clean_names) < 4096:
            self._clean_names.add(key)
        return masked

    def mask(self, text: str, name: str, tally: Tally) -> str:
        """Return ``text``, the value of a field called ``name`` (empty when unknown), masked."""
        if len(text) < SHORTEST and not (name and names.kinds_of(name)):
            return text
        raw = text.encode("utf-8", "surrogatepass")
        masked = self.mask_bytes(raw, name, tally)
        return text if masked is raw else masked.decode("utf-8", "replace")

    def mask_bytes(self, raw: bytes, name: str, tally: Tally, depth: int = DEPTH) -> bytes:
        """Like ``mask`` over UTF-8 bytes; the same object comes back when nothing was found."""
        if not raw or (not (name and names.kinds_of(name)) and self.is_clean(raw)):
            return raw
        found = self.replacements(raw, name, tally, depth)
        return apply(raw, found) if found else raw

    def replacements(self, raw: bytes, name: str, tally: Tally, depth: int = DEPTH) -> list[Replacement]:
        """Return what is to be replaced in ``raw``: sorted, not overlapping."""
        if not self.detectors or is_token(raw.decode("latin-1")):
            return []
        # A field whose name covers all of its value is not taken apart.
        if depth and raw.lstrip()[:1] in (b"{", b"[") and not (name and names.kinds_of(name)):
            nested = self.nested(raw, tally, depth - 1)
            if nested is not None:
                return [Replacement(0, len(raw), nested)]
        merged = self._merge(self._findings(raw, name, tally), tally)
        if not depth or self._base64 not in (self._prescan(raw) or ()):
            return merged
        return self._encoded(raw, merged, tally, depth)

    def _findings(self, raw: bytes, name: str, tally: Tally) -> list[tuple[int, int, str, bytes]]:
        """Return ``(start, end, kind, value)`` over all layers, places in terms of ``raw``."""
        found: list[tuple[int, int, str, bytes]] = []
        layers: list[Layer] = []
        text = raw
        for _ in range(2 * DEPTH):
            hits = self._prescan(text) or ()
            for start, end, kind in self._detect(text, name, tally, hits):
                value = text[start:end]
                for layer in reversed(layers):
                    start, end = layer.outer(start, end)
                found.append((start, end, kind, value))
            inner = folded(text) or (unescaped(text) if self._escapes in hits else None)
            if inner is None:
                break
            tally.spend(len(inner.text) // 64)
            layers.append(inner)
            text = inner.text
        return found

    def _detect(self, text: bytes, name: str, tally: Tally, hits: Sequence[int]) -> list[tuple[int, int, str]]:
        found: list[tuple[int, int, str]] = []
        # What a field's name says is not in the text: all detectors are asked then.
        by_name = bool(name and names.kinds_of(name))
        for index, detector in enumerate(self.detectors):
            if index in hits or by_name:
                for finding in detector.find(text, name):
                    found.append(finding)
                    tally.spend(1)
        if self._names in hits:
            for inner_name, start, end in named_values(text):
                tally.spend(1)
                if names.kinds_of(inner_name) and not is_token(text[start:end].decode("latin-1")):
                    value = text[start:end]
                    for detector in self.detectors:
                        found.extend((start + f.start, start + f.end, f.kind) for f in detector.find(value, inner_name))
        return found

    def _encoded(self, raw: bytes, merged: list[Replacement], tally: Tally, depth: int) -> list[Replacement]:
        """Add what is hidden in base64 to ``merged``."""
        for encoded in find_encoded(raw):
            start, end = encoded.start, encoded.end
            tally.spend(1 + len(encoded.plain) // 64 + len(merged) // 32)
            if any(item.start <= start < item.end or item.start < end <= item.end for item in merged):
                merged = _widen(merged, start, end)
                continue
            masked = self.mask_bytes(encoded.plain, "", tally, depth - 1)
            if masked is not encoded.plain:
                # A finding strictly inside base64 text is a coincidence.
                merged = [item for item in merged if item.end <= start or item.start >= end]
                data = b"base64(" + masked + b")" if self._for_record else encoded.render(masked)
                merged.append(Replacement(start, end, data))
        merged.sort()
        return merged

    def _merge(self, findings: list[tuple[int, int, str, bytes]], tally: Tally) -> list[Replacement]:
        """Join what overlaps: one token covers all of it, made of the longest finding."""
        findings.sort(key=lambda f: (f[0], f[0] - f[1], _PRECEDENCE[f[2]]))
        merged: list[Replacement] = []
        index = 0
        while index < len(findings):
            start, end, kind, value = findings[index]
            index += 1
            while index < len(findings) and findings[index][0] < end:
                if findings[index][1] - findings[index][0] > end - start:
                    kind, value = findings[index][2:]
                end = max(end, findings[index][1])
                index += 1
            tally.add(kind)
            token = self.tokens.token(kind, value.decode("utf-8", "surrogateescape"))
            merged.append(Replacement(start, end, token.encode()))
        return merged


def _widen(merged: list[Replacement], start: int, end: int) -> list[Replacement]:
    """Return ``merged`` with what touches ``start:end`` as one replacement that covers it too."""
    touching = sorted(item for item in merged if item.start < end and item.end > start)
    whole = Replacement(
        min(start, touching[0].start), max(end, touching[-1].end), b" ".join(item.data for item in touching)
    )
    return [item for item in merged if item.start >= end or item.end <= start] + [whole]


def apply(raw: bytes, replacements: list[Replacement]) -> bytes:
    """Return ``raw`` with the replacements made."""
    pieces: list[bytes] = []
    place = 0
    for start, end, data in replacements:
        pieces += (raw[place:start], data)
        place = end
    pieces.append(raw[place:])
    return b"".join(pieces)

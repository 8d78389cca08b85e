"""What a detector is."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol


class Finding(NamedTuple):
    """A sensitive value at ``text[start:end]``."""

    start: int
    end: int
    kind: str


class Detector(Protocol):
    """Finds one kind of sensitive value in UTF-8 bytes; odd digits, spaces and dashes also come folded to ASCII."""

    kind: str
    prescan: bytes
    """RE2 over raw bytes: matches every text in which ``find`` could find something. May match more."""

    def find(self, text: bytes, name: str) -> Iterator[Finding]:
        """Yield the values in ``text``, the value (or part of it) of a field called ``name`` (empty when unknown)."""
        ...

"""RE2 over bytes: linear in the text whatever the text is."""

from collections.abc import Callable, Iterator, Sequence

import re2

from vendorgate.masking.errors import WorkExceeded

CANDIDATES = 20_000
"""Matches looked at in one text by one pattern: at 1 to 2 µs each, some 30 ms."""


def compile_bytes(pattern: bytes, *, captures: bool = False) -> "re2._Regexp":
    """Compile for bytes. Groups have numbers only: the wrapper's ``span`` takes no names."""
    options = _options()
    options.never_capture = not captures
    return re2.compile(pattern, options)


def matches(pattern: "re2._Regexp", text: bytes) -> "Iterator[re2._Match]":
    """Yield the matches of ``pattern``. Raises ``WorkExceeded`` after ``CANDIDATES``."""
    for number, match in enumerate(pattern.finditer(text)):
        if number >= CANDIDATES:
            raise WorkExceeded
        yield match


def compile_search(patterns: list[bytes]) -> Callable[[bytes], Sequence[int] | None]:
    """Return a function that gives the indexes of the ``patterns`` that match somewhere; None when none does.

    A set, because its Python wrapper is thinner: 1.9 µs for 400 bytes against 2.7 µs. Sets only ever run the automaton
    that resets its cache when it is full, so hostile text makes it slower, never wrong.
    """
    options = _options()
    options.never_capture = True
    found = re2.Set.SearchSet(options)
    for pattern in patterns:
        found.Add(pattern)
    found.Compile()
    match: Callable[[bytes], Sequence[int] | None] = found.Match
    return match


def _options() -> "re2.Options":
    options = re2.Options()
    # RE2's default reads UTF-8, and a negated class then skips invalid bytes.
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.max_mem = 32 << 20
    return options

"""Where a body that is too long for the record ends, so that no value survives in part."""

import re

from vendorgate.masking.scanner import Replacement, apply

LOOKAHEAD = 4096
"""Bytes read past the limit so that a value across it is recognised."""
_MARGIN = 512
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],]|[^{}\[\],"]++|"', re.DOTALL)
_CLOSERS = {0x7B: b"}", 0x5B: b"]"}
_SOFT = re.compile(rb"[\s&,;<>{}\[\]\"']")


def close_json(raw: bytes) -> bytes | None:
    """Return the longest beginning of a JSON text that holds only whole values, closed; None when there is none.

    Linear: possessive quantifiers never go back.
    """
    stack = bytearray()
    cut = depth = 0
    for match in _TOKEN.finditer(raw):
        token = match.group()
        first = token[0]
        if first in (0x7B, 0x5B):
            stack.append(first)
            cut, depth = match.end(), len(stack)
        elif first in (0x7D, 0x5D):
            if not stack:
                return None
            stack.pop()
            cut, depth = match.end(), len(stack)
        elif first == 0x2C:
            cut, depth = match.start(), len(stack)
        elif token == b'"':
            break
    if not cut:
        return None
    return raw[:cut] + b"".join(_CLOSERS[opener] for opener in reversed(stack[:depth]))


def cut_text(window: bytes, found: list[Replacement], limit: int) -> bytes:
    """Return about ``limit`` bytes of a masked text whose continuation is not known beyond ``window``.

    The end lies before everything that could be the beginning of a value: not in a finding, not in the last ``_MARGIN``
    bytes that were read, not inside a run without white space or punctuation.
    """
    place = min(limit, max(0, len(window) - _MARGIN))
    for item in reversed(found):
        if item.start < place < item.end:
            place = item.start
    run_start = place
    while run_start and _SOFT.match(window, run_start - 1) is None:
        run_start -= 1
    run = _SOFT.search(window, place)
    # A long run (base64, a key, a number without end) goes as a whole; a word that ends inside the window may be cut.
    if run is None or run.start() - run_start > _MARGIN:
        place = run_start
    inside = [item for item in found if item.end <= place]
    return apply(window[:place], inside)

"""Parameters from the path: segments, percent-decoded once."""

import re
from collections.abc import Sequence

from vendorgate.catalog.errors import MatchRefused
from vendorgate.model import Params

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
# What would be structure, or end a text, if somebody behind decoded once more or not at all.
_STRUCTURE = re.compile(r"[/\\\x00-\x1f\x7f]|%")


def read_path_values(names: Sequence[str], values: Sequence[str]) -> Params:
    """Return the decoded parameters. Raises ``MatchRefused`` (400)."""
    params: Params = {}
    for name, value in zip(names, values, strict=True):
        params[name] = _decode(value) if "%" in value else value
    return params


def _decode(value: str) -> str:
    try:
        decoded = _ESCAPES.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode("utf-8"), value)
    except UnicodeDecodeError:
        raise MatchRefused("bad_request", "The path's escapes are not UTF-8. Encode the path so.") from None
    if _STRUCTURE.search(decoded):
        raise MatchRefused(
            "bad_request", "The path has an encoded slash, percent sign or control character. Send it without."
        )
    return decoded

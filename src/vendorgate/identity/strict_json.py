"""JSON objects read so that they have one meaning: no duplicate names, no NaN, no lone surrogates."""

import json
import math
from typing import NoReturn


class NotStrict(ValueError):
    """The bytes are not one JSON object with one meaning."""


def read_object(data: bytes) -> dict[str, object]:
    """Return the object in ``data`` (UTF-8, RFC 8259). Raises ``NotStrict``.

    The standard library's reader keeps the last of two equal names (RFC 7519 section 4 leaves that choice
    to the reader), which is how a token can mean one thing to its issuer's filter and another here.
    """
    try:
        value = _DECODER.decode(data.decode("utf-8"))
        if b"\\u" in data:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise NotStrict("not a JSON object with one meaning") from error
    if not isinstance(value, dict):
        raise NotStrict("not a JSON object")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrict("a name stands twice")
    return found


def _no_constant(_name: str) -> NoReturn:
    raise NotStrict("NaN and Infinity are not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotStrict("a number is out of range")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)

"""Events to bytes and back, exactly: numbers keep their digits, and whatever callers and vendors send can be dumped."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

_INT_BITS = 63


def dump(event: Mapping[str, object]) -> bytes:
    """Return an event as one line of JSON. ``Decimal`` and ints of any size become numbers with all their digits.

    Lone surrogates, which UTF-8 cannot hold, become ``?``.
    """
    try:
        body = orjson.dumps(event, default=_default)
    except TypeError:
        # orjson refuses ints over 64 bit and lone surrogates; both are rare, so the walk is paid only then.
        body = orjson.dumps(_dumpable(event), default=_default)
    # Raw newlines can only stand between tokens of a fragment, where a space means the same.
    return body if b"\n" not in body else body.replace(b"\n", b" ")


def parse(body: bytes) -> dict[str, Any]:
    """Return an event as stored; numbers with a fraction or exponent as ``Decimal``."""
    value = json.loads(body, parse_float=Decimal)
    if not isinstance(value, dict):
        raise ValueError("an event is a JSON object")
    return value


def _default(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(type(value).__name__)


def _dumpable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > _INT_BITS:
        return orjson.Fragment(str(value))
    if isinstance(value, Mapping):
        return {str(_dumpable(key)): _dumpable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_dumpable(item) for item in value]
    return value

"""JSON text → parameter tree, with everything refused that two readers are known to read differently (RFC 8259, 7493).

Refused: other encodings than UTF-8, a byte order mark, duplicate keys (after unescaping), NaN and Infinity, ``-0``,
numbers that a double or a 64-bit integer cannot hold exactly, lone surrogates, NUL, nesting and sizes over the limits.
The common case costs one pass of the C scanner; where and why a text is refused is found out in a second pass.
"""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple, NoReturn

import orjson

from vendorgate.model import ParamValue
from vendorgate.wire.tree_error import TreeError

KEYS_LIMIT = 10_000
"""Object keys in one document."""
VALUES_LIMIT = 50_000
"""Items and members in one document: 50,000 take up to 50 ms, and nothing else runs on the loop meanwhile."""
DIGITS_LIMIT = 15
"""Significant digits of a decimal: any 15 survive a double (DBL_DIG), 16 may not."""
_INT64 = 2**63
_SPACE = " \t\n\r"
_STEPS = {0x5B: 1, 0x7B: 1, 0x5D: -1, 0x7D: -1}
_NOT_BRACKETS = bytes(sorted(set(range(256)) - set(_STEPS)))
_HUGE_EXPONENT = re.compile(r"[eE][+\-]?[0-9]{4}")
# The closing quote is optional and nothing backtracks: an unterminated string costs one pass, not one a quote.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


class _Odd(Exception):
    """The first pass met something that the second one explains."""


class _BadNumber(NamedTuple):
    problem: str


class _Pairs(list[tuple[str, object]]):
    """An object's members as written, duplicates included."""


def read_json(body: bytes, *, depth: int, limit_keys: int = KEYS_LIMIT) -> ParamValue:
    """Return the tree: ``int`` within 64 bits, other numbers exact ``Decimal``. Raises ``TreeError``.

    ``depth`` bounds the nesting and is checked before anything is parsed.
    """
    if len(body) > limit_keys or body.count(b"{") + body.count(b"[") > depth:
        _check_size(body, depth, limit_keys)
    try:
        text = body.decode("utf-8").strip(_SPACE)
    except UnicodeDecodeError:
        raise TreeError("$", "the body is not UTF-8. Encode it so.") from None
    try:
        tree, end = _scan(text, 0)
    except _Odd:
        _explain(text)
    except StopIteration:
        raise TreeError("$", _what_starts(text)) from None
    except json.JSONDecodeError as error:
        raise TreeError(
            "$", f"the body is not JSON: line {error.lineno}, column {error.colno}. Send valid JSON."
        ) from None
    if end != len(text):
        raise TreeError("$", "something follows the JSON value. Send one value.")
    if "\\u" in text:
        _check_text(tree, ())
    return tree


def render_json(tree: ParamValue) -> bytes:
    """Return compact JSON; numbers in plain decimal notation, with every digit they have."""
    return orjson.dumps(tree, default=_render_decimal)


def _render_decimal(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{type(value).__name__} does not occur in a parameter tree")


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Odd
    return members


def _integer(text: str) -> int:
    if len(text) < 19 and text != "-0":
        return int(text)
    if _integer_problem(text):
        raise _Odd
    return int(text)


def _decimal(text: str) -> Decimal:
    if len(text) <= DIGITS_LIMIT + 1 and text[0] != "-" and "e" not in text and "E" not in text:
        return Decimal(text)
    if _decimal_problem(text):
        raise _Odd
    return Decimal(text)


def _constant(_: str) -> NoReturn:
    raise _Odd


def _integer_problem(text: str) -> str | None:
    if text == "-0":
        return "minus zero. Send 0."
    if len(text) > 20 or not -_INT64 <= int(text) < _INT64:
        return "the number is beyond 64 bits. Send a smaller one."
    return None


def _decimal_problem(text: str) -> str | None:
    if len(text) > 48:
        return f"the number has over {DIGITS_LIMIT} digits. Send fewer."
    if _HUGE_EXPONENT.search(text):
        return "the number is out of range."
    mantissa = text.lower().partition("e")[0]
    significant = mantissa.lstrip("-").replace(".", "").lstrip("0")
    if len(significant) > DIGITS_LIMIT:
        return f"the number has over {DIGITS_LIMIT} digits. Send fewer."
    if not significant and text[0] == "-":
        return "minus zero. Send 0."
    # Below 1e-30 plain notation grows long for a value that no vendor's function takes.
    value = Decimal(text)
    return None if -30 <= value.adjusted() <= 18 and -_INT64 < value < _INT64 else "the number is out of range."


# CPython's C scanner: the pure Python one would take any Unicode digit for a number.
_Scan = Callable[[str, int], tuple[ParamValue, int]]
_scan: _Scan = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
).scan_once  # type: ignore[attr-defined]
_scan_slowly: _Scan = json.JSONDecoder(
    object_pairs_hook=_Pairs,
    parse_int=lambda text: _BadNumber(problem) if (problem := _integer_problem(text)) else 0,
    parse_float=lambda text: _BadNumber(problem) if (problem := _decimal_problem(text)) else 0,
    parse_constant=lambda _: _BadNumber("NaN and Infinity are not JSON. Send a number."),
).scan_once  # type: ignore[attr-defined]


def _explain(text: str) -> NoReturn:
    """Parse again, keeping what was refused, and raise for the first of it."""
    try:
        tree, _ = _scan_slowly(text, 0)
    except (StopIteration, json.JSONDecodeError):
        raise TreeError("$", "the body is not JSON. Send valid JSON.") from None
    _find_odd(tree, ())
    raise AssertionError("the second pass found nothing where the first refused")


def _find_odd(node: object, at: tuple[str | int, ...]) -> None:
    if isinstance(node, _BadNumber):
        raise TreeError("$", node.problem).below(*at)
    if isinstance(node, _Pairs):
        seen: set[str] = set()
        for key, value in node:
            if key in seen:
                raise TreeError("$", "duplicate key. Send each key once.", ambiguous=True).below(*at, key)
            seen.add(key)
            _find_odd(value, (*at, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            _find_odd(value, (*at, index))


def _check_text(node: object, at: tuple[str | int, ...]) -> None:
    """Refuse what only an escape can bring in: lone surrogates, which are no text, and NUL, which ends one in C."""
    if isinstance(node, str):
        if not node.isascii():
            try:
                node.encode("utf-8")
            except UnicodeEncodeError:
                raise TreeError("$", "half of a surrogate pair. Send whole characters.").below(*at) from None
        if "\0" in node:
            raise TreeError("$", "a NUL character. Leave it out.").below(*at)
    elif isinstance(node, dict):
        for key, value in node.items():
            _check_text(key, (*at, "…"))
            _check_text(value, (*at, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            _check_text(value, (*at, index))


def _check_size(body: bytes, depth: int, limit_keys: int) -> None:
    """Check depth and sizes exactly, without recursion; strings are cut out first, by a pattern that is linear."""
    openers = body.count(b"{") + body.count(b"[")
    if openers <= depth and body.count(b":") <= limit_keys and body.count(b",") <= VALUES_LIMIT:
        return
    if body.count(b'"') - body.count(b'\\"') > 4 * VALUES_LIMIT:
        raise TreeError("$", "the body has too many strings. Send it in parts.")
    bare = _STRING.sub(b"", body)
    if bare.count(b":") > limit_keys:
        raise TreeError("$", f"the body has over {limit_keys:,} keys. Send it in parts.")
    brackets = bare.translate(None, _NOT_BRACKETS)
    if bare.count(b",") > VALUES_LIMIT or len(brackets) > 2 * VALUES_LIMIT:
        raise TreeError("$", f"the body has over {VALUES_LIMIT:,} values. Send it in parts.")
    if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > depth:
        raise TreeError("$", f"the body is nested deeper than {depth} levels. Send a flatter one.")


def _what_starts(text: str) -> str:
    if text.startswith("\ufeff"):
        return "the body starts with a byte order mark. Leave it out."
    return "the body is not JSON. Send valid JSON."

"""Form text (bodies and queries, WHATWG ``application/x-www-form-urlencoded``) → parameter tree, strictly.

``a[b][]=1`` is ``{"a": {"b": ["1"]}}``. Lists are ``a[]`` or ``a[0]``, ``a[1]`` in order. Refused, because servers
read it differently: a name twice, a name both plain and with brackets, ``[]`` beside ``[0]``, gaps, ``;``, broken or
overlong escapes, control characters. All leaves are text; types come from the catalogue.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from vendorgate.model import Params, ParamValue
from vendorgate.wire.tree_error import TreeError, render_place

PAIRS_LIMIT = 4_000
"""Fields of one form."""
LIMIT_BYTES = 256 * 1024
"""Size of a form: one that is all escapes takes 50 ms, and nothing else runs on the loop meanwhile."""
_NAME_LIMIT = 512
_DEPTH_LIMIT = 16
_Path = tuple[str | int | None, ...]

# Text in this form is its own canonical spelling: nothing escaped that need not be, escapes in upper case, no controls.
_CANONICAL = re.compile(
    r"[A-Za-z0-9\-._~*+&=\[\]!$'(),:@/?]*+"
    r"(?:%(?:0[9AD]|2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[BCD]|[89A-F][0-9A-F])[A-Za-z0-9\-._~*+&=\[\]!$'(),:@/?]*+)*+"
)
_MALFORMED = re.compile(r"[;\x00-\x20\x7f]|%(?![0-9A-Fa-f]{2})")
# Tab, line feed and carriage return stand in messages and addresses; no name has them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CONTROL_IN_NAME = re.compile(r"[\x00-\x1f\x7f]")
_BRACKETED = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_INDEX = re.compile(r"0|[1-9][0-9]{0,3}")
_SAFE = re.compile(r"[A-Za-z0-9\-._~*]*+")
_ESCAPED = [chr(byte) if _SAFE.fullmatch(chr(byte)) else f"%{byte:02X}" for byte in range(256)]
_ESCAPED[0x20] = "+"


def read_form(body: bytes) -> Params:
    """Return the tree of a form body. Raises ``TreeError``."""
    return parse_form(decode_form(body))[0]


def decode_form(body: bytes) -> str:
    """Return a form body as text; escapes stay. Raises ``TreeError`` when it is not UTF-8."""
    if len(body) > LIMIT_BYTES:
        raise TreeError("$", "the form is over 256 KiB. Send it in parts.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise TreeError("$", "the form is not UTF-8. Encode it so.") from None


def parse_form(text: str, *, drop: str | None = None, lists: frozenset[str] = frozenset()) -> tuple[Params, str]:
    """Return the tree of a form or query and its canonical text. Raises ``TreeError``.

    ``drop`` names a parameter that is left out of both. ``lists`` names the plain parameters that may stand more
    than once: they are lists.
    """
    canonical = _CANONICAL.fullmatch(text) is not None
    if not canonical and _MALFORMED.search(text):
        raise TreeError("$", _malformed(text))
    if text.count("&") >= PAIRS_LIMIT:
        raise TreeError("$", f"the form has over {PAIRS_LIMIT:,} fields. Send it in parts.")
    tree: Params = {}
    indexed: dict[int, bool] = {}
    # One look at the whole text saves several at each field: most forms have neither escapes nor brackets.
    escaped = "%" in text or "+" in text
    bracketed = escaped or "[" in text or "]" in text
    for piece in text.split("&"):
        name, equals, value = piece.partition("=")
        if escaped and ("%" in value or "+" in value):
            value = _decode_value(value, name)
        if bracketed and ("[" in name or "%" in name or "]" in name or "+" in name):
            path = _parse_name(name)
            if len(path) != 1:
                _put(tree, path, value, indexed)
                continue
            name = str(path[0])
        if name == drop or not name:
            if not name and equals:
                raise TreeError("$", "a field has no name. Name it or leave it out.")
            canonical = False
        elif name in tree:
            _put_again(tree, name, value, lists)
        else:
            tree[name] = value
    return tree, text if canonical else _respell(text, drop)


def render_form(tree: Params) -> bytes:
    """Return the canonical body of a tree: ``a[b]=…``, lists of scalars as ``a[]``, lists of trees as ``a[0][b]``.

    Raises ``ValueError`` for what a form cannot say: an empty list or object.
    """
    return "&".join(f"{_quote(name)}={_quote(value)}" for name, value in _flatten(tree)).encode("ascii")


def _flatten(tree: Params) -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        yield from _flatten_value(name, value)


def _flatten_value(name: str, value: ParamValue) -> Iterator[tuple[str, str]]:
    if isinstance(value, (dict, list)):
        if not value:
            raise ValueError("a form cannot say an empty list or object")
        if isinstance(value, dict):
            for key, item in value.items():
                yield from _flatten_value(f"{name}[{key}]", item)
        else:
            flat = not any(isinstance(item, (dict, list)) for item in value)
            for index, item in enumerate(value):
                yield from _flatten_value(f"{name}[]" if flat else f"{name}[{index}]", item)
    else:
        yield name, _render_scalar(value)


def _render_scalar(value: bool | int | Decimal | str | None) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _quote(text: str) -> str:
    return text if _SAFE.fullmatch(text) else text.encode("utf-8").decode("latin-1").translate(_ESCAPED)


def _respell(text: str, drop: str | None) -> str:
    """Write each field in the canonical spelling, in its own order and with its own way to write lists."""
    fields = []
    for piece in text.split("&"):
        name, _, value = piece.partition("=")
        name = _decode(name)
        if name and name != drop:
            fields.append(f"{_quote(name)}={_quote(_decode(value))}")
    return "&".join(fields)


def _decode(text: str) -> str:
    # Every percent sign starts an escape here (parse_form has refused the others), so the two most frequent ones can
    # be replaced as text, which is five times as fast.
    text = text.replace("+", " ").replace("%20", " ").replace("%40", "@")
    return unquote_to_bytes(text).decode("utf-8") if "%" in text else text


def _decode_value(text: str, name: str) -> str:
    try:
        value = _decode(text)
    except UnicodeDecodeError:
        raise TreeError(_place(name), "the escapes are not UTF-8. Encode the text so.") from None
    if not value.isprintable() and _CONTROL.search(value):
        raise TreeError(_place(name), "a control character. Leave it out.")
    return value


@lru_cache(maxsize=4096)
def _parse_path(raw: str) -> _Path | str:
    """Return the path a name says, or what is wrong with the name."""
    try:
        name = _decode(raw)
    except UnicodeDecodeError:
        return "a name's escapes are not UTF-8. Encode the text so."
    if _CONTROL_IN_NAME.search(name):
        return "a name has a control character. Leave it out."
    found = _BRACKETED.fullmatch(name)
    if found is None:
        return "a name's brackets do not pair. Write name[key] or name[]."
    path: list[str | int | None] = [found[1]]
    for key in found[2][1:-1].split("][") if found[2] else ():
        if not key:
            path.append(None)
        elif key.isascii() and key.isdigit():
            if not _INDEX.fullmatch(key):
                return "an index is written oddly or is over 9,999. Count from 0."
            path.append(int(key))
        else:
            path.append(key)
    if None in path[:-1]:
        return "[] stands before another bracket, which servers group differently. Write [0], [1]."
    if len(path) > _DEPTH_LIMIT:
        return f"a name has over {_DEPTH_LIMIT} levels. Send a flatter form."
    return tuple(path)


def _parse_name(raw: str) -> _Path:
    # Long names stay out of the cache, which bounds its memory.
    path = _parse_path(raw) if len(raw) <= _NAME_LIMIT else "a name is over 512 characters. Send a shorter one."
    if isinstance(path, str):
        raise TreeError("$", path)
    return path


def _put(tree: Params, path: _Path, value: str, indexed: dict[int, bool]) -> None:
    """Put a value where a bracketed name says. ``indexed`` remembers how each list is written, by identity."""
    base, key = path[0], path[1]
    if len(path) == 2 and isinstance(base, str) and isinstance(key, str):
        # name[key], the usual case, without the walk.
        parts = tree.get(base)
        if parts is None:
            tree[base] = {key: value}
            return
        if isinstance(parts, dict) and key not in parts:
            parts[key] = value
            return
    node: ParamValue = tree
    last = len(path) - 1
    for level, key in enumerate(path):
        step: ParamValue = value if level == last else _container(path[level + 1])
        if isinstance(node, dict):
            if not isinstance(key, str):
                raise _ambiguous(path[: level + 1], "has both keys and a list. Send one of them.")
            if key not in node:
                node[key] = step
            elif level == last:
                raise _ambiguous(path, "stands more than once. Send it once.")
            node = node[key]
        elif isinstance(node, list):
            mixed = isinstance(key, str) or isinstance(node, _Repeated)
            if mixed or indexed.setdefault(id(node), key is not None) != (key is not None):
                raise _ambiguous(path[: level + 1], "is a list written in two ways. Choose one.")
            if key is None or key == len(node):
                node.append(step)
            elif key != len(node) - 1 or level == last:
                raise _ambiguous(path[: level + 1], "an index is missing, repeated or out of order. Count from 0.")
            node = node[-1]
        else:
            raise _ambiguous(path[:level], "has both a value and parts. Send one of them.")


def _container(key: str | int | None) -> ParamValue:
    return {} if isinstance(key, str) else []


def _put_again(tree: Params, name: str, value: str, lists: frozenset[str]) -> None:
    before = tree[name]
    if name not in lists or isinstance(before, dict):
        raise _ambiguous((name,), "stands more than once. Send it once.")
    if isinstance(before, _Repeated):
        before.append(value)
    elif isinstance(before, list):
        raise _ambiguous((name,), "is a list written in two ways. Choose one.")
    else:
        tree[name] = _Repeated((before, value))


class _Repeated(list[ParamValue]):
    """A list written as a plain name that stands more than once."""


def _ambiguous(path: _Path, problem: str) -> TreeError:
    return TreeError(render_place(*path), problem, ambiguous=True)


def _place(name: str) -> str:
    try:
        return render_place(*_parse_name(name))
    except TreeError:
        return "$"


def _malformed(text: str) -> str:
    if ";" in text:
        return "a bare semicolon, which some servers take for a separator. Write %3B."
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        return "a percent sign without two hex digits. Write %25."
    return "a bare space or control character. Percent-encode it."

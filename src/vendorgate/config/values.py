"""Readers of single values. YAML 1.1 reads ``on``, ``1.10`` and ``12:30`` as other things than text: no guessing."""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import yaml

from vendorgate.config.reader import Read, Wrong, is_null, shown, suggest

T = TypeVar("T")
_TAG = "tag:yaml.org,2002:"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_READ_AS = {"bool": "true or false", "int": "a number", "float": "a number", "timestamp": "a date", "null": "nothing"}
_SIZE = re.compile(r"(0|[1-9][0-9]{0,14})(B|KiB|MiB|GiB)?")
_UNITS = {None: 1, "B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_DURATION = re.compile(r"(0|[1-9][0-9]{0,9})(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def scalar(node: yaml.Node, wanted: str) -> yaml.ScalarNode:
    """Return the node when it is a scalar that is not null; raise ``Wrong`` naming what is wanted."""
    if not isinstance(node, yaml.ScalarNode):
        kind = "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
        raise Wrong(node, f"must be {wanted}, not {kind}")
    if is_null(node):
        raise Wrong(node, f"is empty: must be {wanted}")
    return node


def prose(node: yaml.Node) -> str:
    """Read text of one or more lines, stripped at both ends, at most 8,192 characters."""
    found = scalar(node, "text")
    if found.tag != _TAG + "str":
        read_as = _READ_AS.get(found.tag.removeprefix(_TAG), "something else")
        raise Wrong(
            node, f"must be text, and YAML reads an unquoted {shown(found.value)} as {read_as}: put it in quotes"
        )
    value = str(found.value).strip()
    if not value:
        raise Wrong(node, "must not be empty")
    if len(value) > 8192:
        raise Wrong(node, "is longer than 8,192 characters")
    return value


def text(node: yaml.Node) -> str:
    """Read one line of text without control characters."""
    value = prose(node)
    if _CONTROL.search(value):
        raise Wrong(node, "must be one line without control characters")
    return value


def boolean(node: yaml.Node) -> bool:
    """Read ``true`` or ``false``; YAML 1.1's ``yes``, ``no``, ``on``, ``off`` are refused."""
    found = scalar(node, "true or false")
    if found.tag == _TAG + "bool" and found.value.lower() in ("true", "false"):
        return bool(found.value.lower() == "true")
    raise Wrong(node, "must be true or false")


def integer(low: int, high: int) -> Read[int]:
    """Return a reader of a plain decimal number from ``low`` to ``high``."""

    def read(node: yaml.Node) -> int:
        found = scalar(node, f"a number from {low:,} to {high:,}")
        # The tag alone would let through octal 010, 1_000 and the sexagesimal 1:30.
        if found.tag != _TAG + "int" or not re.fullmatch("0|[1-9][0-9]{0,14}", found.value):
            raise Wrong(node, f"must be a number from {low:,} to {high:,}, in decimal digits")
        if not low <= int(found.value) <= high:
            raise Wrong(node, f"must be a number from {low:,} to {high:,}")
        return int(found.value)

    return read


def size(low: int, high: int) -> Read[int]:
    """Return a reader of a size in bytes: ``8MiB``, ``64KiB``, ``123``."""

    def read(node: yaml.Node) -> int:
        found = _SIZE.fullmatch(scalar(node, "a size such as 8MiB").value)
        if not found:
            raise Wrong(node, "must be a size: a number of bytes, or one with KiB, MiB or GiB, such as 8MiB")
        value = int(found[1]) * _UNITS[found[2]]
        if not low <= value <= high:
            raise Wrong(node, f"must be from {_show_size(low)} to {_show_size(high)}")
        return value

    return read


def _show_size(value: int) -> str:
    unit = next(unit for unit in ("GiB", "MiB", "KiB", None) if value % _UNITS[unit] == 0)
    return f"{value // _UNITS[unit]}{unit or ' bytes'}"


def duration(low: str, high: str) -> Read[float]:
    """Return a reader of a time in seconds: ``250ms``, ``5s``, ``15m``, ``1h``, ``7d``."""

    def read(node: yaml.Node) -> float:
        found = _DURATION.fullmatch(scalar(node, "a time such as 15s").value)
        if not found:
            raise Wrong(node, "must be a time: a number with ms, s, m, h or d, such as 15s")
        value = int(found[1]) * _SECONDS[found[2]]
        if not parse_duration(low) <= value <= parse_duration(high):
            raise Wrong(node, f"must be from {low} to {high}")
        return value

    return read


def parse_duration(written: str) -> float:
    """Return the seconds of a time such as ``15m``. Raises ``ValueError`` on anything else."""
    found = _DURATION.fullmatch(written)
    if not found:
        raise ValueError("a time is a number with ms, s, m, h or d, such as 15m")
    return int(found[1]) * _SECONDS[found[2]]


def one_of(words: Sequence[str]) -> Read[str]:
    """Return a reader of one word out of ``words``."""

    def read(node: yaml.Node) -> str:
        value = text(node)
        if value not in words:
            raise Wrong(node, f"must be {_either(words)}{suggest(value, words)}")
        return value

    return read


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def matching(pattern: str, message: str) -> Read[str]:
    """Return a reader of text that matches ``pattern`` as a whole; ``message`` says what it must be."""
    compiled = re.compile(pattern)

    def read(node: yaml.Node) -> str:
        value = text(node)
        if not compiled.fullmatch(value):
            raise Wrong(node, message)
        return value

    return read


NAME = r"[a-z][a-z0-9-]{0,40}"
name = matching(NAME, "must be a name: lower-case letters, digits and -, starting with a letter, at most 41 characters")
"""Reader of the name of a vendor, an issuer, a credential."""


def list_of(read: Read[T], *, empty: str | None = None) -> Callable[[yaml.Node], tuple[T, ...]]:
    """Return a reader of a list. ``empty`` is the message when it holds nothing; None accepts that."""

    def read_list(node: yaml.Node) -> tuple[T, ...]:
        if not isinstance(node, yaml.SequenceNode):
            raise Wrong(node, "must be a list, such as [one, two]")
        if empty is not None and not node.value:
            raise Wrong(node, empty)
        values: list[T] = []
        wrong: Wrong | None = None
        for item in node.value:
            try:
                values.append(read(item))
            except Wrong as found:
                wrong = found if wrong is None else wrong.also(found)
        if wrong is not None:
            raise wrong
        return tuple(values)

    return read_list

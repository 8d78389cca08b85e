"""The fast subset of CEL as a tree: comparisons of paths and literals under ``&&``, ``||`` and ``!``."""

from decimal import Decimal
from typing import NamedTuple, Union

LiteralValue = Union[None, bool, int, Decimal, str]


class Literal(NamedTuple):
    """A constant; a CEL double is the exact decimal of its text."""

    value: LiteralValue


class Path(NamedTuple):
    """A variable and the fields selected from it."""

    root: str
    keys: tuple[str, ...]
    kind: str
    """What stands there: ``text``, ``number`` (never missing a type), ``any``, or ``claim`` (may be a float)."""

    def __str__(self) -> str:
        return ".".join((self.root, *self.keys))


class Groups(NamedTuple):
    """``caller.groups``, on the right of ``in`` only."""


Operand = Union[Literal, Path]


class Compare(NamedTuple):
    """``left op right``; ``op`` is one of ``== != < <= > >=``."""

    op: str
    left: Operand
    right: Operand


class In(NamedTuple):
    """``item in container``."""

    item: Operand
    container: Union[tuple[LiteralValue, ...], Path, Groups]


class TextTest(NamedTuple):
    """``receiver.name(argument)``; ``name`` is startsWith, endsWith or contains."""

    name: str
    receiver: Operand
    argument: Operand


class Has(NamedTuple):
    """``has(path)``."""

    path: Path


class Truth(NamedTuple):
    """An operand that must itself be true or false."""

    operand: Operand


class Not(NamedTuple):
    """``!part``."""

    part: "Node"


class And(NamedTuple):
    """``&&`` of two or more."""

    parts: tuple["Node", ...]


class Or(NamedTuple):
    """``||`` of two or more."""

    parts: tuple["Node", ...]


Node = Union[Compare, In, TextTest, Has, Truth, Not, And, Or]

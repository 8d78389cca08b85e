"""Declared parameters as a tree of shapes: ``items[].amount: integer`` lies below ``items``, below any item."""

import re
from collections.abc import Iterable

from vendorgate.catalog.fold import fold

SCALARS = ("integer", "number", "string", "boolean")
KINDS = (*SCALARS, "array", "object")
_STEP = re.compile(r"([!-\-/-Z\\^-~]{1,100})((?:\[\])*)")  # printable ASCII without space, dot and brackets
_TYPE = re.compile(rf"({'|'.join(KINDS)})((?:\[\])*)")


class Shape:
    """What is declared about one place. ``kind`` is None where only something below is declared."""

    __slots__ = ("fields", "item", "kind")

    def __init__(self, kind: str | None = None) -> None:
        self.kind = kind
        self.fields: dict[str, Shape] = {}
        self.item: Shape | None = None

    def find(self, dotted: str) -> "Shape | None":
        """Return the shape at a dotted name without lists, or None."""
        shape: Shape | None = self
        for step in dotted.split("."):
            shape = None if shape is None else shape.fields.get(step)
        return shape


def build_shape(params: Iterable[tuple[str, str]]) -> Shape:
    """Return the shape of all parameters together. Raises ``ValueError`` naming what is wrong with one."""
    root = Shape("object")
    for dotted, type_name in params:
        add_param(root, dotted, type_name)
    return root


def add_param(root: Shape, dotted: str, type_name: str) -> None:
    """Declare one parameter. Raises ``ValueError`` with a sentence; the shape may then be half changed."""
    shape = root
    for step in dotted.split("."):
        found = _STEP.fullmatch(step)
        if found is None:
            raise ValueError(f"{dotted!r} is no parameter name: use names with dots between, and [] for lists")
        _settle(shape, "object", dotted)
        shape = _field(shape, found[1])
        shape = _items(shape, len(found[2]) // 2, dotted)
    found = _TYPE.fullmatch(type_name)
    if found is None:
        raise ValueError(f"unknown type {type_name!r}: use {', '.join(KINDS)}, or one of them with [] for a list")
    shape = _items(shape, len(found[2]) // 2, dotted)
    if shape.kind == found[1] and not (shape.fields or shape.item):
        raise ValueError(f"{dotted!r} is declared twice")
    _settle(shape, found[1], dotted)


def _field(shape: Shape, name: str) -> Shape:
    field = shape.fields.get(name)
    if field is None:
        twin = next((known for known in shape.fields if fold(known) == fold(name)), None)
        if twin is not None:
            raise ValueError(
                f"{name!r} and {twin!r} differ only in spelling: a request with one would look like the other"
            )
        field = shape.fields[name] = Shape()
    return field


def _items(shape: Shape, levels: int, dotted: str) -> Shape:
    for _ in range(levels):
        _settle(shape, "array", dotted)
        if shape.item is None:
            shape.item = Shape()
        shape = shape.item
    return shape


def _settle(shape: Shape, kind: str, dotted: str) -> None:
    if shape.kind is None:
        shape.kind = kind
    elif shape.kind != kind:
        raise ValueError(f"{dotted!r} is declared as {shape.kind} and as {kind}")

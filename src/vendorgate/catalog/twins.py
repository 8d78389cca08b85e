"""Keys that some reader takes for another key: ``Amount`` beside or instead of ``amount``, ``ａmount``, ``amount ``.

A vendor that folds case or normalises Unicode would read a value policy never looked at. Refused: two keys of one
object that are the same when folded, and a key that folds to a declared one without being it.
"""

from collections.abc import Mapping

from vendorgate.catalog.fold import fold
from vendorgate.catalog.shape import Shape
from vendorgate.model import ParamValue
from vendorgate.wire.tree_error import TreeError


class Level:
    """What is declared at one object of the tree."""

    __slots__ = ("fields", "folded", "item", "names", "plain", "reserved")

    def __init__(
        self,
        folded: dict[str, str],
        fields: Mapping[str, "Level"],
        item: "Level | None",
        *,
        plain: bool,
        reserved: tuple[str, ...] = (),
    ) -> None:
        self.folded = folded
        """Folded spelling → the one spelling that is accepted."""
        self.names = frozenset(name for name in folded.values() if name)
        """The declared names: a level that has no others has no twins."""
        self.fields = fields
        self.item = item
        self.plain = plain
        """Every declared name is a lower-case ASCII identifier, so a key that is one too can be no twin."""
        self.reserved = reserved
        """Names that are accepted in no spelling, the plain one included."""


def compile_level(shape: Shape, *, reserved: tuple[str, ...] = ()) -> Level:
    """Compile the declared names of a shape; ``reserved`` names are accepted in no spelling."""
    folded = {fold(name): name for name in shape.fields}
    # "a.b" as one key is how some servers spell a.b nested; no accepted spelling is empty text.
    for name, field in shape.fields.items():
        for below in field.fields:
            folded.setdefault(fold(f"{name}.{below}"), "")
    for name in reserved:
        folded.setdefault(fold(name), "")
    fields = {name: compile_level(field) for name, field in shape.fields.items() if field.fields or field.item}
    item = compile_level(shape.item) if shape.item is not None else None
    plain = all(_is_plain(name) for name in (*shape.fields, *reserved))
    return Level(folded, fields, item, plain=plain, reserved=reserved)


_ANYTHING = Level({}, {}, None, plain=True)


def _is_plain(key: str) -> bool:
    return key.isascii() and key.isidentifier() and key.islower()


def check_twins(tree: Mapping[str, ParamValue], level: Level) -> None:
    """Raise ``TreeError`` (ambiguous) for the first key that has a twin, at any depth."""
    if tree:
        if not tree.keys() <= level.names:
            joined = "_".join(tree)
            plain = level.plain and joined.isascii() and joined.islower() and joined.isidentifier()
            if not plain or any(name in tree for name in level.reserved):
                _check_keys(tree, level.folded)
        for key, value in tree.items():
            kind = type(value)
            if kind is dict or kind is list:
                try:
                    if kind is dict:
                        check_twins(value, level.fields.get(key, _ANYTHING))  # type: ignore[arg-type]
                    else:
                        _check_items(value, level.fields.get(key, _ANYTHING).item or _ANYTHING)  # type: ignore[arg-type]
                except TreeError as error:
                    raise error.below(key) from None


def _check_items(items: list[ParamValue], level: Level) -> None:
    for index, item in enumerate(items):
        try:
            if isinstance(item, dict):
                check_twins(item, level)
            elif isinstance(item, list):
                _check_items(item, level.item or _ANYTHING)
        except TreeError as error:
            raise error.below(index) from None


def _check_keys(tree: Mapping[str, ParamValue], declared: Mapping[str, str]) -> None:
    seen: set[str] = set()
    for key in tree:
        folded = fold(key)
        if folded in seen:
            raise TreeError("$", "two keys differ only in spelling. Send one.", ambiguous=True).below(key)
        seen.add(folded)
        accepted = declared.get(folded)
        if accepted is not None and accepted != key:
            problem = f"must be spelled {accepted}." if accepted else "the key has another meaning to some servers."
            raise TreeError("$", problem, ambiguous=True).below(key)

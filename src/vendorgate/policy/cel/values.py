"""What CEL means by equal, ordered and contained, on the values of a parameter tree.

Numbers of all types are one line of numbers, compared exactly; a boolean is no number; values of different types are
unequal and have no order (https://github.com/google/cel-spec/blob/master/doc/langdef.md, "Equality", "Ordering").
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any

_NUMBERS = (int, Decimal)
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


class CannotEvaluate(Exception):
    """A condition has no value. The message says why, and holds nothing of the call but the rule's own words."""


def kind_of(value: object) -> str:
    """Return the type of a value in the words of a message."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | Decimal | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "an object" if isinstance(value, Mapping) else "a list"


def exact(value: object) -> object:
    """Return a float (claims have them) as the decimal of its shortest text; anything else as it is."""
    return Decimal(repr(value)) if isinstance(value, float) else value


def equal(left: object, right: object) -> bool:
    """``left == right``: never an error."""
    left, right = exact(left), exact(right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS):
        return left == right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(equal(one, other) for one, other in zip(left, right, strict=True))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(equal(value, right[key]) for key, value in left.items())
    return type(left) is type(right) and left == right


def ordered(operator: str, left: object, right: object) -> bool:
    """``left < right`` and its like; raises ``CannotEvaluate`` unless both are numbers, texts or booleans."""
    left, right = exact(left), exact(right)
    booleans = isinstance(left, bool), isinstance(right, bool)
    numbers = isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS) and not any(booleans)
    if not numbers and not all(booleans) and not (isinstance(left, str) and isinstance(right, str)):
        raise CannotEvaluate(f"{kind_of(left)} and {kind_of(right)} have no order")
    return _ORDERS[operator](left, right)


def contained(item: object, container: object) -> bool:
    """``item in container``: an element of a list or tuple, or a key of an object; else ``CannotEvaluate``."""
    if isinstance(container, list | tuple):
        return any(equal(item, element) for element in container)
    if not isinstance(container, Mapping):
        raise CannotEvaluate(f"{kind_of(container)} contains nothing")
    if not isinstance(item, str | bool | int | float | Decimal):
        raise CannotEvaluate(f"{kind_of(item)} is never a key")
    return isinstance(item, str) and item in container


def has_field(container: object, key: str) -> bool:
    """``has(container.key)``; raises ``CannotEvaluate`` when ``container`` is no object."""
    if not isinstance(container, Mapping):
        raise CannotEvaluate(f"{kind_of(container)} has no fields")
    return key in container

"""Google's C++ CEL, through ``cel-expr-python``: all of the language, with bounds on what an evaluation may cost.

Errors come back as values whose ``value()`` is a text, which Python takes for true: only ``is True`` and ``is False``
count. Conversion is eager, so an evaluation is given only the fields its condition names. The library itself stops at
10,000 steps of ``all``, ``map`` and their like, and at 32 levels when parsing; its regular expressions are RE2.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from cel_expr_python import cel

from vendorgate.model import Call
from vendorgate.policy.cel.lexer import References
from vendorgate.policy.cel.values import CannotEvaluate

MAX_LOOPS = 4
MAX_MAPS = 2
MAX_SUMS = 16
MAX_VALUES = 10_000
MAX_VALUES_IN_LOOPS = 2_000
"""``xs.all(x, x in xs)`` is quadratic in values, unseen by the library's own step count: 2,000 values are 40 ms."""
MAX_TEXT = 1024 * 1024
"""Characters of text handed over in one evaluation."""
MAX_FLOAT_DIGITS = 15
"""Decimals of up to 15 significant digits survive the way through a double and back (IEEE 754 binary64)."""

_VARIABLE = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
_ENVIRONMENT = cel.NewEnv(
    variables={"call": _VARIABLE, "params": _VARIABLE, "caller": _VARIABLE, "now": cel.Type.TIMESTAMP}
)
_ERROR_LINE = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_NO_KEY = re.compile(r'Key not found in map : "([^"]*)"')


class NotCel(Exception):
    """A condition the compiler refuses; the message says where and why."""


def compile_native(source: str) -> "cel.Expression":
    """Compile ``source``, or raise ``NotCel``."""
    try:
        expression = _ENVIRONMENT.compile(source)
    except RuntimeError as error:
        raise NotCel(_shorten(str(error))) from error
    kind = expression.return_type().name()
    if kind not in ("BOOL", "DYN"):
        raise NotCel(f"the condition must be true or false, but it is of type {kind.lower()}")
    return expression


def cost_problem(references: References) -> str | None:
    """Return why evaluating a condition could cost too much, or None."""
    if references.loops > MAX_LOOPS:
        return f"at most {MAX_LOOPS} of all, exists, exists_one, map and filter in one condition"
    if references.maps > MAX_MAPS:
        return f"at most {MAX_MAPS} uses of map in one condition"
    if references.sums > MAX_SUMS:
        return f"at most {MAX_SUMS} uses of + in one condition"
    return None


def native_condition(expression: "cel.Expression", references: References) -> Callable[[Call, float], bool | str]:
    """Return a function of a call and the time: True, False, or why the condition has no value."""
    activation = _Activation(references)

    def evaluate(call: Call, now: float) -> bool | str:
        try:
            result = expression.eval(data=activation.build(call, now))
            value = result.value()
        except CannotEvaluate as error:
            return str(error)
        except (RuntimeError, ValueError, TypeError, OverflowError) as error:
            return _explain(str(error), references)
        if value is True or value is False:
            return value is True
        if result.type() == cel.Type.ERROR:
            return _explain(str(value), references)
        return "the condition is neither true nor false"

    return evaluate


class _Activation:
    """Builds the variables a condition names, and no others."""

    def __init__(self, references: References) -> None:
        self._roots = references.roots
        self._fields = references.fields
        self._limit = MAX_VALUES_IN_LOOPS if references.loops else MAX_VALUES

    def build(self, call: Call, now: float) -> dict[str, object]:
        conversion = _Conversion(self._limit)
        variables: dict[str, object] = {}
        if "call" in self._roots:
            variables["call"] = conversion.convert_fields(_call_tree(call), self._fields["call"], "call")
        if "params" in self._roots:
            variables["params"] = conversion.convert_fields(call.params, self._fields["params"], "params")
        if "caller" in self._roots:
            variables["caller"] = conversion.convert_fields(_caller_tree(call), self._fields["caller"], "caller")
        if "now" in self._roots:
            variables["now"] = datetime.fromtimestamp(now, UTC)
        return variables


def _call_tree(call: Call) -> dict[str, Any]:
    function, canonical, money = call.function, call.canonical, call.money
    tree: dict[str, Any] = {
        "vendor": function.vendor,
        "function": function.name,
        "access": function.access,
        "method": canonical.method,
        "host": canonical.host,
        "path": canonical.target.partition("?")[0],
        "size": len(canonical.body),
    }
    if money is not None:
        tree["money"] = {"value": money.value, "currency": money.currency}
    return tree


def _caller_tree(call: Call) -> dict[str, Any]:
    caller = call.caller
    return {
        "id": caller.id,
        "kind": caller.kind,
        "groups": sorted(caller.groups),
        "issuer": caller.issuer,
        "claims": caller.claims,
    }


class _Conversion:
    """One evaluation's worth of values on their way to C++, counted."""

    def __init__(self, limit: int) -> None:
        self._values_left = limit
        self._text_left = MAX_TEXT

    def convert_fields(self, tree: Mapping[str, Any], fields: frozenset[str] | None, root: str) -> dict[str, object]:
        wanted = tree if fields is None else fields & tree.keys()
        return {name: self._convert(tree[name], f"{root}.{name}") for name in wanted}

    def _convert(self, value: object, place: str) -> object:
        """Convert ``value``; ``place`` is the field the condition names, for messages."""
        self._values_left -= 1
        if self._values_left < 0:
            raise CannotEvaluate(f"{place} has more values than a condition may look at")
        if isinstance(value, str):
            self._text_left -= len(value)
            if self._text_left < 0:
                raise CannotEvaluate(f"{place} has more text than a condition may look at")
            return value
        if isinstance(value, Mapping):
            return {key: self._convert(item, place) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._convert(item, place) for item in value]
        return _as_double(value, place) if isinstance(value, Decimal) else value


def _as_double(value: Decimal, place: str) -> float:
    digits = len("".join(map(str, value.as_tuple().digits)).strip("0"))
    number = float(value)
    if digits > MAX_FLOAT_DIGITS or not math.isfinite(number) or (number == 0.0 and value != 0):
        raise CannotEvaluate(f"{place} has a number that a double cannot hold exactly (15 digits)")
    return number


def _shorten(text: str) -> str:
    """Return the compiler's first complaint as ``line L, column C: what``."""
    found = _ERROR_LINE.search(text)
    if found is None:
        return text.partition("\n")[0][:200]
    line, column, message = found.groups()
    message = message.removesuffix(" [INVALID_ARGUMENT]").removesuffix(" (in container '')")[:200]
    return message if line.startswith("-") else f"line {line}, column {column}: {message}"


def _explain(text: str, references: References) -> str:
    """Say why an evaluation failed in the rule's own words; the library's text may hold values of the call."""
    missing = _NO_KEY.search(text)
    if missing is not None:
        for path in references.paths:
            names = path.split(".")
            if missing[1] in names[1:]:
                return ".".join(names[: names.index(missing[1], 1) + 1]) + " is missing"
        return "a field is missing"
    if "No matching overloads" in text:
        return "a value has the wrong type"
    if "Applying SELECT" in text:
        return "a field is taken from a value that has none"
    if "Index error" in text:
        return "a list is shorter than the condition expects"
    if "budget" in text or "recursion" in text:
        return "it takes more steps than a condition may"
    return "a value does not fit the operation it is used in"

"""Shapes compiled to converters: what policy sees of a declared parameter, from text (forms, queries) or from JSON.

A converter takes a value of the tree as read and returns the typed one, or raises ``TreeError``. It never changes
what it is given: the tree as read is what the request is rendered from.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from vendorgate.catalog.shape import Shape
from vendorgate.model import Params, ParamValue
from vendorgate.wire.json_tree import DIGITS_LIMIT
from vendorgate.wire.tree_error import TreeError

Convert = Callable[[ParamValue], ParamValue]
_INT64 = 2**63
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,30})?")
_MINUS_ZERO = re.compile(r"-0(?:\.0+)?")


def compile_fields(shape: Shape, *, text: bool) -> dict[str, Convert]:
    """Return the converters of an object's declared fields, for values from text or from JSON."""
    return {name: _compile(field, text=text) for name, field in shape.fields.items()}


def convert_fields(values: Params, fields: Mapping[str, Convert], into: Params) -> None:
    """Put every value into ``into``, typed where declared. Raises ``TreeError``, also for a name already there."""
    name = ""
    try:
        for name, value in values.items():
            if name in into:
                raise TreeError("$", "stands both in the path or query and in the body. Send it once.", ambiguous=True)
            convert = fields.get(name)
            # Most parameters are text and declared as that: seen here, they save a call each.
            if convert is None or (convert is _text_string and type(value) is str):
                into[name] = value
            else:
                into[name] = convert(value)
    except TreeError as error:
        raise error.below(name) from None


def _compile(shape: Shape, *, text: bool) -> Convert:
    if shape.kind == "object":
        return _Object(compile_fields(shape, text=text))
    if shape.kind == "array":
        item = None if shape.item is None else _compile(shape.item, text=text)
        return (_TextArray if text else _Array)(item)
    return (_FROM_TEXT if text else _FROM_JSON)[shape.kind or ""]


def _wrong(wanted: str) -> TreeError:
    return TreeError("$", f"must be {wanted}.")


class _Object:
    __slots__ = ("_fields",)

    def __init__(self, fields: dict[str, Convert]) -> None:
        self._fields = fields

    def __call__(self, value: ParamValue) -> ParamValue:
        if isinstance(value, dict):
            if not self._fields:
                return value
            typed: Params = {}
            convert_fields(value, self._fields, typed)
            return typed
        # Forms clear an object by sending its name with nothing; JSON has null for that.
        if value is None or value == "":
            return None
        raise _wrong("an object")


class _Array:
    __slots__ = ("_item",)

    def __init__(self, item: Convert | None) -> None:
        self._item = item

    def __call__(self, value: ParamValue) -> ParamValue:
        if isinstance(value, list):
            item = self._item
            if item is None:
                return value
            typed: list[ParamValue] = []
            try:
                for element in value:
                    typed.append(item(element))
            except TreeError as error:
                raise error.below(len(typed)) from None
            return typed
        if value is None:
            return None
        raise _wrong("a list")


class _TextArray(_Array):
    """A list in a form. A plain name that stands once is a list of one."""

    __slots__ = ()

    def __call__(self, value: ParamValue) -> ParamValue:
        if isinstance(value, str):
            value = [value] if value else None
        return super().__call__(value)


def _text_string(value: ParamValue) -> ParamValue:
    if type(value) is str:
        return value
    raise _wrong("one text")


def _text_integer(value: ParamValue) -> ParamValue:
    if type(value) is str:
        if _INTEGER.fullmatch(value) and value != "-0":
            number = int(value)
            if -_INT64 <= number < _INT64:
                return number
        elif not value:
            return None
    raise _wrong("a whole number in plain decimal digits, within 64 bits")


def _text_number(value: ParamValue) -> ParamValue:
    if type(value) is str:
        if _NUMBER.fullmatch(value) and not _MINUS_ZERO.fullmatch(value):
            number = Decimal(value)
            # A whole number may use all of its 64 bits, as in JSON.
            exact = "." not in value or len(number.as_tuple().digits) <= DIGITS_LIMIT
            if exact and -_INT64 <= number < _INT64:
                return number
        elif not value:
            return None
    raise _wrong(f"a number in plain decimal digits, at most {DIGITS_LIMIT} of them")


def _text_boolean(value: ParamValue) -> ParamValue:
    if value == "true":
        return True
    if value == "false":
        return False
    if value == "":
        return None
    raise _wrong("true or false")


def _json_string(value: ParamValue) -> ParamValue:
    if type(value) is str or value is None:
        return value
    raise _wrong("a string")


def _json_integer(value: ParamValue) -> ParamValue:
    if type(value) is int or value is None:
        return value
    if type(value) is Decimal:
        number = int(value)  # read_json bounds the magnitude, so this is cheap
        if number == value:
            return number
    raise _wrong("a whole number, not in quotes")


def _json_number(value: ParamValue) -> ParamValue:
    if type(value) is Decimal or value is None:
        return value
    if type(value) is int:
        return Decimal(value)
    if type(value) is str and value:
        return _text_number(value)
    raise _wrong("a number")


def _json_boolean(value: ParamValue) -> ParamValue:
    if type(value) is bool or value is None:
        return value
    raise _wrong("true or false")


_FROM_TEXT: dict[str, Convert] = {
    "string": _text_string,
    "integer": _text_integer,
    "number": _text_number,
    "boolean": _text_boolean,
}
_FROM_JSON: dict[str, Convert] = {
    "string": _json_string,
    "integer": _json_integer,
    "number": _json_number,
    "boolean": _json_boolean,
}

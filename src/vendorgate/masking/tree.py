"""Masks a tree of JSON values: names, strings and numbers, wherever they are."""

import json
from decimal import Decimal
from typing import Any

import orjson

from vendorgate.masking.fields import NOWHERE, FieldRules, States
from vendorgate.masking.names import kinds_of
from vendorgate.masking.pattern import compile_bytes
from vendorgate.masking.scanner import Scanner, Tally

Tree = Any
"""None, bool, int, float, Decimal, RawNumber, str, list or dict of these. Never leaves this folder."""

# Numbers orjson would not give back as they were: fractions, exponents, more than 64 bits.
_INEXACT = compile_bytes(rb"[0-9]\.[0-9]|[0-9][eE][+\-]?[0-9]|[0-9]{19}")
_LONGEST_NUMBER = 40


class RawNumber(str):
    """A JSON number in the vendor's own spelling."""

    __slots__ = ()


class _Job:
    """What stays the same during one walk."""

    __slots__ = ("rules", "scanner", "tally")

    def __init__(self, scanner: Scanner, rules: FieldRules | None, tally: Tally) -> None:
        self.scanner = scanner
        self.rules = rules
        self.tally = tally

    def leaf(self, value: Tree, name: str, covered: bool) -> Tree:
        """Return a scalar masked. ``covered``: a field rule says so, whatever it holds."""
        if value is None or value == "":
            return value
        if covered:
            self.tally.add("field")
            return self.scanner.tokens.token("field", as_text(value))
        kind = type(value)
        if kind is str:
            return self.scanner.mask(value, name, self.tally)
        if kind is bool:
            return value
        text = as_text(value)
        if len(text) < 7 and not (name and kinds_of(name)):
            return value
        masked = self.scanner.mask(_plain_number(text), name, self.tally)
        return value if masked == _plain_number(text) else masked


def as_text(value: Tree) -> str:
    """Return the text form of a scalar, as field tokens are made of it."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return value if type(value) is str else str.__str__(value) if isinstance(value, str) else str(value)


def _plain_number(text: str) -> str:
    """Return a whole number without point or exponent; any other as it is."""
    if len(text) > _LONGEST_NUMBER or not ("." in text or "e" in text or "E" in text):
        return text
    number = Decimal(text)
    if number.adjusted() < _LONGEST_NUMBER and number == number.to_integral_value():
        return format(number.to_integral_value(), "f")
    # The digits of a fraction are no number of their own.
    return text if number.adjusted() >= 11 else ""


def mask_tree(tree: Tree, scanner: Scanner, rules: FieldRules | None, tally: Tally) -> Tree:
    """Return a masked copy. Iterative, so depth costs no stack. Raises ``WorkExceeded``."""
    job = _Job(scanner, rules, tally)
    holder: list[Tree] = [None]
    todo: list[tuple[Tree, Any, Any, str, States, bool]] = [
        (tree, holder, 0, "", rules.start if rules else NOWHERE, False)
    ]
    while todo:
        value, parent, slot, name, states, covered = todo.pop()
        if isinstance(value, dict):
            target: dict[str, Tree] = {}
            parent[slot] = target
            for key, child in value.items():
                below, matched = rules.step(states, key) if rules and states else (NOWHERE, False)
                place = _key(job, key, target)
                inner = name if key in ("value", "data") else key
                if isinstance(child, dict | list):
                    target[place] = None
                    todo.append((child, target, place, inner, below, covered or matched))
                else:
                    target[place] = job.leaf(child, inner, covered or matched)
        elif isinstance(value, list):
            parent[slot] = items = [None] * len(value)
            for index, child in enumerate(value):
                below, matched = rules.step_item(states, index) if rules and states else (NOWHERE, False)
                if isinstance(child, dict | list):
                    todo.append((child, items, index, name, below, covered or matched))
                else:
                    items[index] = job.leaf(child, name, covered or matched)
        else:
            parent[slot] = job.leaf(value, name, covered)
    return holder[0]


def _key(job: _Job, key: str, target: dict[str, Tree]) -> str:
    masked = job.scanner.mask_name(key, job.tally)
    if masked is not key and masked in target:
        number = 2
        while f"{masked}#{number}" in target:
            number += 1
        return f"{masked}#{number}"
    return masked


def parse_json(raw: bytes) -> Tree:
    """Parse, keeping every number's spelling where it matters. Raises ``ValueError`` (bad JSON, over 1,000 deep)."""
    tree = orjson.loads(raw)
    if _INEXACT.search(raw) is None:
        return tree
    try:
        return json.loads(raw, parse_float=RawNumber, parse_int=_whole)
    except RecursionError:
        return tree


def _whole(text: str) -> int | RawNumber:
    return int(text) if len(text) < 19 else RawNumber(text)


def render_json(tree: Tree) -> bytes:
    """Render what ``parse_json`` gave, masked or not."""
    return orjson.dumps(tree, default=_raw, option=orjson.OPT_PASSTHROUGH_SUBCLASS)


def _raw(value: object) -> orjson.Fragment:
    if isinstance(value, RawNumber):
        return orjson.Fragment(str.__str__(value))
    raise TypeError

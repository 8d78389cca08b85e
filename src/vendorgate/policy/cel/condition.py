"""From the text of a ``when`` to something that can be asked: the fast form where it is possible, C++ CEL elsewhere."""

from typing import Protocol

from vendorgate.model import Call
from vendorgate.policy.cel.compiled import compile_subset
from vendorgate.policy.cel.lexer import CALL_FIELDS, CALLER_FIELDS, References, find_references, tokenize
from vendorgate.policy.cel.native import NotCel, compile_native, cost_problem, native_condition
from vendorgate.policy.cel.parser import Unsupported, parse_subset

MAX_LENGTH = 4096
"""Bytes of UTF-8 in one condition."""


class Condition(Protocol):
    """A compiled condition."""

    def __call__(self, call: Call, now: float, /) -> bool | str:
        """Return True, False, or a text that says why it has no value. ``now`` is in seconds since the epoch."""
        ...


class ConditionProblem(Exception):
    """A condition that does not compile; the message says where and why."""


def compile_condition(source: str, *, fast: bool = True) -> Condition:
    """Compile ``source``, or raise ``ConditionProblem``. ``fast=False`` keeps to C++ CEL (tests compare the two)."""
    if len(source.encode("utf-8", "surrogatepass")) > MAX_LENGTH:
        raise ConditionProblem(f"a condition is at most {MAX_LENGTH} bytes long; use more rules")
    references = find_references(tokenize(source))
    try:
        expression = compile_native(source)
    except NotCel as error:
        raise ConditionProblem(str(error)) from error
    problem = cost_problem(references) or _unknown_field(references)
    if problem is not None:
        raise ConditionProblem(problem)
    if fast:
        try:
            return compile_subset(parse_subset(source))
        except Unsupported:
            pass
    return native_condition(expression, references)


def _unknown_field(references: References) -> str | None:
    """Return what is wrong when the condition takes a field that ``call`` or ``caller`` never has."""
    for root, known in (("call", CALL_FIELDS), ("caller", CALLER_FIELDS)):
        for name in sorted(references.fields.get(root) or ()):
            if name not in known:
                return f"{root} has no field {name!r}; it has {', '.join(known)}"
    return None

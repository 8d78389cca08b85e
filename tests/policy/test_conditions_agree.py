"""Random conditions of the subset on random parameters: the fast form and C++ CEL agree, errors included."""

import json
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from vendorgate.policy.cel import ConditionProblem, compile_condition
from vendorgate.policy.cel.compiled import compile_subset
from vendorgate.policy.cel.interpreted import interpret
from vendorgate.policy.cel.parser import parse_subset
from vendorgate.policy.cel.values import CannotEvaluate

NAMES = ("a", "b", "c", "d", "tags")
# Multiples of 1/8 below 2^40 are exact as doubles, so that C++ CEL does not round where the fast form is exact.
eighths = st.integers(-(2**40), 2**40).map(lambda n: Decimal(n) / 8)
small = st.sampled_from([-1, 0, 1, 2, 5])
numbers = st.one_of(small, small.map(Decimal), st.integers(-(2**40), 2**40), eighths, st.just(Decimal("0.5")))
texts = st.sampled_from(["", "a", "b", "ab", "A", "true", "1", "é", "\U0001f600", "\uffff"])
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)),
    max_leaves=8,
)
typed = st.fixed_dictionaries(
    {"a": numbers, "b": texts, "c": st.booleans(), "d": st.fixed_dictionaries({"a": numbers, "b": texts})},
    optional={"tags": st.lists(scalars, max_size=4)},
)
trees = st.one_of(typed, typed, st.dictionaries(st.sampled_from(NAMES), values, max_size=5))


def as_literal(value) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Decimal):
        return format(value, "f") if "." in format(value, "f") else format(value, "f") + ".0"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


literals = scalars.map(as_literal)
names = st.sampled_from(NAMES)
paths = st.one_of(
    st.builds("params.{}".format, names),
    st.builds("params['{}']".format, names),
    st.builds("params.{}.{}".format, names, names),
    st.builds("caller.claims.{}".format, names),
    st.sampled_from(["call.vendor", "call.size", "call.money.value", "call.money.currency", "caller.id", "call.path"]),
)
operands = st.one_of(paths, paths, literals)
comparisons = st.builds("{} {} {}".format, operands, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), operands)
containers = st.one_of(
    st.just("caller.groups"),
    st.builds("params.{}".format, names),
    st.lists(literals, max_size=4).map(lambda items: "[" + ", ".join(items) + "]"),
)
leaves = st.one_of(
    comparisons,
    comparisons,
    paths,
    st.sampled_from(["true", "false"]),
    st.builds("{} in {}".format, operands, containers),
    st.builds("has(params.{})".format, names),
    st.builds("has(params.{}.{})".format, names, names),
    st.builds("{}.{}({})".format, operands, st.sampled_from(["startsWith", "endsWith", "contains"]), operands),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("!({})".format, inner),
        st.builds("{} && {}".format, inner, inner),
        st.builds("{} || {}".format, inner, inner),
        st.builds("({} || {}) && {}".format, inner, inner, inner),
        st.builds("({})".format, inner),
    ),
    max_leaves=6,
)


def outcome(answer: bool | str) -> bool | None:
    return None if isinstance(answer, str) else answer


@settings(max_examples=500, deadline=None)
@given(source=conditions, params=trees, claims=trees, money=st.sampled_from([None, "0.50 USD", "5 EUR", "120.00 USD"]))
def test_the_fast_form_agrees_with_cpp_cel(source, params, claims, money, make_call, now):
    try:
        native = compile_condition(source, fast=False)
    except ConditionProblem:
        return  # the type checker refuses it (1 < "a"): such a condition gets to neither evaluator
    call = make_call(params=params, claims=claims, money=money)
    expected = outcome(native(call, now))
    assert outcome(compile_condition(source)(call, now)) == expected
    tree = parse_subset(source)
    assert outcome(compile_subset(tree)(call, now)) == expected
    try:
        interpreted: bool | None = interpret(tree, call)
    except CannotEvaluate:
        interpreted = None
    assert interpreted == expected

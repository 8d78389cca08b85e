"""What a condition may cost."""

import pytest

from vendorgate.policy.cel import ConditionProblem, compile_condition
from vendorgate.policy.cel.condition import MAX_LENGTH

TOO_MUCH = [
    ("longer than the limit", "params.a == '" + "x" * MAX_LENGTH + "'"),
    ("longer in bytes", "params.a == '" + "é" * (MAX_LENGTH // 2) + "'"),
    ("deep parentheses", "(" * 60 + "true" + ")" * 60),
    ("deep lists", "[" * 60 + "]" * 60 + " == []"),
    ("long selection", "params" + ".a" * 200 + " == 1"),
    ("nested loops", "params.a.all(b, " * 5 + "true" + ")" * 5),
    ("doubling maps", "[params.s]" + ".map(x, x + x)" * 3 + " == []"),
    ("sums", "params.a == " + "+".join(["params.s"] * 18)),
]


@pytest.mark.parametrize("source", [row[1] for row in TOO_MUCH], ids=[row[0] for row in TOO_MUCH])
def test_a_condition_over_a_bound_is_refused(source):
    with pytest.raises(ConditionProblem):
        compile_condition(source)


WITHIN = [
    ("params.a == '" + "x" * 4000 + "'", False),
    ("(" * 20 + "params.a == 'x'" + ")" * 20, True),
    (" && ".join(["params.a == 'x'"] * 200), True),
    ("!" * 100 + "true", True),
    ("!" * 1000 + "(params.a == 'x')", True),
    ("params.l.all(x, params.l.exists(y, x == y))", True),
]


@pytest.mark.parametrize(("source", "expected"), WITHIN, ids=range(len(WITHIN)))
def test_a_condition_within_the_bounds_works(source, expected, make_call, now):
    assert compile_condition(source)(make_call(params={"a": "x", "l": [1, 2]}), now) is expected


COSTLY = [
    # condition, a size that works, a size that is too much, what it says
    ("params.l.all(x, params.l.all(y, true))", 50, 1_500, "more steps"),
    ("params.l.all(x, x in params.l)", 1_000, 2_500, "more values"),
    ("size(params.l) > 0", 5_000, 20_000, "more values"),
]


@pytest.mark.parametrize(("source", "fine", "too_much", "note"), COSTLY)
def test_a_call_that_costs_too_much_has_no_answer(source, fine, too_much, note, make_call, now):
    condition = compile_condition(source)
    assert condition(make_call(params={"l": list(range(fine))}), now) is True
    answer = condition(make_call(params={"l": list(range(too_much))}), now)
    assert isinstance(answer, str)
    assert note in answer


def test_text_for_the_other_evaluator_is_bounded(make_call, now):
    condition = compile_condition("params.s.matches('a$')")
    assert condition(make_call(params={"s": "a" * 100_000}), now) is True
    assert "more text" in str(condition(make_call(params={"s": "a" * 2_000_000}), now))


def test_only_what_a_condition_names_is_handed_over(make_call, now):
    params = {"a": [1], "bulk": list(range(50_000)), "unfit": object()}
    assert compile_condition("params.a.all(x, x == 1)")(make_call(params=params), now) is True
    assert compile_condition("size(params['a']) == 1")(make_call(params=params), now) is True
    assert "more values" in str(compile_condition("size(params) == 3")(make_call(params=params), now))

import pytest

from vendorgate.model import Decision
from vendorgate.policy import Policy, PolicyRefused, RuleSpec, authorize


def test_an_allowed_call_may_be_sent(make_call, functions, now):
    call = make_call()
    decision = Policy([RuleSpec("a", "allow")], functions=functions, version="v1").evaluate(call, now=now)
    authorized = authorize(call, decision)
    assert authorized.call is call
    assert authorized.decision is decision


REFUSED = [
    ([], "no_rule", None, "No rule allows"),
    ([RuleSpec("d", "deny")], "denied", "d", "Rule 'd' forbids"),
    ([RuleSpec("r", "review")], "review_denied", "r", "no reviewer can be asked"),
    ([RuleSpec("a", "allow", observe=True)], "no_rule", None, "No rule allows"),
]


@pytest.mark.parametrize(("rules", "reason", "rule", "detail"), REFUSED)
def test_anything_else_is_refused_with_its_reason(rules, reason, rule, detail, make_call, functions, now):
    call = make_call()
    decision = Policy(rules, functions=functions, version="v1").evaluate(call, now=now)
    with pytest.raises(PolicyRefused) as caught:
        authorize(call, decision)
    assert (caught.value.reason, caught.value.rule, caught.value.status) == (reason, rule, 403)
    assert detail in caught.value.detail


def test_an_effect_nobody_knows_is_refused(make_call):
    with pytest.raises(PolicyRefused):
        authorize(make_call(), Decision("would_allow", "denied", None, "…", "v1"))

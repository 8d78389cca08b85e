import pytest

from vendorgate.policy import ReviewSpec, RuleSpec, rule_problems

BAD = [
    (RuleSpec("", "allow"), "id", "needs an id"),
    (RuleSpec(" ", "allow"), "id", "needs an id"),
    (RuleSpec("a\nb", "allow"), "id", "printable"),
    (RuleSpec("r", "permit"), "effect", "allow, review or deny"),
    (RuleSpec("r", "allow", who=()), "who", "matches nobody"),
    (RuleSpec("r", "allow", who=("payroll",)), "who", "group:, principal:, kind:, issuer:"),
    (RuleSpec("r", "allow", who=("team:payroll",)), "who", "group:, principal:, kind:, issuer:"),
    (RuleSpec("r", "allow", who=("group:",)), "who", "names nobody"),
    (RuleSpec("r", "allow", call=()), "call", "matches no function"),
    (RuleSpec("r", "allow", call=("stripe",)), "call", "vendor.function"),
    (RuleSpec("r", "allow", call=("strip.transfers.create",)), "call", "did you mean 'stripe'?"),
    (RuleSpec("r", "allow", call=("stripe.transfers.creat",)), "call", "did you mean 'stripe.transfers.create'?"),
    (RuleSpec("r", "allow", call=("stripe.refunds.*",)), "call", "matches no listed function"),
    (RuleSpec("r", "allow", call=("stripe.unlis*",)), "call", "matches no listed function"),
    (RuleSpec("r", "allow", call=("access:all",)), "call", "access:read"),
    (RuleSpec("r", "allow", when=""), "when", "line 1, column 1"),
    (RuleSpec("r", "allow", when="params.a >"), "when", "line 1, column 11"),
    (RuleSpec("r", "allow", when="true &&\n  foo == 1"), "when", "line 2, column 3: undeclared reference to 'foo'"),
    (RuleSpec("r", "allow", when="call.amount > 5"), "when", "call has no field 'amount'"),
    (RuleSpec("r", "allow", when="caller['name'] == 'x' && size(params.l) > 1"), "when", "caller has no field 'name'"),
    (RuleSpec("r", "allow", when="call.size"), "ok", ""),
    (RuleSpec("r", "allow", when="1 + 1"), "when", "of type int"),
    (RuleSpec("r", "allow", when="'true'"), "when", "of type string"),
    (RuleSpec("r", "allow", when="1 < 'a'"), "when", "no matching overload"),
    (RuleSpec("r", "allow", when="params.a.frobnicate()"), "when", "frobnicate"),
    (RuleSpec("r", "review", review=ReviewSpec(by=("finance",))), "review", "group:"),
]


@pytest.mark.parametrize(("rule", "field", "message"), BAD)
def test_a_bad_rule_is_found_at_its_setting(rule, field, message, functions):
    problems = rule_problems([RuleSpec("good", "allow", call=("stripe.*", "access:read", "*")), rule], functions)
    if field == "ok":
        assert problems == []
        return
    assert [(index, name) for index, name, _ in problems] == [(1, field)]
    assert message in problems[0][2]


def test_everything_is_found_at_once(functions):
    rules = [
        RuleSpec("a", "permit", who=("x",), call=("nowhere.f",), when="("),
        RuleSpec("a", "allow"),
    ]
    found = [(index, field) for index, field, _ in rule_problems(rules, functions)]
    assert found == [(0, "effect"), (0, "who"), (0, "call"), (0, "when"), (1, "id")]


def test_good_rules_have_no_problems(functions):
    rules = [
        RuleSpec("a", "allow", who=("group:a*", "principal:x", "kind:human", "issuer:*"), call=("stripe.unlisted",)),
        RuleSpec("b", "review", call=("*.create",), review=ReviewSpec(by=("group:leads", "principal:kim"))),
        RuleSpec("c", "deny", when="params.l.exists(x, x.amount > 5) && now < timestamp('2030-01-01T00:00:00Z')"),
    ]
    assert rule_problems(rules, functions) == []

"""Named situations: rules, a call, and the decision with its reason."""

import pytest

from vendorgate.policy import Policy, PolicyProblems, RuleSpec

ALLOW = RuleSpec("allow", "allow")
DENY = RuleSpec("deny", "deny")
REVIEW = RuleSpec("review", "review")
CREATE = ("stripe.transfers.create",)

STRICTEST = [
    ("no rules", [], "deny", "no_rule", None),
    ("one allow", [ALLOW], "allow", "allowed", "allow"),
    ("one deny", [DENY], "deny", "denied", "deny"),
    ("one review", [REVIEW], "review", "review_denied", "review"),
    ("deny over allow, whatever the order", [ALLOW, DENY], "deny", "denied", "deny"),
    ("deny first", [DENY, ALLOW], "deny", "denied", "deny"),
    ("review over allow", [ALLOW, REVIEW], "review", "review_denied", "review"),
    ("deny over review", [REVIEW, ALLOW, DENY], "deny", "denied", "deny"),
    ("of equals the first", [RuleSpec("a", "allow"), RuleSpec("b", "allow")], "allow", "allowed", "a"),
    ("first deny", [ALLOW, RuleSpec("d1", "deny"), RuleSpec("d2", "deny")], "deny", "denied", "d1"),
    ("observed deny enforces nothing", [ALLOW, RuleSpec("d", "deny", observe=True)], "allow", "allowed", "allow"),
    ("observed allow allows nothing", [RuleSpec("a", "allow", observe=True)], "deny", "no_rule", None),
    ("another function's rule", [RuleSpec("a", "allow", call=("stripe.transfers.list",))], "deny", "no_rule", None),
    ("another caller's rule", [RuleSpec("a", "allow", who=("group:finance",))], "deny", "no_rule", None),
]


@pytest.mark.parametrize(
    ("rules", "effect", "reason", "rule"), [row[1:] for row in STRICTEST], ids=[r[0] for r in STRICTEST]
)
def test_the_strictest_effect_wins(rules, effect, reason, rule, make_call, functions, now):
    decision = Policy(rules, functions=functions, version="v1").evaluate(make_call(), now=now)
    assert (decision.effect, decision.reason, decision.rule, decision.policy_version) == (effect, reason, rule, "v1")


COVERS = [
    # rule, function called, decision
    (RuleSpec("r", "allow", call=("stripe.*",)), "stripe.transfers.create", "allow"),
    (RuleSpec("r", "allow", call=("stripe.*",)), "stripe.unlisted", "deny"),
    (RuleSpec("r", "allow", call=("*",)), "twilio.messages.create", "allow"),
    (RuleSpec("r", "allow", call=("*",)), "twilio.unlisted", "deny"),
    (RuleSpec("r", "allow", call=("*.unlis*", "*.create")), "stripe.unlisted", "deny"),
    (RuleSpec("r", "allow", call=("stripe.unlisted",)), "stripe.unlisted", "allow"),
    (RuleSpec("r", "allow", call=("stripe.unlisted",)), "twilio.unlisted", "deny"),
    (RuleSpec("r", "allow", call=("access:read",)), "stripe.transfers.list", "allow"),
    (RuleSpec("r", "allow", call=("access:read",)), "stripe.transfers.create", "deny"),
    (RuleSpec("r", "allow", call=("access:read",)), "twilio.unlisted", "deny"),
    (RuleSpec("r", "allow", call=("access:destroy",)), "stripe.customers.delete", "allow"),
    (RuleSpec("r", "allow"), "stripe.transfers.create", "allow"),
    (RuleSpec("r", "allow"), "stripe.unlisted", "deny"),
]


@pytest.mark.parametrize(("rule", "function", "effect"), COVERS)
def test_which_functions_a_rule_covers(rule, function, effect, make_call, functions, now):
    decision = Policy([rule], functions=functions, version="v1").evaluate(make_call(function), now=now)
    assert decision.effect == effect
    assert decision.reason == ("allowed" if effect == "allow" else "no_rule")


@pytest.mark.parametrize("effect", ["deny", "review"])
def test_a_restriction_without_call_reaches_unlisted_functions_too(effect, make_call, functions, now):
    rules = [
        RuleSpec("named", "allow", call=("stripe.unlisted",)),
        RuleSpec("stop", effect, who=("group:contractors",)),
    ]
    policy = Policy(rules, functions=functions, version="v1")
    assert policy.evaluate(make_call("stripe.unlisted", groups=("contractors",)), now=now).effect == effect
    assert policy.evaluate(make_call("stripe.unlisted", groups=("staff",)), now=now).effect == "allow"


UNEVALUABLE = [
    # effect, matched, decision's effect and reason beside an allow without conditions
    ("deny", True, "deny", "denied"),
    ("review", True, "review", "review_denied"),
]


@pytest.mark.parametrize(("effect", "matched", "decided", "reason"), UNEVALUABLE)
@pytest.mark.parametrize("when", ["params.amount > 5", "params.amount + 1 > 5"], ids=["fast", "native"])
def test_an_unevaluable_restriction_counts_as_matched(
    effect, matched, decided, reason, when, make_call, functions, now
):
    rules = [ALLOW, RuleSpec("limit", effect, when=when)]
    policy = Policy(rules, functions=functions, version="v1")
    decision = policy.evaluate(make_call(params={}), now=now)
    assert (decision.effect, decision.reason, decision.rule) == (decided, reason, "limit")
    assert decision.outcomes[1] == ("limit", effect, matched, "params.amount is missing")
    assert "'limit'" in decision.message
    assert "params.amount is missing" in decision.message
    assert policy.evaluate(make_call(params={"amount": 3}), now=now).effect == "allow"


def test_an_unevaluable_allow_does_not_match_and_the_refusal_says_why(make_call, functions, now):
    policy = Policy([RuleSpec("small", "allow", when="params.amount < 5")], functions=functions, version="v1")
    decision = policy.evaluate(make_call(params={}), now=now)
    assert (decision.effect, decision.reason, decision.rule) == ("deny", "no_rule", None)
    assert decision.outcomes == (("small", "allow", False, "params.amount is missing"),)
    assert "'small'" in decision.message
    assert "params.amount is missing" in decision.message
    assert policy.evaluate(make_call(params={"amount": 3}), now=now).effect == "allow"


def test_observed_rules_are_recorded_as_would(make_call, functions, now):
    rules = [ALLOW, RuleSpec("d", "deny", observe=True), RuleSpec("x", "deny", when="params.a > 1", observe=True)]
    decision = Policy(rules, functions=functions, version="v1").evaluate(make_call(), now=now)
    assert decision.effect == "allow"
    assert decision.outcomes == (
        ("allow", "allow", True, None),
        ("d", "would_deny", True, None),
        ("x", "would_deny", True, "params.a is missing"),
    )


def test_a_rules_message_is_what_the_caller_reads(make_call, functions, now):
    rules = [RuleSpec("never", "deny", when="params.amount > 5", message="Go through the treasury portal.")]
    policy = Policy(rules, functions=functions, version="v1")
    assert policy.evaluate(make_call(params={"amount": 9}), now=now).message == "Go through the treasury portal."
    unknown = policy.evaluate(make_call(params={}), now=now).message
    assert unknown.startswith("Go through the treasury portal. ")
    assert "params.amount is missing" in unknown


def test_a_deny_without_message_names_its_rule_and_a_way_out(make_call, functions, now):
    message = Policy([DENY], functions=functions, version="v1").evaluate(make_call(), now=now).message
    assert message == "Rule 'deny' forbids this call. Send a call it permits, or ask the operators of the gateway."


def test_a_value_of_the_call_is_in_no_message(make_call, functions, now):
    secret = "4242424242424242"
    whens = [
        "params.card > 5",
        "params[params.card] == 1",
        "params.map.all(k, params.map[k] > 1)",
        "int(params.card + 'x') > 1",
        "timestamp(params.card) > now",
        "params.card.matches(params.card + '(')",
    ]
    rules = [RuleSpec(f"r{index}", "deny", when=when) for index, when in enumerate(whens)]
    call = make_call(params={"card": secret, "map": {secret: secret}})
    decision, outcomes = Policy(rules, functions=functions, version="v1").explain(call, now=now)
    assert [outcome.matched for outcome in outcomes] == [True] * len(whens)
    assert all(outcome.note for outcome in outcomes)
    assert secret not in repr(decision) + repr(outcomes)


def test_explain_gives_a_reason_for_every_rule(make_call, functions, now):
    rules = [
        RuleSpec("matching", "allow", call=CREATE),
        RuleSpec("other-function", "deny", call=("stripe.transfers.list",)),
        RuleSpec("other-caller", "deny", who=("group:finance",)),
        RuleSpec("false", "deny", when="call.money.value > 500"),
        RuleSpec("broken", "review", when="params.amount > 500"),
        RuleSpec("observed", "deny", observe=True),
    ]
    policy = Policy(rules, functions=functions, version="v1")
    decision, outcomes = policy.explain(make_call(), now=now)
    assert decision.rule == "broken"
    assert outcomes == (
        ("matching", "allow", True, None),
        ("other-function", "deny", False, "the function is not in its call patterns"),
        ("other-caller", "deny", False, "the caller is not in its who patterns"),
        ("false", "deny", False, "its condition is false"),
        ("broken", "review", True, "params.amount is missing"),
        ("observed", "would_deny", True, None),
    )
    assert decision == policy.evaluate(make_call(), now=now)


def test_explain_says_that_globs_do_not_reach_unlisted_functions(make_call, functions, now):
    policy = Policy([RuleSpec("all", "allow", call=("stripe.*",))], functions=functions, version="v1")
    decision, (outcome,) = policy.explain(make_call("stripe.unlisted"), now=now)
    assert "stripe.unlisted" in (outcome.note or "")
    assert "stripe.unlisted" in decision.message


def test_a_function_the_policy_was_not_built_for_is_denied(make_call, functions, now):
    few = {"stripe.transfers.list": functions["stripe.transfers.list"]}
    policy = Policy([ALLOW], functions=few, version="v1")
    assert policy.evaluate(make_call("twilio.messages.create"), now=now).reason == "no_rule"
    assert policy.evaluate(make_call("stripe.transfers.list"), now=now).reason == "allowed"


def test_rules_that_do_not_compile_make_no_policy(functions):
    with pytest.raises(PolicyProblems) as caught:
        Policy([ALLOW, RuleSpec("bad", "deny", when="params.a >")], functions=functions, version="v1")
    ((index, field, message),) = caught.value.problems
    assert (index, field) == (1, "when")
    assert "line 1, column" in message

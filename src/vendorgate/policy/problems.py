"""Everything that is wrong with a list of rules, for ``vendorgate check`` and before a policy is built."""

from collections.abc import Iterator, Mapping, Sequence

from vendorgate.model import Function
from vendorgate.policy.cel import ConditionProblem, compile_condition
from vendorgate.policy.patterns import call_problem, who_problem
from vendorgate.policy.rules import EFFECTS
from vendorgate.policy.spec import RuleSpec

MAX_ID_LENGTH = 128


def rule_problems(rules: Sequence[RuleSpec], functions: Mapping[str, Function]) -> list[tuple[int, str, str]]:
    """Return all problems as (rule index, field name, message), in the rules' order; empty when they compile."""
    problems: list[tuple[int, str, str]] = []
    seen: dict[str, int] = {}
    for index, rule in enumerate(rules):
        problems += ((index, field, message) for field, message in _problems(rule, functions))
        if rule.id in seen and rule.id:
            problems.append((index, "id", f"{rule.id!r} is also the id of rule {seen[rule.id] + 1}"))
        seen.setdefault(rule.id, index)
    return problems


def _problems(rule: RuleSpec, functions: Mapping[str, Function]) -> Iterator[tuple[str, str]]:
    if not rule.id.strip():
        yield "id", "a rule needs an id"
    elif len(rule.id) > MAX_ID_LENGTH or not rule.id.isprintable():
        yield "id", f"an id is at most {MAX_ID_LENGTH} printable characters"
    if rule.effect not in EFFECTS:
        yield "effect", f"{rule.effect!r} must be allow, review or deny"
    yield from (("who", problem) for problem in map(who_problem, rule.who or ()) if problem)
    if rule.who is not None and not rule.who:
        yield "who", "an empty list matches nobody; leave who out for anybody"
    yield from (("call", problem) for pattern in rule.call or () if (problem := call_problem(pattern, functions)))
    if rule.call is not None and not rule.call:
        yield "call", "an empty list matches no function; leave call out for every function"
    if rule.when is not None:
        try:
            compile_condition(rule.when)
        except ConditionProblem as error:
            yield "when", str(error)
    if rule.review is not None:
        yield from (("review", problem) for problem in map(who_problem, rule.review.by) if problem)

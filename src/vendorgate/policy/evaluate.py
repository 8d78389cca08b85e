"""Evaluate: which rules match a call, and what the strictest of them says. Pure: no I/O, no clock, always a value.

Rules are indexed by function when the policy is built, so a call is judged by the few rules that can apply to it.
"""

from collections.abc import Mapping, Sequence

from vendorgate.model import Call, Decision, Function, RuleOutcome
from vendorgate.policy.cel import Condition
from vendorgate.policy.errors import PolicyProblems
from vendorgate.policy.patterns import WhoTest
from vendorgate.policy.problems import rule_problems
from vendorgate.policy.rules import CompiledRule
from vendorgate.policy.spec import RuleSpec

_Candidate = tuple[WhoTest | None, Condition | None, CompiledRule]
_Hits = list[tuple[CompiledRule, str | None]]


class Policy:
    """One version of the rules, in force for one set of catalogues."""

    def __init__(self, rules: Sequence[RuleSpec], *, functions: Mapping[str, Function], version: str) -> None:
        """Compile ``rules`` (in file order) for ``functions`` (full name → function, each vendor's ``unlisted`` too).

        Raises ``PolicyProblems`` with everything found when they do not compile.
        """
        problems = rule_problems(rules, functions)
        if problems:
            raise PolicyProblems(tuple(problems))
        self.version = version
        self.rules = tuple(CompiledRule(rule, version=version) for rule in rules)
        self._candidates: dict[tuple[str, str], tuple[_Candidate, ...]] = {}
        self._no_rule: dict[tuple[str, str], Decision] = {}
        for function in functions.values():
            key = (function.vendor, function.name)
            self._candidates[key] = tuple((rule.who, rule.when, rule) for rule in self.rules if rule.covers(function))
            self._no_rule[key] = self._refuse(function, (), None)

    def evaluate(self, call: Call, *, now: float) -> Decision:
        """Return what the rules say about ``call`` at ``now`` (seconds since the epoch)."""
        function = call.function
        key = (function.vendor, function.name)
        caller = call.caller
        hits: _Hits = []
        for who, when, rule in self._candidates.get(key, ()):
            if who is not None and not who(caller):
                continue
            if when is None:
                hits.append((rule, None))
                continue
            result = when(call, now)
            if result is True:
                hits.append((rule, None))
            elif result is not False:
                hits.append((rule, str(result)))
        if not hits:
            return self._no_rule.get(key) or self._refuse(function, (), None)
        if len(hits) == 1 and hits[0][1] is None and hits[0][0].strength:
            # The usual case, one enforced rule and nothing to explain: its decision was built beforehand.
            return hits[0][0].decision
        return self._decide(function, hits)

    def _decide(self, function: Function, hits: _Hits) -> Decision:
        """Let the strictest rule decide; of equals the first. A rule in observe mode (strength 0) never does."""
        outcomes = tuple(rule.matched if note is None else rule.unevaluable(note) for rule, note in hits)
        decider: CompiledRule | None = None
        reason: str | None = None
        for (rule, note), outcome in zip(hits, outcomes, strict=True):
            if outcome.matched and rule.strength > (decider.strength if decider else 0):
                decider, reason = rule, note
        if decider is not None:
            return decider.decide(version=self.version, outcomes=outcomes, note=reason)
        blocked = next((outcome for outcome in outcomes if not outcome.matched and outcome.effect == "allow"), None)
        return self._refuse(function, outcomes, blocked)

    def _refuse(self, function: Function, outcomes: tuple[RuleOutcome, ...], blocked: RuleOutcome | None) -> Decision:
        """Return the default: deny. ``blocked`` is an allow rule whose condition had no value."""
        name = function.full_name
        if blocked is not None:
            message = (
                f"No rule allows {name} for this caller. Rule {blocked.rule!r} might, but its condition cannot be "
                f"evaluated: {blocked.note}. Send the call with what the rule reads."
            )
        elif function.listed:
            message = f"No rule allows {name} for this caller and these parameters. Ask the operators to add one."
        else:
            message = (
                f"The catalogue does not list this function, and no rule allows {name} for this caller. "
                "Ask the operators to add the function to the catalogue, or a rule that names it."
            )
        return Decision("deny", "no_rule", None, message, self.version, outcomes)

    def explain(self, call: Call, *, now: float) -> tuple[Decision, tuple[RuleOutcome, ...]]:
        """Return the decision, and for every rule in file order whether it matched; ``note`` says why not."""
        return self.evaluate(call, now=now), tuple(self._explain_rule(rule, call, now) for rule in self.rules)

    def _explain_rule(self, rule: CompiledRule, call: Call, now: float) -> RuleOutcome:
        if not rule.covers(call.function):
            note = "the function is not in its call patterns"
            if not call.function.listed:
                note += f"; only the name {call.function.full_name} itself covers what the catalogue does not list"
            return RuleOutcome(rule.id, rule.shown_effect, False, note)
        if rule.who is not None and not rule.who(call.caller):
            return RuleOutcome(rule.id, rule.shown_effect, False, "the caller is not in its who patterns")
        result = True if rule.when is None else rule.when(call, now)
        if isinstance(result, str):
            return rule.unevaluable(result)
        return rule.matched if result else RuleOutcome(rule.id, rule.shown_effect, False, "its condition is false")

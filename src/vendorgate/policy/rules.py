"""One rule, compiled: its tests, and everything about its verdict that can be built before a call comes."""

from vendorgate.model import Decision, Function, RuleOutcome
from vendorgate.policy.cel import Condition, compile_condition
from vendorgate.policy.patterns import WhoTest, call_matches, compile_who
from vendorgate.policy.spec import RuleSpec

EFFECTS = {"allow": 1, "review": 2, "deny": 3}
"""How strict an effect is; the strictest of the matching rules wins."""
REVIEW_REASON = "review_denied"
"""Reason of a review while nobody can be asked."""
_REASONS = {"allow": "allowed", "review": REVIEW_REASON, "deny": "denied"}


class CompiledRule:
    """A rule ready to be asked. Raises ``ConditionProblem`` when its condition does not compile."""

    __slots__ = (
        "decision",
        "effect",
        "id",
        "matched",
        "message",
        "observe",
        "shown_effect",
        "spec",
        "strength",
        "when",
        "who",
    )

    def __init__(self, spec: RuleSpec, *, version: str) -> None:
        self.spec = spec
        self.id = spec.id
        self.effect = spec.effect
        self.observe = spec.observe
        self.strength = 0 if spec.observe else EFFECTS[spec.effect]
        self.shown_effect = f"would_{spec.effect}" if spec.observe else spec.effect
        self.who: WhoTest | None = compile_who(spec.who)
        self.when: Condition | None = None if spec.when is None else compile_condition(spec.when)
        self.matched = RuleOutcome(spec.id, self.shown_effect, True)
        self.message = _message(spec)
        self.decision = self.decide(version=version, outcomes=(self.matched,), note=None)

    def covers(self, function: Function) -> bool:
        """Whether the rule's ``call`` covers ``function``.

        A rule without ``call`` covers every listed function; one that denies or asks covers the unlisted too, since
        leaving them out would open what the rule was written to close.
        """
        if self.spec.call is None:
            return function.listed or self.effect != "allow"
        return any(call_matches(pattern, function) for pattern in self.spec.call)

    def unevaluable(self, note: str) -> RuleOutcome:
        """Return the outcome when the condition has no value: matched for deny and review, not for allow."""
        return RuleOutcome(self.id, self.shown_effect, self.effect != "allow", note)

    def decide(self, *, version: str, outcomes: tuple[RuleOutcome, ...], note: str | None) -> Decision:
        """Return the decision when this rule is the one that decides; ``note`` says why it had no value."""
        message = self.message
        if note is not None:
            reason = f"The condition of rule {self.id!r} cannot be evaluated: {note}."
            message = f"{self.spec.message} {reason}" if self.spec.message else f"{reason} {_REPAIR[self.effect]}"
        return Decision(self.effect, _REASONS[self.effect], self.id, message, version, outcomes)


_REPAIR = {
    "allow": "",
    "review": "Send the call with what the rule reads; until then it is held for a review, and nobody can be asked.",
    "deny": "Send the call with what the rule reads, of the type it expects.",
}


def _message(spec: RuleSpec) -> str:
    if spec.message:
        return spec.message
    if spec.effect == "allow":
        return f"Rule {spec.id!r} allows this call."
    if spec.effect == "review":
        return (
            f"Rule {spec.id!r} asks for a person's approval, and no reviewer can be asked. "
            "Send a call that needs none, or ask the operators of the gateway."
        )
    return f"Rule {spec.id!r} forbids this call. Send a call it permits, or ask the operators of the gateway."

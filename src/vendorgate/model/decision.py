"""What policy decided about a call, and why."""

from typing import NamedTuple


class RuleOutcome(NamedTuple):
    """How one rule took part in a decision."""

    rule: str
    effect: str
    """``allow``, ``review`` or ``deny``; ``would_…`` for a rule in observe mode."""
    matched: bool
    note: str | None = None
    """Why the condition could not be evaluated, or why the rule did not match (explain only)."""


class Decision(NamedTuple):
    """A verdict. ``effect`` is ``allow``, ``review`` or ``deny``."""

    effect: str
    reason: str
    """``allowed`` or one of the closed list in ``reasons``."""
    rule: str | None
    message: str
    """For the caller: a sentence that says what to do."""
    policy_version: str
    outcomes: tuple[RuleOutcome, ...] = ()
    """The rules that matched or could not be evaluated, observed ones included."""

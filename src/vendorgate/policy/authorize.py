"""Authorize: the one place that turns a call into one that may be sent."""

from vendorgate.model import AuthorizedCall, Call, Decision
from vendorgate.policy.errors import PolicyRefused


def authorize(call: Call, decision: Decision) -> AuthorizedCall:
    """Return ``call`` as one that may be sent when ``decision`` allows it; else raise ``PolicyRefused``."""
    if decision.effect != "allow":
        raise PolicyRefused(decision.reason, decision.message, rule=decision.rule)
    return AuthorizedCall(call, decision)

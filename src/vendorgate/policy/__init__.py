"""Policy: judge a call by the rules (``evaluate``), and let through what they allow (``authorize``). Pure."""

from vendorgate.policy.authorize import authorize
from vendorgate.policy.errors import PolicyProblems, PolicyRefused
from vendorgate.policy.evaluate import Policy
from vendorgate.policy.problems import rule_problems
from vendorgate.policy.spec import ReviewSpec, RuleSpec

__all__ = [
    "Policy",
    "PolicyProblems",
    "PolicyRefused",
    "ReviewSpec",
    "RuleSpec",
    "authorize",
    "rule_problems",
]

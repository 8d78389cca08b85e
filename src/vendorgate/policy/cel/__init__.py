"""Conditions in CEL (the Common Expression Language), on two evaluators with one meaning.

``native`` is Google's C++ CEL and can do all of the language. ``parser``, ``compiled`` and ``interpreted`` do the
common subset without crossing into C++, several times faster and with exact numbers. ``condition`` chooses.
"""

from vendorgate.policy.cel.condition import Condition, ConditionProblem, compile_condition

__all__ = ["Condition", "ConditionProblem", "compile_condition"]

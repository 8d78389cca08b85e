"""How the policy stage says no: to a call, and to rules that do not compile."""

from vendorgate.model import Refusal


class PolicyRefused(Refusal):
    """Policy does not let the call go on: a rule forbids it, none allows it, or nobody can be asked."""


class PolicyProblems(Exception):
    """Rules that do not compile.

    ``problems`` holds everything found, in the rules' order: the rule's position in the list from 0, its setting
    (``id``, ``effect``, ``who``, ``call``, ``when`` or ``review``), and a message.
    """

    def __init__(self, problems: tuple[tuple[int, str, str], ...]) -> None:
        super().__init__("; ".join(f"rule {index + 1}, {field}: {message}" for index, field, message in problems))
        self.problems = problems

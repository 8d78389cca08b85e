"""How this stage says no."""

from vendorgate.model import Refusal
from vendorgate.wire.tree_error import TreeError


class MatchRefused(Refusal):
    """The request is no call that can be judged: unknown vendor, or a body or parameter with no or two readings."""


def refuse_tree(error: TreeError, source: str) -> MatchRefused:
    """Return the refusal of a ``source`` (body, query, path) that has no reading, or more than one: 422."""
    reason = "ambiguous_body" if error.ambiguous else "unreadable_body"
    where = error.place if source == "body" else f"{source} {error.place}"
    return MatchRefused(reason, f"{where}: {error.problem}", status=422)


class CatalogProblems(Exception):
    """A catalogue file that is refused as a whole. ``problems`` holds (line, column, message), counted from 1."""

    def __init__(self, source: str, problems: tuple[tuple[int, int, str], ...]) -> None:
        super().__init__("\n".join(f"{source}:{line}:{column}: {message}" for line, column, message in problems))
        self.source = source
        self.problems = problems

    def __reduce__(self) -> tuple[type["CatalogProblems"], tuple[str, tuple[tuple[int, int, str], ...]]]:
        return CatalogProblems, (self.source, self.problems)

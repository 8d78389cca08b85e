"""What is wrong with a parameter tree, and where in it."""

import re

# A key is the caller's text: a place shows it only when it looks like a field's name, not like a card number.
_NAME = re.compile(r"[A-Za-z_](?:[A-Za-z_\-]|[0-9]{1,4}(?![0-9])){0,39}")


class TreeError(Exception):
    """A body or query that has no reading (``ambiguous`` False) or more than one (True).

    ``place`` is a path from the root, ``$.items[3].amount``; ``problem`` is a sentence that says what to do.
    Neither holds a value from the request.
    """

    def __init__(self, place: str, problem: str, *, ambiguous: bool = False) -> None:
        super().__init__(f"{place}: {problem}")
        self.place = place
        self.problem = problem
        self.ambiguous = ambiguous

    def below(self, *steps: str | int) -> "TreeError":
        """Return the same error seen from further up: ``steps`` lead down to where ``place`` starts."""
        tail = self.place.removeprefix("$")
        return TreeError(render_place(*steps) + tail, self.problem, ambiguous=self.ambiguous)


def render_place(*steps: str | int | None) -> str:
    """Return ``$.a.b[3]`` for the keys and indices that lead there; None is an item without an index (``[]``)."""
    return "$" + "".join(map(_step, steps))


def _step(step: str | int | None) -> str:
    if step is None:
        return "[]"
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _NAME.fullmatch(step) else "[…]"

"""Field rules: which paths of a function's parameters or answer are masked whatever they hold."""

import re
from fnmatch import fnmatchcase
from functools import lru_cache

States = frozenset[tuple[int, int]]
NOWHERE: States = frozenset()
_MEMO_LIMIT = 10_000


class FieldRules:
    """Dotted path globs of one function, matched key by key on the way down a tree.

    ``*`` in a segment stands for any characters of that one segment, ``**`` for any number of segments. Elements of a
    list match by their number and also as if the list were not there: ``items.name`` covers ``items[3].name``.
    """

    def __init__(self, paths: tuple[str, ...]) -> None:
        self._paths = tuple(tuple(path.split(".")) for path in paths)
        self._memo: dict[tuple[States, str], tuple[States, bool]] = {}
        self.start = self._close({(index, 0) for index in range(len(paths))})
        # One literal name a rule, the longest: enough to tell that the rule cannot match. Empty is in everything.
        self._needles = tuple(
            max((b'"' + s.encode() + b'"' for s in path if "*" not in s and not s.isdigit()), key=len, default=b"")
            for path in self._paths
        )

    def may_match(self, raw: bytes) -> bool:
        """Whether a rule could match in a JSON text: a name of it occurs, or names may be escaped."""
        if b"\\" in raw:
            return True
        return any(map(raw.__contains__, self._needles))

    def step(self, states: States, key: str) -> tuple[States, bool]:
        """Return the states below ``key`` and whether the value there is masked."""
        if not states:
            return NOWHERE, False
        known = self._memo.get((states, key))
        if known is not None:
            return known
        after: set[tuple[int, int]] = set()
        matched = False
        for rule, place in states:
            path = self._paths[rule]
            segment = path[place]
            if segment == "**":
                after.add((rule, place))
                matched = matched or place + 1 == len(path)
            elif segment == key or ("*" in segment and _glob(segment).fullmatch(key)):
                if place + 1 == len(path):
                    matched = True
                else:
                    after.add((rule, place + 1))
        closed = self._close(after)
        # ``a.**`` after ``a``: the value itself is covered too, since it is masked with all its leaves.
        result = closed, matched
        if len(self._memo) < _MEMO_LIMIT and len(key) <= 128:
            self._memo[(states, key)] = result
        return result

    def step_item(self, states: States, index: int) -> tuple[States, bool]:
        """Like ``step`` for an element of a list."""
        if not states:
            return NOWHERE, False
        after, matched = self.step(states, str(index))
        return after | states, matched

    def _close(self, states: set[tuple[int, int]]) -> States:
        """Add what ``**`` for no segment at all leads to."""
        todo = list(states)
        while todo:
            rule, place = todo.pop()
            path = self._paths[rule]
            if path[place] == "**" and place + 1 < len(path) and (rule, place + 1) not in states:
                states.add((rule, place + 1))
                todo.append((rule, place + 1))
        return frozenset(states)


@lru_cache(maxsize=1024)
def _glob(segment: str) -> re.Pattern[str]:
    # Lazy runs between literals; bounded by the length of one key.
    return re.compile(".*?".join(re.escape(part) for part in segment.split("*")), re.DOTALL)


def rules_for(
    full_name: str, fields: tuple[tuple[str, str], ...], sensitive: tuple[str, ...] = ()
) -> FieldRules | None:
    """Compile what applies to a function; None when nothing does."""
    paths = tuple(path for glob, path in fields if fnmatchcase(full_name, glob)) + sensitive
    return FieldRules(tuple(dict.fromkeys(paths))) if paths else None

"""A typed walk over YAML nodes that reports every problem at its place and goes on.

A *reader* is a function from a node to a value that raises ``Wrong``. ``Section`` reads a mapping key by key;
the keys it was asked for are the keys it knows, so ``close`` can name the ones it does not.
"""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from types import TracebackType
from typing import TypeVar

import yaml

from vendorgate.config.problems import Problem

T = TypeVar("T")
D = TypeVar("D")
Read = Callable[[yaml.Node], T]
NULL = "tag:yaml.org,2002:null"


class Wrong(Exception):
    """A node that does not say what its place needs. ``found`` holds one pair, or one for each wrong item of a list."""

    def __init__(self, node: yaml.Node, message: str) -> None:
        super().__init__(message)
        self.found = [(node, message)]

    def also(self, other: "Wrong") -> "Wrong":
        """Take over what another one found."""
        self.found += other.found
        return self


def shown(text: str) -> str:
    """Return ``text`` for a message: quoted, escaped, at most 40 characters of it."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def suggest(word: str, known: Sequence[str]) -> str:
    """Return `` (did you mean 'x'?)``, or nothing when no known word is near."""
    near = get_close_matches(word[:80], known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def is_null(node: yaml.Node) -> bool:
    """Whether a node is YAML's null: ``~``, ``null`` or nothing."""
    return isinstance(node, yaml.ScalarNode) and node.tag == NULL


class Source:
    """One file being read and the problems found in it so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._settled: frozenset[tuple[int, int]] = frozenset()

    def add(self, node: yaml.Node, message: str) -> None:
        """Add a problem at ``node``."""
        self.add_at(node.start_mark.line + 1, node.start_mark.column + 1, message)

    def add_at(self, line: int, column: int, message: str) -> None:
        """Add a problem at a line and column counted from 1."""
        if (line, column) in self._settled:
            return
        self.problems.append(Problem(self.file, line, column, " ".join(message.split())))

    def settle(self) -> None:
        """Say no more about the places that have a problem already: what follows would only be its consequence."""
        self._settled = frozenset((problem.line, problem.column) for problem in self.problems)

    def attempt(self, node: yaml.Node, read: Read[T], default: D, *, title: str = "") -> T | D:
        """Return what ``read`` makes of ``node``; ``default`` after adding its problem, with ``title`` before it."""
        try:
            return read(node)
        except Wrong as wrong:
            for place, message in wrong.found:
                self.add(place, f"{title}: {message}" if title else message)
            return default

    def section(self, node: yaml.Node, title: str) -> "Section | None":
        """Open a mapping; None after adding the problem that ``node`` is none."""
        if isinstance(node, yaml.MappingNode):
            return Section(self, node, title)
        self.add(node, f"{title} must be a mapping (`key: value`)")
        return None

    def items(self, node: yaml.Node, title: str) -> list[yaml.Node]:
        """Return the items of a list; empty after adding the problem that ``node`` is none."""
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.add(node, f"{title} must be a list")
        return []

    def entries(self, node: yaml.Node, title: str) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
        """Return a mapping of free names as pairs of nodes, without the keys that are not text or come twice."""
        if not isinstance(node, yaml.MappingNode):
            self.add(node, f"{title} must be a mapping (`name: …`)")
            return []
        unique = {key.value: (key, value) for key, value in reversed(node.value) if isinstance(key, yaml.ScalarNode)}
        return list(reversed(unique.values()))


class Section:
    """A mapping whose keys are known. Use as a context manager: leaving it reports unknown keys."""

    def __init__(self, source: Source, node: yaml.MappingNode, title: str) -> None:
        self.source = source
        self.node = node
        self.title = title
        self.asked: dict[str, None] = {}
        self._pairs = {key.value: (key, value) for key, value in source.entries(node, title)}

    def find(self, key: str) -> yaml.Node | None:
        """Return the value's node, or None when the key is absent."""
        self.asked[key] = None
        pair = self._pairs.get(key)
        return pair[1] if pair else None

    def place(self, key: str) -> yaml.Node:
        """Return the node a problem with ``key`` points at: its value, or the whole section when absent."""
        pair = self._pairs.get(key)
        return pair[1] if pair else self.node

    def get(self, key: str, read: Read[T], default: D) -> T | D:
        """Return the value of ``key``; ``default`` when it is absent or wrong (which adds a problem)."""
        node = self.find(key)
        return default if node is None else self.source.attempt(node, read, default, title=key)

    def need(self, key: str, read: Read[T], fallback: D) -> T | D:
        """As ``get``, and an absent key is a problem."""
        if self.find(key) is None:
            self.source.add(self.node, f"{self.title} needs {key!r}")
        return self.get(key, read, fallback)

    def open(self, key: str) -> "Section | None":
        """Open the mapping below ``key``; None when absent or no mapping (which adds a problem)."""
        node = self.find(key)
        return None if node is None else self.source.section(node, key)

    def items(self, key: str) -> list[yaml.Node]:
        """Return the items of the list below ``key``; empty when absent or no list (which adds a problem)."""
        node = self.find(key)
        return [] if node is None else self.source.items(node, key)

    def close(self) -> None:
        """Add a problem for every key nobody asked for."""
        for name, (key, _) in self._pairs.items():
            if name not in self.asked and key.tag == "tag:yaml.org,2002:str":
                self.source.add(key, f"{self.title} has no setting {shown(name)}{suggest(name, list(self.asked))}")

    def __enter__(self) -> "Section":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

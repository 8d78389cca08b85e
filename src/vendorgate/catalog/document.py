"""A catalogue file's YAML, walked with its marks, so that every problem has a line and a column."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Protocol

import yaml

_DEPTH_LIMIT = 16
_TAG = "tag:yaml.org,2002:"
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class _Mark(Protocol):
    """A place in the text; the C and the Python parser have a class each."""

    line: int
    column: int


_Pair = tuple[yaml.ScalarNode, yaml.Node]


class Document:
    """One file being read, and what is wrong with it so far."""

    def __init__(self) -> None:
        self.problems: list[tuple[int, int, str]] = []

    def add(self, node: yaml.Node, message: str) -> None:
        """Add a problem at a node."""
        mark = node.start_mark
        self.problems.append((mark.line + 1, mark.column + 1, message))

    def parse(self, text: str) -> yaml.Node | None:
        """Return the root node; None after adding why there is none."""
        try:
            # Depth is counted over events, which costs no recursion; composing recurses on the C stack.
            depth = 0
            for event in yaml.parse(text, Loader=yaml.CSafeLoader):
                if isinstance(event, yaml.CollectionStartEvent):
                    depth += 1
                elif isinstance(event, yaml.CollectionEndEvent):
                    depth -= 1
                if depth > _DEPTH_LIMIT:
                    self._add_mark(event.start_mark, f"is nested deeper than {_DEPTH_LIMIT} levels")
                    return None
            root: yaml.Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
        except yaml.MarkedYAMLError as error:
            what = "; ".join(part for part in (error.context, error.problem) if part)
            self._add_mark(error.problem_mark or error.context_mark, what or "is not YAML")
            return None
        except yaml.YAMLError:
            self._add_mark(None, "is not YAML, or holds characters that YAML does not allow")
            return None
        if root is None:
            self._add_mark(None, "is empty: a catalogue starts with `vendor: NAME`")
        return root

    def _add_mark(self, mark: _Mark | None, message: str) -> None:
        self.problems.append((mark.line + 1, mark.column + 1, message) if mark else (1, 1, message))

    def pairs(self, node: yaml.Node, title: str) -> Iterator[_Pair]:
        """Yield the members of a mapping whose keys are text, each key once; the rest becomes problems."""
        if not isinstance(node, yaml.MappingNode):
            self.add(node, f"{title} must be a mapping (`key: value`)")
            return
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _TAG + "merge":
                self.add(key, "a key must be text")
            elif key.value in lines:
                self.add(key, f"{key.value!r} is already set in line {lines[key.value]}: keep one")
            else:
                lines[key.value] = key.start_mark.line + 1
                yield key, value

    def section(self, node: yaml.Node, title: str, known: tuple[str, ...]) -> dict[str, yaml.Node] | None:
        """Return a mapping's values by key, after adding a problem for every key that is not known."""
        if not isinstance(node, yaml.MappingNode):
            self.add(node, f"{title} must be a mapping (`key: value`)")
            return None
        found: dict[str, yaml.Node] = {}
        for key, value in self.pairs(node, title):
            if key.value in known:
                found[key.value] = value
            else:
                near = get_close_matches(key.value[:80], known, n=1)
                hint = f" (did you mean {near[0]!r}?)" if near else ""
                self.add(key, f"{title} has no setting {key.value[:40]!r}{hint}")
        return found

    def items(self, node: yaml.Node | None, title: str) -> list[yaml.Node]:
        """Return the items of a list; none after adding that it is no list."""
        if node is None:
            return []
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.add(node, f"{title} must be a list")
        return []

    def text(self, node: yaml.Node | None, title: str, pattern: str = ".+", wanted: str = "one line of text") -> str:
        """Return a scalar as written; empty when it is absent, or after adding that it does not fit ``pattern``."""
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode) or not node.value:
            self.add(node, f"{title} must be {wanted}")
            return ""
        value = str(node.value)
        if _INVISIBLE.search(value) or not re.fullmatch(pattern, value):
            self.add(node, f"{title} must be {wanted}")
            return ""
        return value

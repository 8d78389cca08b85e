"""From method and path to what a vendor's catalogue lists: a trie of path segments, the most specific first."""

from typing import Generic, TypeVar

from vendorgate.catalog.template import Segment

T = TypeVar("T")


class _Node(Generic[T]):
    __slots__ = ("end", "parameters", "static")

    def __init__(self) -> None:
        self.static: dict[str, _Node[T]] = {}
        self.parameters: list[tuple[str, str, int, _Node[T]]] = []
        """Prefix, suffix, their length, child: longest text first, a bare parameter last."""
        self.end: tuple[T, tuple[str, ...]] | None = None
        """What is listed here, and the names of its parameters in path order."""


class Routes(Generic[T]):
    """Routes of one vendor. With ``fold``, literals match without regard to case."""

    def __init__(self, *, fold: bool = False) -> None:
        self._fold = fold
        self._static: dict[str, dict[str, T]] = {}
        self._roots: dict[str, _Node[T]] = {}

    def add(self, method: str, segments: tuple[Segment, ...], value: T) -> None:
        """List ``value`` for a method and template; of two equal templates the first stays."""
        if all(segment.literal is not None for segment in segments):
            path = "/" + "/".join(segment.literal or "" for segment in segments)
            self._static.setdefault(method, {}).setdefault(path.lower() if self._fold else path, value)
            return
        node = self._roots.setdefault(method, _Node())
        for segment in segments:
            node = self._child(node, segment)
        if node.end is None:
            node.end = (value, tuple(segment.name for segment in segments if segment.literal is None))

    def _child(self, node: _Node[T], segment: Segment) -> _Node[T]:
        if segment.literal is not None:
            literal = segment.literal.lower() if self._fold else segment.literal
            return node.static.setdefault(literal, _Node())
        prefix, suffix = segment.prefix, segment.suffix
        if self._fold:
            prefix, suffix = prefix.lower(), suffix.lower()
        for known_prefix, known_suffix, _, child in node.parameters:
            if (known_prefix, known_suffix) == (prefix, suffix):
                return child
        child = _Node[T]()
        node.parameters.append((prefix, suffix, len(prefix) + len(suffix), child))
        node.parameters.sort(key=lambda parameter: -parameter[2])
        return child

    def find(self, method: str, path: str) -> tuple[T, tuple[str, ...], list[str]] | None:
        """Return what is listed, the parameters' names and their values as they stand in the path."""
        static = self._static.get(method)
        if static is not None:
            found = static.get(path)
            if found is not None:
                return found, (), []
        root = self._roots.get(method)
        if root is None:
            return None
        values: list[str] = []
        end = _descend(root, path[1:].split("/"), 0, values)
        return None if end is None else (end[0], end[1], values)


def _descend(node: _Node[T], parts: list[str], index: int, values: list[str]) -> tuple[T, tuple[str, ...]] | None:
    # Depth is bounded by the catalogue's longest template, branching by the siblings that fit one segment.
    if index == len(parts):
        return node.end
    part = parts[index]
    child = node.static.get(part)
    if child is not None:
        end = _descend(child, parts, index + 1, values)
        if end is not None:
            return end
    for prefix, suffix, around, child in node.parameters:
        if len(part) > around and part.startswith(prefix) and part.endswith(suffix):
            values.append(part[len(prefix) : len(part) - len(suffix)])
            end = _descend(child, parts, index + 1, values)
            if end is not None:
                return end
            values.pop()
    return None

"""Bytes of a YAML file → its root node, with everything refused that has more than one reading.

Refused here, whatever the section: a file over 1 MiB, other encodings than UTF-8, invisible control and
direction characters, more than one document, duplicate keys, merge keys, tags, keys that are not text,
nesting over 32, and more than 100,000 nodes counted as if every alias were written out.
"""

import re

import yaml

from vendorgate.config.reader import Source, shown

FILE_LIMIT = 1024 * 1024
DEPTH_LIMIT = 32
"""Five levels are the deepest the configuration has; the C composer recurses on the C stack."""
NODE_LIMIT = 100_000

_PREFIX = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(_PREFIX + name for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map"))
# YAML 1.1, section 5.1, without the characters that change the direction or the look of the text around them.
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\u200a\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
# Globs and conditions start with characters that mean something to YAML.
_STRAY_STAR = "an unquoted `*` starts an alias, and none has this name: put the text in quotes"
_STRAY = {
    "while scanning an alias": _STRAY_STAR,
    "while scanning an anchor": "an unquoted `&` starts an anchor: put the whole text in quotes",
    "while scanning a tag": "an unquoted `!` starts a YAML tag: put the text in quotes",
}


def parse_document(source: Source, raw: bytes) -> yaml.Node | None:
    """Return the root node, or None after adding to ``source`` why there is none."""
    text = _decode(source, raw)
    if text is None:
        return None
    try:
        if not _is_bounded(source, text):
            return None
        root: yaml.Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        stray = _STRAY.get(error.context or "")
        mark = error.context_mark if stray else error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        source.add_at(line, column, stray or _syntax_message(error, text, line))
        return None
    except yaml.YAMLError:
        source.add_at(1, 1, "is not YAML")
        return None
    if root is None:
        source.add_at(1, 1, "is empty: start with `version: 1`, or run `vendorgate init --force`")
        return None
    _check_nodes(source, root)
    source.settle()
    return root


def _decode(source: Source, raw: bytes) -> str | None:
    if len(raw) > FILE_LIMIT:
        source.add_at(1, 1, "is larger than 1 MiB")
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _place(raw[: error.start].decode("utf-8-sig", "replace"))
        source.add_at(line, column, "is not UTF-8: save the file in that encoding")
        return None
    found = _FORBIDDEN.search(text)
    if found:
        line, column = _place(text[: found.start()])
        source.add_at(line, column, f"the invisible character U+{ord(found[0]):04X} is not allowed: remove it")
        return None
    return text


def _place(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _syntax_message(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    lines = text.split("\n")
    if line <= len(lines) and lines[line - 1].lstrip(" ").startswith("\t"):
        return "indent with spaces: YAML does not allow tabs"
    if error.problem and "expected a single document" in error.problem + (error.context or ""):
        return "holds more than one document: keep one, without `---` between"
    return "; ".join(part for part in (error.context, error.problem) if part) or "is not YAML"


def _is_bounded(source: Source, text: str) -> bool:
    """Count nodes and depth over events, which costs no recursion, before anything is built."""
    open_nodes: list[tuple[str | None, int]] = []
    sizes: dict[str, int] = {}
    count = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, start = open_nodes.pop()
            if anchor:
                sizes[anchor] = count - start
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        if isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in open_nodes):
                source.add_at(*_mark(event), "an alias that contains itself")
                return False
            if event.anchor not in sizes:
                source.add_at(*_mark(event), _STRAY_STAR)
                return False
            count += sizes[event.anchor]
        else:
            count += 1
            if isinstance(event, yaml.CollectionStartEvent):
                open_nodes.append((event.anchor, count - 1))
            elif event.anchor:
                sizes[event.anchor] = 1
        if count > NODE_LIMIT:
            source.add_at(*_mark(event), "holds more than 100,000 values, aliases written out")
            return False
        if len(open_nodes) > DEPTH_LIMIT:
            source.add_at(*_mark(event), "is nested deeper than 32 levels")
            return False
    return True


def _mark(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _check_nodes(source: Source, root: yaml.Node) -> None:
    pending, seen = [root], set[int]()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.tag not in _PLAIN_TAGS and node.tag not in (_PREFIX + "merge", _PREFIX + "value"):
            source.add(node, "an unquoted `!` starts a YAML tag, which is not supported: put the text in quotes")
        if isinstance(node, yaml.SequenceNode):
            pending.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            _check_keys(source, node)
            pending.extend(value for _, value in node.value)


def _check_keys(source: Source, node: yaml.MappingNode) -> None:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            source.add(key, "a key must be text: put it in quotes")
        elif key.tag == _PREFIX + "merge":
            source.add(key, "merge keys (`<<`) are not supported: write the keys out")
        elif key.tag != _PREFIX + "str":
            source.add(key, f"a key must be text, and YAML does not read {shown(key.value)} as text: put it in quotes")
        elif key.value in lines:
            source.add(key, f"{shown(key.value)} is already set in line {lines[key.value]}: keep one")
        else:
            lines[key.value] = key.start_mark.line + 1

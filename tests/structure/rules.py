"""The house rules as functions over source text, so that each can be shown to find what it looks for."""

import ast
import re
from collections.abc import Iterator

LONGEST_FILE = 350


def calls_of(source: str, name: str) -> list[int]:
    """Return the lines that call ``name(…)`` or ``….name(…)``."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and _called(node) == name]


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def environment_reads(source: str) -> list[int]:
    """Return the lines that reach the process's environment."""
    tree = ast.parse(source)
    names = {"environ", "environb", "getenv", "getenvb", "putenv"}
    found = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in names
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]
    found += [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "os" and names & {alias.name for alias in node.names}
    ]
    return sorted(found)


def blanket_excepts(source: str) -> list[int]:
    """Return the lines of handlers that catch everything and do not raise again."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ExceptHandler) and _catches_all(node.type) and not _raises(node)
    ]


def _catches_all(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(isinstance(each, ast.Name) and each.id in {"Exception", "BaseException"} for each in kinds)


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for node in ast.walk(handler))


# In pieces, so that this file does not hold what it forbids.
_HOSTS = re.compile(
    r"|".join(("py" + "pi\\.", "pythonhos" + "ted", "registry\\.np" + "mjs", "deb\\.deb" + "ian", "np" + "mmirror"))
)
_PATHS = re.compile(
    r"(?<![\w.$}])/(?:" + "|".join(("wo" + "rk", "fa" + "rm", "ho" + "me", "Us" + "ers", "ro" + "ot")) + r")/\w"
)


def machine_traces(text: str) -> Iterator[str]:
    """Yield package registries' hosts and paths of one machine."""
    for pattern in (_HOSTS, _PATHS):
        for found in pattern.finditer(text):
            yield text[max(found.start() - 20, 0) : found.end() + 20].replace("\n", " ")

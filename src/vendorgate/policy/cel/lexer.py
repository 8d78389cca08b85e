"""CEL source as tokens, and which variables a condition refers to.

The tokens serve two readers: the parser of the fast subset, which gives up at a token of kind ``other``, and
``find_references``, which must be right for the whole language and otherwise err towards "refers to everything".
Syntax is judged by the C++ compiler, never here.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

CALL_FIELDS = ("vendor", "function", "access", "method", "host", "path", "money", "size")
CALLER_FIELDS = ("id", "kind", "groups", "issuer", "claims")
ROOTS = ("call", "params", "caller", "now")
_LOOPS = frozenset(("all", "exists", "exists_one", "map", "filter"))


class Token(NamedTuple):
    """One token; ``kind`` is name, int, double, string (without escapes or prefix), op, other or end."""

    kind: str
    text: str


_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\n\f\r]+|//[^\n]*)
    |(?P<string>"[^"\\\r\n]*"(?!")|'[^'\\\r\n]*'(?!'))
    |(?P<other>
        (?:[bB]?[rR]|[rR][bB])(?:\"\"\"(?:.*?)\"\"\"|'''(?:.*?)'''|"[^"\r\n]*"|'[^'\r\n]*')
        |[bB]?(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\r\n])*"|'(?:\\.|[^'\\\r\n])*')
        |`[^`\r\n]*`
    )
    |(?P<double>[0-9]+(?:\.[0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)(?![A-Za-z0-9_]))
    |(?P<int>(?:0x[0-9a-fA-F]+|[0-9]+)(?![A-Za-z0-9_]))
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<op>&&|\|\||==|!=|<=|>=|[-<>!().,\[\]])
    |(?P<rest>.)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)


def tokenize(source: str) -> list[Token]:
    """Return the tokens of ``source``, ending with one of kind ``end``. Never fails."""
    tokens = [
        Token("other" if match.lastgroup == "rest" else match.lastgroup or "other", match[0])
        for match in _TOKEN.finditer(source)
        if match.lastgroup != "space"
    ]
    return [*tokens, Token("end", "")]


class References(NamedTuple):
    """What a condition refers to, at least."""

    roots: frozenset[str]
    fields: dict[str, frozenset[str] | None]
    """For each root the fields taken from it; None when it is used as a whole or in a way not understood."""
    paths: tuple[str, ...]
    """Dotted paths as written, for messages."""
    loops: int
    """How many ``all``, ``exists``, ``exists_one``, ``map`` and ``filter`` it has."""
    maps: int
    sums: int


def find_references(tokens: Sequence[Token]) -> References:
    """Find the variables, their fields, and what a cost bound needs to know."""
    fields: dict[str, set[str] | None] = {}
    paths: list[str] = []
    for place, token in enumerate(tokens):
        if token.kind != "name" or token.text not in ROOTS:
            continue
        path = _path(tokens, place)
        paths.append(".".join(path))
        if len(path) == 1 or (place > 0 and tokens[place - 1].text == "."):
            fields[token.text] = None
        elif (known := fields.setdefault(token.text, set())) is not None:
            known.add(path[1])
    loops = [token.text for token, following in pairwise(tokens) if token.text in _LOOPS and following.text == "("]
    return References(
        frozenset(fields),
        {root: None if known is None else frozenset(known) for root, known in fields.items()},
        tuple(dict.fromkeys(paths)),
        len(loops),
        loops.count("map"),
        sum(token.text == "+" for token in tokens),
    )


def _path(tokens: Sequence[Token], place: int) -> list[str]:
    """Return the names selected from the variable at ``place``; a method's name is not one of them."""
    path = [tokens[place].text]
    place += 1
    while True:
        if tokens[place].text == "." and tokens[place + 1].kind == "name" and tokens[place + 2].text != "(":
            path.append(tokens[place + 1].text)
            place += 2
        elif tokens[place].text == "[" and tokens[place + 1].kind == "string" and tokens[place + 2].text == "]":
            path.append(tokens[place + 1].text[1:-1])
            place += 3
        else:
            return path

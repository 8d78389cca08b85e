"""Reads the fast subset of CEL; gives up (``Unsupported``) at everything else, which then goes to the C++ evaluator.

Runs only on source that the C++ compiler has accepted, so it does not judge syntax: it only has to be sure that what
it does accept means the same. Grammar: https://github.com/google/cel-spec/blob/master/doc/langdef.md.
"""

from collections.abc import Sequence
from decimal import Decimal

from vendorgate.policy.cel.lexer import CALL_FIELDS, Token, tokenize
from vendorgate.policy.cel.tree import (
    And,
    Compare,
    Groups,
    Has,
    In,
    Literal,
    LiteralValue,
    Node,
    Not,
    Operand,
    Or,
    Path,
    TextTest,
    Truth,
)

MAX_NESTING = 32
"""Parentheses and negations; as many as the C++ parser takes."""
_COMPARE = frozenset(("==", "!=", "<", "<=", ">", ">="))
_TEXT_TESTS = frozenset(("startsWith", "endsWith", "contains"))
_CALLER_TEXT = frozenset(("id", "kind", "issuer"))
_CONSTANTS: dict[str, LiteralValue] = {"true": True, "false": False, "null": None}


class Unsupported(Exception):
    """The condition is outside the subset."""


def parse_subset(source: str) -> Node:
    """Return the tree of ``source``, or raise ``Unsupported``."""
    reader = _Reader(tokenize(source))
    node = reader.read_or()
    if reader.next.kind != "end":
        raise Unsupported
    return node


class _Reader:
    """Recursive descent, one method a level of precedence."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._tokens[self._place]
        if token.kind == "end":
            raise Unsupported
        self._place += 1
        return token

    def _skip(self, text: str) -> bool:
        if self.next.kind == "op" and self.next.text == text:
            self._place += 1
            return True
        return False

    def _need(self, text: str) -> None:
        if not self._skip(text):
            raise Unsupported

    def read_or(self) -> Node:
        parts = [self._read_and()]
        while self._skip("||"):
            parts.append(self._read_and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _read_and(self) -> Node:
        parts = [self._read_relation()]
        while self._skip("&&"):
            parts.append(self._read_relation())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _read_relation(self) -> Node:
        left = self._read_unary()
        operator = self.next.text
        if operator in _COMPARE:
            self._place += 1
            right = self._read_unary()
            # A chain such as a == b == c stops the parse here: the next token is an operator, no end and no &&.
            return Compare(operator, _operand(left), _operand(right))
        if operator == "in" and self.next.kind == "name":
            self._place += 1
            return In(_operand(left), self._read_container())
        return Truth(left) if isinstance(left, Literal | Path) else left

    def _read_unary(self) -> Node | Operand:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise Unsupported
        try:
            if self._skip("!"):
                part = self._read_unary()
                return Not(Truth(part) if isinstance(part, Literal | Path) else part)
            if self._skip("("):
                node = self.read_or()
                self._need(")")
                return node.operand if isinstance(node, Truth) else node
            return self._read_operand()
        finally:
            self._depth -= 1

    def _read_operand(self) -> Node | Operand:
        token = self.next
        if token.kind == "name" and token.text == "has" and self._tokens[self._place + 1].text == "(":
            self._place += 2
            path = _typed(self._read_path())
            self._need(")")
            return Has(path)
        literal = self._find_literal()
        operand = literal if literal is not None else self._read_typed_path()
        if self._skip("."):
            return self._read_text_test(operand)
        return operand

    def _read_text_test(self, receiver: Operand) -> TextTest:
        name = self._take().text
        if name not in _TEXT_TESTS:
            raise Unsupported
        self._need("(")
        argument = self._find_literal()
        test = TextTest(name, receiver, argument if argument is not None else self._read_typed_path())
        self._need(")")
        return test

    def _read_typed_path(self) -> Path:
        path = _typed(self._read_path())
        if path.kind == "money":
            raise Unsupported
        return path

    def _read_path(self) -> tuple[str, ...]:
        token = self._take()
        if token.kind != "name":
            raise Unsupported
        path = [token.text]
        while True:
            following = self._tokens[self._place + 1] if self.next.kind != "end" else self.next
            if self.next.text == "." and following.kind == "name":
                if self._tokens[self._place + 2].text == "(":
                    return tuple(path)
                path.append(following.text)
                self._place += 2
            elif self.next.text == "[" and following.kind == "string":
                path.append(following.text[1:-1])
                self._place += 2
                self._need("]")
            else:
                return tuple(path)

    def _find_literal(self) -> Literal | None:
        token = self.next
        if token.kind == "string":
            self._place += 1
            return Literal(token.text[1:-1])
        if token.kind == "name" and token.text in _CONSTANTS:
            self._place += 1
            return Literal(_CONSTANTS[token.text])
        negative = token.text == "-" and self._tokens[self._place + 1].kind in ("int", "double")
        if negative:
            token = self._tokens[self._place + 1]
        if token.kind not in ("int", "double"):
            return None
        self._place += 2 if negative else 1
        number = Decimal(token.text) if token.kind == "double" else int(token.text, 16 if "x" in token.text else 10)
        return Literal(-number if negative else number)

    def _read_container(self) -> tuple[LiteralValue, ...] | Path | Groups:
        if not self._skip("["):
            path = self._read_path()
            if path == ("caller", "groups"):
                return Groups()
            typed = _typed(path)
            if typed.kind not in ("any", "claim"):
                raise Unsupported
            return typed
        items: list[LiteralValue] = []
        while not self._skip("]"):
            literal = self._find_literal()
            if literal is None:
                raise Unsupported
            items.append(literal.value)
            if not self._skip(","):
                self._need("]")
                break
        return tuple(items)


def _operand(node: Node | Operand) -> Operand:
    if isinstance(node, Literal | Path):
        return node
    raise Unsupported


def _typed(path: tuple[str, ...]) -> Path:
    """Return ``path`` with what is known of the value there; raise ``Unsupported`` for a whole tree."""
    root, keys = path[0], path[1:]
    if root == "params" and keys:
        return Path(root, keys, "any")
    if root == "caller" and len(keys) == 1 and keys[0] in _CALLER_TEXT:
        return Path(root, keys, "text")
    if root == "caller" and len(keys) > 1 and keys[0] == "claims":
        return Path(root, keys, "claim")
    if root == "call" and keys in (("size",), ("money", "value")):
        return Path(root, keys, "number")
    if root == "call" and keys == ("money",):
        return Path(root, keys, "money")
    if root == "call" and (keys == ("money", "currency") or (len(keys) == 1 and keys[0] in CALL_FIELDS)):
        return Path(root, keys, "text")
    raise Unsupported

"""Evaluates the fast subset with CEL's treatment of errors, and says why a condition has no value.

The compiled form runs first and comes here only when something is missing or of the wrong type: ``&&`` and ``||``
absorb an error on either side when the other side decides (langdef, "Logical Operators").
"""

from collections.abc import Callable, Iterable, Mapping

from vendorgate.model import Call
from vendorgate.policy.cel.tree import And, Compare, Groups, Has, In, Literal, Node, Not, Operand, Or, Path, TextTest
from vendorgate.policy.cel.values import CannotEvaluate, contained, equal, has_field, kind_of, ordered

_CALL: dict[str, Callable[[Call], object]] = {
    "vendor": lambda call: call.function.vendor,
    "function": lambda call: call.function.name,
    "access": lambda call: call.function.access,
    "method": lambda call: call.canonical.method,
    "host": lambda call: call.canonical.host,
    "path": lambda call: call.canonical.target.partition("?")[0],
    "size": lambda call: len(call.canonical.body),
}
_CALLER: dict[str, Callable[[Call], object]] = {
    "id": lambda call: call.caller.id,
    "kind": lambda call: call.caller.kind,
    "issuer": lambda call: call.caller.issuer,
    "claims": lambda call: call.caller.claims,
}
_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
}


def interpret(node: Node, call: Call) -> bool:
    """Return the value of ``node`` for ``call``; raise ``CannotEvaluate`` when it has none."""
    match node:
        case And(parts):
            return not _decides(parts, call, decisive=False)
        case Or(parts):
            return _decides(parts, call, decisive=True)
        case Not(part):
            return not interpret(part, call)
        case Has(path):
            return _has(path, call)
        case Compare(operator, left, right):
            return _compare(operator, left, right, call)
        case In(item, container):
            value = _value(item, call)
            if isinstance(container, Groups):
                return isinstance(value, str) and value in call.caller.groups
            return contained(value, _value(container, call) if isinstance(container, Path) else container)
        case TextTest(name, receiver, argument):
            return _TEXT_TESTS[name](_text(receiver, name, call), _text(argument, name, call))
    value = _value(node.operand, call)
    if not isinstance(value, bool):
        raise CannotEvaluate(f"{_shown(node.operand)} is {kind_of(value)}, not true or false")
    return value


def _decides(parts: Iterable[Node], call: Call, *, decisive: bool) -> bool:
    """Whether some part is ``decisive``; the first error counts only when none is."""
    error: CannotEvaluate | None = None
    for part in parts:
        try:
            if interpret(part, call) is decisive:
                return True
        except CannotEvaluate as found:
            error = error or found
    if error is not None:
        raise error
    return False


def _compare(operator: str, left: Operand, right: Operand, call: Call) -> bool:
    one, other = _value(left, call), _value(right, call)
    if operator == "==":
        return equal(one, other)
    if operator == "!=":
        return not equal(one, other)
    try:
        return ordered(operator, one, other)
    except CannotEvaluate as error:
        names = f"{_shown(left)} {operator} {_shown(right)}"
        raise CannotEvaluate(f"{names} cannot be compared: {error}") from error


def _value(operand: Operand, call: Call) -> object:
    if isinstance(operand, Literal):
        return operand.value
    return _resolve(operand.root, operand.keys, call)


def _resolve(root: str, keys: tuple[str, ...], call: Call) -> object:
    if root == "call":
        if keys[0] != "money":
            return _CALL[keys[0]](call)
        if call.money is None:
            raise CannotEvaluate("call.money is missing")
        return call.money.value if keys[1] == "value" else call.money.currency
    value: object = call.params
    if root == "caller":
        value = _CALLER[keys[0]](call)
    for place in range(0 if root == "params" else 1, len(keys)):
        shown = ".".join((root, *keys[: place + 1]))
        if not isinstance(value, Mapping):
            raise CannotEvaluate(f"{shown} is missing: {'.'.join((root, *keys[:place]))} is {kind_of(value)}")
        if keys[place] not in value:
            raise CannotEvaluate(f"{shown} is missing")
        value = value[keys[place]]
    return value


def _has(path: Path, call: Call) -> bool:
    if path.root == "call":
        if path.keys == ("money",):
            return call.money is not None
        return _resolve(path.root, path.keys, call) is not None
    parent = path.keys[:-1]
    if path.root == "caller" and not parent:
        return True
    container = _resolve(path.root, parent, call) if parent else call.params
    try:
        return has_field(container, path.keys[-1])
    except CannotEvaluate as error:
        raise CannotEvaluate(f"{'.'.join((path.root, *parent))}: {error}") from error


def _text(operand: Operand, name: str, call: Call) -> str:
    value = _value(operand, call)
    if not isinstance(value, str):
        raise CannotEvaluate(f"{_shown(operand)} is {kind_of(value)}; {name} needs text")
    return value


def _shown(operand: Operand) -> str:
    if isinstance(operand, Path):
        return str(operand)
    return kind_of(operand.value)

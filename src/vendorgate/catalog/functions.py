"""One entry of a catalogue's ``functions``, checked in itself."""

import re

import yaml

from vendorgate.catalog.currency import EXPONENTS
from vendorgate.catalog.document import Document
from vendorgate.catalog.shape import Shape, add_param
from vendorgate.catalog.spec import FunctionSpec, MoneySpec
from vendorgate.catalog.template import parse_template

_NAME = r"[A-Za-z0-9_\-]{1,64}(?:\.[A-Za-z0-9_\-]{1,64}){0,9}"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_ACCESS = ("read", "write", "destroy")
_BODIES = ("form", "json", "multipart", "graphql", "none")
_SENSITIVE = r"(?:\*\*?|[^\s.*]+)(?:\.(?:\*\*?|[^\s.*]+))*"
_RESERVED = {"unlisted": "it stands for all that is not listed", "_method": "frameworks take it for the method"}
_FUNCTION = ("name", "match", "access", "body", "params", "money", "sensitive", "idempotency")


def read_function(document: Document, node: yaml.Node) -> FunctionSpec | None:
    """Return one listed function; None, with problems added, when it cannot be told what it is."""
    section = document.section(node, "a function", _FUNCTION)
    if section is None:
        return None
    for key in ("name", "match"):
        if key not in section:
            document.add(node, f"a function needs {key!r}")
    name = document.text(section.get("name"), "name", _NAME, "names with dots between, such as transfers.create")
    if name in _RESERVED:
        document.add(section["name"], f"a function cannot be called {name!r}: {_RESERVED[name]}")
    method, template = _read_match(document, section.get("match"))
    if not method or not name:
        return None
    shape = Shape("object")
    for segment in parse_template(template):
        if segment.literal is None:
            add_param(shape, segment.name, "string")
    in_path = frozenset(shape.fields)
    params = _read_params(document, section.get("params"), shape, in_path)
    return FunctionSpec(
        name,
        method,
        template,
        _read_word(document, section.get("access"), "access", _ACCESS) or _default_access(method),
        _read_word(document, section.get("body"), "body", _BODIES) or "none",
        params,
        _read_money(document, section["money"], shape) if "money" in section else None,
        read_sensitive(document, section.get("sensitive")),
        document.text(section.get("idempotency"), "idempotency", r"[A-Za-z0-9\-]{1,64}", "a header field's name")
        or None,
    )


def read_sensitive(document: Document, node: yaml.Node | None) -> tuple[str, ...]:
    """Return dotted parameter paths; ``*`` stands for one step, ``**`` for any number."""
    wanted = "a parameter's dotted path; * stands for one step, ** for any number"
    paths = [document.text(item, "sensitive", _SENSITIVE, wanted) for item in document.items(node, "sensitive")]
    return tuple(path for path in paths if path)


def _read_match(document: Document, node: yaml.Node | None) -> tuple[str, str]:
    written = document.text(node, "match", r"\S+ \S+", "a method and a path, such as POST /v1/transfers/{transfer}")
    if node is None or not written:
        return "", ""
    method, _, template = written.partition(" ")
    if method not in _METHODS:
        document.add(node, f"match: the method must be one of {', '.join(_METHODS)}")
        return "", ""
    try:
        parse_template(template)
    except ValueError as error:
        document.add(node, f"match: {error}")
        return "", ""
    return method, template


def _default_access(method: str) -> str:
    if method in ("GET", "HEAD", "OPTIONS"):
        return "read"
    return "destroy" if method == "DELETE" else "write"


def _read_word(document: Document, node: yaml.Node | None, title: str, words: tuple[str, ...]) -> str:
    return document.text(node, title, "|".join(words), f"{', '.join(words[:-1])} or {words[-1]}")


def _read_params(
    document: Document, node: yaml.Node | None, shape: Shape, in_path: frozenset[str]
) -> tuple[tuple[str, str], ...]:
    if node is None:
        return ()
    params: list[tuple[str, str]] = []
    for key, value in document.pairs(node, "params"):
        type_name = document.text(value, "a type", r"\S+", "a type such as integer, string or string[]")
        if not type_name:
            continue
        if key.value in _RESERVED:
            document.add(key, f"a parameter cannot be called {key.value!r}: {_RESERVED[key.value]}")
            continue
        if key.value in in_path:
            if type_name != "string":
                document.add(key, f"{key.value!r} stands in the path, so it is a string")
            continue
        try:
            add_param(shape, key.value, type_name)
        except ValueError as error:
            document.add(key, str(error))
        else:
            params.append((key.value, type_name))
    return tuple(params)


def _read_money(document: Document, node: yaml.Node, shape: Shape) -> MoneySpec | None:
    section = document.section(node, "money", ("amount", "currency", "unit"))
    if section is None:
        return None
    for key in ("amount", "currency"):
        if key not in section:
            document.add(node, f"money needs {key!r}")
    amount = document.text(section.get("amount"), "amount", r"\S+", "a parameter's dotted name")
    currency = document.text(section.get("currency"), "currency", r"\S+", "a parameter's dotted name, or =USD")
    unit = _read_word(document, section.get("unit"), "unit", ("minor", "major")) or "minor"
    if amount:
        _check_param(document, section["amount"], shape, amount, ("integer",) if unit == "minor" else _NUMBERS)
    if currency.startswith("="):
        if not re.fullmatch("=[A-Za-z]{3}", currency) or currency[1:].upper() not in EXPONENTS:
            document.add(section["currency"], "a fixed currency is = and an ISO 4217 code, such as =USD")
    elif currency:
        _check_param(document, section["currency"], shape, currency, ("string",))
    return MoneySpec(amount, currency, unit)


_NUMBERS = ("integer", "number")


def _check_param(document: Document, node: yaml.Node, shape: Shape, dotted: str, kinds: tuple[str, ...]) -> None:
    """Money is read from declared parameters only: what is not declared has no type, so no one meaning."""
    found = shape.find(dotted)
    if found is None:
        document.add(node, f"money names {dotted!r}, which params does not declare")
    elif found.kind not in kinds:
        document.add(node, f"money needs {dotted!r} to be declared as {' or '.join(kinds)}")

"""The body of a request → its part of the parameter tree, and the bytes that are sent instead of the caller's."""

from vendorgate.catalog import content_type as kinds
from vendorgate.catalog.compiled import CompiledFunction
from vendorgate.catalog.errors import MatchRefused
from vendorgate.model import Params
from vendorgate.wire.form_tree import decode_form, parse_form
from vendorgate.wire.header_rules import ClientFields
from vendorgate.wire.json_tree import read_json, render_json

ROOT = "body"
"""Name of the parameter that a JSON body which is no object becomes."""
_WANTED = {"form": "application/x-www-form-urlencoded", "json": "application/json"}
_NO_TREE: Params = {}


def read_body(
    compiled: CompiledFunction, fields: ClientFields, method: str, body: bytes, *, depth: int
) -> tuple[Params, bytes]:
    """Return the parameters and the body to send. Raises ``MatchRefused`` (415) and ``TreeError``.

    An unlisted function's body of another type than form and JSON passes as it is and gives no parameters.
    """
    if fields.content_encoding is not None and fields.content_encoding.lower() != b"identity":
        raise MatchRefused("unreadable_body", "The body has a Content-Encoding. Send it without.")
    kind = body_kind(fields.content_type)
    wanted = compiled.body
    if wanted in ("multipart", "graphql"):
        raise MatchRefused("unreadable_body", f"A {wanted} body cannot be read yet. Ask for the function as JSON.")
    if not body:
        return _NO_TREE, body
    if kind is None:
        raise MatchRefused("unreadable_body", "The body has no Content-Type. Send one.")
    if kind == kinds.MALFORMED:
        raise MatchRefused("unreadable_body", "Content-Type cannot be read. Send one, such as application/json.")
    if kind == kinds.CHARSET:
        raise MatchRefused("unreadable_body", "The body's charset is not UTF-8. Send UTF-8.")
    if wanted == "none" or (wanted == "any" and method in ("GET", "HEAD")):
        raise MatchRefused("unreadable_body", "This function takes no body. Send the parameters in the query.")
    if wanted not in (kind, "any"):
        raise MatchRefused("unreadable_body", f"This function takes {_WANTED[wanted]}. Send the body as that.")
    if kind == kinds.FORM:
        tree, text = parse_form(decode_form(body), lists=compiled.lists)
        return tree, text.encode("ascii")
    if kind == kinds.JSON:
        value = read_json(body, depth=depth)
        if isinstance(value, dict):
            return value, render_json(value)
        if not compiled.takes_array:
            raise MatchRefused("unreadable_body", "$: the body must be a JSON object.", status=422)
        return {ROOT: value}, render_json(value)
    return _NO_TREE, body


def body_kind(content_type: bytes | None) -> str | None:
    """Return what kind of body is announced, None when nothing is."""
    return None if content_type is None else kinds.body_kind(content_type)

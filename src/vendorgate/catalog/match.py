"""match: a request and its caller → the call that policy judges, and the one request that may be sent for it."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

from vendorgate.catalog.body import read_body
from vendorgate.catalog.compiled import (
    CompiledFunction,
    attach_header,
    attach_query,
    compile_function,
    compile_unlisted,
)
from vendorgate.catalog.errors import MatchRefused, refuse_tree
from vendorgate.catalog.path import read_path_values
from vendorgate.catalog.routes import Routes
from vendorgate.catalog.spec import VendorCatalog
from vendorgate.catalog.template import parse_template
from vendorgate.catalog.twins import check_twins
from vendorgate.catalog.typed import convert_fields
from vendorgate.model import Call, Caller, CanonicalRequest, ClientRequest, Function, Params
from vendorgate.wire.form_tree import parse_form
from vendorgate.wire.header_rules import ClientFields, read_headers
from vendorgate.wire.tree_error import TreeError

DEPTH_LIMIT = 250
"""Deepest JSON that can be written again (orjson stops at 254), whatever ``json_depth`` says."""


class VendorEntry(NamedTuple):
    """A configured vendor as matching needs it."""

    name: str
    catalog: VendorCatalog
    authority: str
    """Host, and port if it is not the default: what the vendor sees as Host."""
    base_path: str
    """The base_url's own path, without a trailing slash; empty when it has none."""


class Matcher:
    """The catalogues of all configured vendors, compiled. Immutable; safe to share."""

    def __init__(self, vendors: Sequence[VendorEntry], *, json_depth: int) -> None:
        self._vendors = {entry.name: _Vendor(entry) for entry in vendors}
        self._depth = min(json_depth, DEPTH_LIMIT)
        self.functions: Mapping[str, Function] = MappingProxyType(
            {function.full_name: function for vendor in self._vendors.values() for function in vendor.functions}
        )
        """Full name → function: what the catalogues list, and ``<vendor>.unlisted`` for each vendor."""

    def match(self, request: ClientRequest, caller: Caller) -> Call:
        """Return the call a request makes. Raises ``MatchRefused`` (400, 403, 415, 422) and ``FramingError`` (400)."""
        vendor = self._vendors.get(request.vendor)
        if vendor is None:
            raise MatchRefused("unknown_vendor", "No vendor of this name is configured. Check the base URL.")
        method = request.method
        path = request.path
        compiled, params = vendor.route(method, path)
        fields = read_headers(request.headers, vendor.attach_header)
        if compiled.idempotency is not None:
            _check_once(fields, compiled.idempotency)
        target = vendor.base_path + path
        source = "query"
        try:
            if request.query:
                query, text = parse_form(request.query, drop=vendor.attach_query, lists=compiled.lists)
                convert_fields(query, compiled.text_fields, params)
                if text:
                    target = f"{target}?{text}"
            source = "body"
            tree, body = read_body(compiled, fields, method, request.body, depth=self._depth)
            if tree:
                convert_fields(tree, compiled.fields, params)
            source = "parameters"
            check_twins(params, compiled.level)
            money = compiled.money.read(params) if compiled.money is not None else None
        except TreeError as error:
            raise refuse_tree(error, source) from None
        head = f"{method}\0{vendor.authority}\0{target}\0".encode("ascii")
        digest = sha256(b"%b%b\0%b" % (head, fields.content_type or b"", body)).hexdigest()
        canonical = CanonicalRequest(method, vendor.authority, target, fields.kept, body)
        return Call(request.id, caller, compiled.function, params, money, digest, canonical, request)


def _check_once(fields: ClientFields, name: bytes) -> None:
    count = 0
    for field, _ in fields.kept:
        if field == name:
            count += 1
    if count > 1:
        raise MatchRefused("bad_request", f"{name.decode('ascii')} stands more than once. Send it once.", close=True)


class _Vendor:
    """One vendor's routes."""

    def __init__(self, entry: VendorEntry) -> None:
        catalog = entry.catalog
        self.authority = entry.authority
        self.base_path = entry.base_path
        self.attach_header = attach_header(catalog)
        self.attach_query = attach_query(catalog)
        self._unlisted = compile_unlisted(entry.name, catalog)
        self._routes = Routes[CompiledFunction]()
        self._folded = Routes[CompiledFunction](fold=True)
        self.functions = [self._unlisted.function]
        for spec in catalog.functions:
            compiled = compile_function(entry.name, catalog, spec)
            segments = parse_template(spec.template)
            self._routes.add(spec.method, segments, compiled)
            self._folded.add(spec.method, segments, compiled)
            self.functions.append(compiled.function)

    def route(self, method: str, path: str) -> tuple[CompiledFunction, Params]:
        """Return the function and the parameters its path holds. Raises ``MatchRefused`` (400)."""
        found = self._routes.find(method, path)
        if found is not None:
            compiled, names, values = found
            return compiled, read_path_values(names, values) if names else {}
        if method in ("TRACE", "CONNECT"):
            raise MatchRefused("bad_request", f"{method} is not offered here.", close=True)
        # A vendor that ignores case, or what stands at the end here, would run a listed function under another name.
        if self._folded.find(method, path.lower().replace("%20", " ").rstrip("/. ")) is not None:
            raise MatchRefused(
                "bad_request",
                "The path differs from a listed function's only in case, or by a slash, dot or blank at its end. "
                "Spell it as the vendor's documentation does.",
                close=True,
            )
        return self._unlisted, {}

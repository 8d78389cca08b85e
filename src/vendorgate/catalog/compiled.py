"""Functions compiled for matching: everything that does not depend on the request, worked out once."""

from vendorgate.catalog.money import MoneyReader
from vendorgate.catalog.shape import build_shape
from vendorgate.catalog.spec import FunctionSpec, VendorCatalog
from vendorgate.catalog.template import parse_template
from vendorgate.catalog.twins import compile_level
from vendorgate.catalog.typed import compile_fields
from vendorgate.model import Function

UNLISTED = "unlisted"
# A field some frameworks take for the method (Rails, Laravel, Symfony): no call may carry it.
METHOD_FIELD = "_method"


class CompiledFunction:
    """One function of one configured vendor, ready to be matched against requests."""

    __slots__ = (
        "body",
        "fields",
        "function",
        "idempotency",
        "level",
        "lists",
        "money",
        "takes_array",
        "text_fields",
    )

    def __init__(self, function: Function, spec: FunctionSpec | None, attach_query: str | None) -> None:
        params = spec.params if spec is not None else ()
        if spec is not None:
            declared = {name for name, _ in params}
            in_path = (segment.name for segment in parse_template(spec.template) if segment.literal is None)
            params = (*params, *((name, "string") for name in in_path if name not in declared))
        shape = build_shape(params)
        reserved = (METHOD_FIELD,) if attach_query is None else (METHOD_FIELD, attach_query)
        self.function = function
        self.body = function.body
        self.text_fields = compile_fields(shape, text=True)
        """Converters for parameters from the query and from a form."""
        self.fields = compile_fields(shape, text=False) if function.body == "json" else self.text_fields
        """Converters for parameters from the body."""
        self.level = compile_level(shape, reserved=reserved)
        self.lists = frozenset(
            name
            for name, field in shape.fields.items()
            if field.kind == "array" and (field.item is None or field.item.kind in (None, *_FLAT))
        )
        self.takes_array = not function.listed or "body" in shape.fields
        """Whether a JSON body may be something else than an object; it is then the parameter ``body``."""
        self.money = MoneyReader(spec.money) if spec is not None and spec.money is not None else None
        name = function.idempotency.lower().encode("ascii") if function.idempotency else None
        self.idempotency = None if name == b"idempotency-key" else name
        """A vendor's own idempotency field; the usual one is held to stand once by the header rules."""


_FLAT = ("integer", "number", "string", "boolean")


def compile_function(vendor: str, catalog: VendorCatalog, spec: FunctionSpec) -> CompiledFunction:
    """Compile a listed function under the vendor's configured name."""
    function = Function(
        vendor,
        spec.name,
        spec.access,
        spec.body,
        (*spec.sensitive, *catalog.sensitive),
        spec.idempotency,
    )
    return CompiledFunction(function, spec, attach_query(catalog))


def compile_unlisted(vendor: str, catalog: VendorCatalog) -> CompiledFunction:
    """Compile what stands for all that the catalogue does not list. Its access is ``write``: it may be anything."""
    function = Function(vendor, UNLISTED, "write", "any", catalog.sensitive, None, listed=False)
    return CompiledFunction(function, None, attach_query(catalog))


def attach_query(catalog: VendorCatalog) -> str | None:
    """Return the query parameter that carries the vendor's credential, if it travels there."""
    scheme, _, name = catalog.attach.partition(":")
    return name if scheme == "query" else None


def attach_header(catalog: VendorCatalog) -> bytes | None:
    """Return the lower-case field name that carries the vendor's credential, if it has one of its own."""
    scheme, _, name = catalog.attach.partition(":")
    return name.lower().encode("ascii") if scheme == "header" else None

"""Catalogue files → ``VendorCatalog``: every problem at once, each with its line and column."""

from importlib.resources import files

import yaml

from vendorgate.catalog.document import Document
from vendorgate.catalog.errors import CatalogProblems
from vendorgate.catalog.functions import read_function, read_sensitive
from vendorgate.catalog.spec import FunctionSpec, VendorCatalog
from vendorgate.catalog.template import is_ambiguous, parse_template

_VENDOR = r"[a-z][a-z0-9-]{0,40}"
_URL = r"https?://[A-Za-z0-9.\-_\[\]:{}]+(?:/[!-~]*)?"
_FIELD_NAME = r"[A-Za-z0-9\-]{1,64}"
_ATTACH = rf"bearer|basic-user|basic|header:{_FIELD_NAME}|query:[A-Za-z0-9_\-.]{{1,64}}"
_ATTACH_WANTED = "bearer, basic-user, basic, header:NAME or query:NAME"

__all__ = ["CatalogProblems", "builtin_names", "load_builtin", "load_catalog"]


def builtin_names() -> tuple[str, ...]:
    """Return the names of the built-in catalogues, sorted."""
    folder = files("vendorgate.catalog").joinpath("vendors")
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def load_builtin(name: str) -> VendorCatalog | None:
    """Return a built-in catalogue, or None when there is none of this name."""
    if name not in builtin_names():
        return None
    text = files("vendorgate.catalog").joinpath("vendors", f"{name}.yaml").read_text("utf-8")
    return load_catalog(text, f"built-in catalogue {name}")


def load_catalog(text: str, source: str) -> VendorCatalog:
    """Return what a catalogue file says. Raises ``CatalogProblems`` with everything that is wrong with it.

    ``source`` names the file in messages.
    """
    document = Document()
    root = document.parse(text)
    catalog = None if root is None else _read(document, root)
    if catalog is None or document.problems:
        raise CatalogProblems(source, tuple(sorted(document.problems)))
    return catalog


def _read(document: Document, root: yaml.Node) -> VendorCatalog | None:
    known = ("vendor", "base_url", "attach", "functions", "sensitive")
    section = document.section(root, "a catalogue", known)
    if section is None:
        return None
    for key in ("vendor", "attach", "functions"):
        if key not in section:
            document.add(root, f"a catalogue needs {key!r}")
    vendor = document.text(section.get("vendor"), "vendor", _VENDOR, "lower-case letters, digits and -")
    base_url = document.text(section.get("base_url"), "base_url", _URL, "an http or https URL")
    attach = document.text(section.get("attach"), "attach", _ATTACH, _ATTACH_WANTED)
    functions: list[FunctionSpec] = []
    places: list[yaml.Node] = []
    for node in document.items(section.get("functions"), "functions"):
        function = read_function(document, node)
        if function is not None:
            functions.append(function)
            places.append(node)
    _check_names(document, functions, places)
    _check_templates(document, functions, places)
    sensitive = read_sensitive(document, section.get("sensitive"))
    return VendorCatalog(vendor, base_url or None, attach, tuple(functions), sensitive)


def _check_names(document: Document, functions: list[FunctionSpec], places: list[yaml.Node]) -> None:
    lines: dict[str, int] = {}
    for function, node in zip(functions, places, strict=True):
        if function.name in lines:
            document.add(node, f"the function {function.name!r} is already listed in line {lines[function.name]}")
        else:
            lines[function.name] = node.start_mark.line + 1


def _check_templates(document: Document, functions: list[FunctionSpec], places: list[yaml.Node]) -> None:
    """Find templates that fit one path equally well: only those whose literals and weights are the same can."""
    groups: dict[tuple[str, tuple[str | int, ...]], list[int]] = {}
    segments = [parse_template(function.template) for function in functions]
    for index, function in enumerate(functions):
        look = tuple(segment.weight if segment.literal is None else segment.literal for segment in segments[index])
        groups.setdefault((function.method, look), []).append(index)
    for group in groups.values():
        for position, late in enumerate(group):
            for early in group[:position]:
                if is_ambiguous(segments[early], segments[late]):
                    document.add(
                        places[late],
                        f"{functions[late].name!r} and {functions[early].name!r} (line "
                        f"{places[early].start_mark.line + 1}) match the same paths equally well",
                    )

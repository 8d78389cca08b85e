"""``masking``: what is masked in the record, and in what callers get back."""

import re
from collections.abc import Collection

import yaml

from vendorgate.config.reader import Section, Wrong, suggest
from vendorgate.config.values import list_of, one_of, text
from vendorgate.masking.spec import ALL_DETECTORS, MaskSpec

_FUNCTIONS = re.compile(r"[a-z0-9*][A-Za-z0-9*_.-]*")
_SEGMENT = re.compile(r"[^\s.]+")


def read_masking(root: Section, vendors: Collection[str]) -> tuple[MaskSpec, MaskSpec]:
    """Read the section: the record's masks (all detectors by default) and the answers' (none by default)."""
    record, response = MaskSpec(detect=ALL_DETECTORS), MaskSpec()
    section = root.open("masking")
    if section is None:
        return record, response
    with section:
        return _mask(section, "record", record, vendors), _mask(section, "response", response, vendors)


def _mask(section: Section, key: str, default: MaskSpec, vendors: Collection[str]) -> MaskSpec:
    node = section.find(key)
    if node is None:
        return default
    if isinstance(node, yaml.SequenceNode):  # a list alone names detectors
        return MaskSpec(detect=section.source.attempt(node, list_of(one_of(ALL_DETECTORS)), ()))
    below = section.source.section(node, key)
    if below is None:
        return default
    with below:
        detect = below.get("detect", list_of(one_of(ALL_DETECTORS)), default.detect)
        return MaskSpec(detect=tuple(dict.fromkeys(detect)), fields=_fields(below, vendors))


def _fields(section: Section, vendors: Collection[str]) -> tuple[tuple[str, str], ...]:
    def read(node: yaml.Node) -> tuple[str, str]:
        return _field(node, vendors)

    return section.get("fields", list_of(read), ())


def _field(node: yaml.Node, vendors: Collection[str]) -> tuple[str, str]:
    if isinstance(node, yaml.MappingNode):
        raise Wrong(node, 'must be text: put the whole rule in quotes, such as "stripe.*: **.client_secret"')
    functions, separator, path = text(node).partition(": ")
    path = path.strip()
    if not separator or not _FUNCTIONS.fullmatch(functions) or not path:
        raise Wrong(node, 'must be "FUNCTION: PATH", such as "stripe.*: **.client_secret"')
    if not all(_SEGMENT.fullmatch(segment) for segment in path.split(".")):
        raise Wrong(node, "must have a path of names, * and ** with one dot between")
    vendor = functions.partition(".")[0]
    if "*" not in vendor and vendor not in vendors:
        raise Wrong(node, f"no vendor has the name in front of the dot{suggest(vendor, list(vendors))}")
    return functions, path

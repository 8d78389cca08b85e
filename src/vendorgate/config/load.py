"""vendorgate.yaml → ``Settings``, or every problem of it at once."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import yaml

from vendorgate.config.catalogs import CatalogFolder
from vendorgate.config.document import FILE_LIMIT, parse_document
from vendorgate.config.problems import ConfigProblems, Problem
from vendorgate.config.reader import Source, Wrong, is_null
from vendorgate.config.sections.access import read_access
from vendorgate.config.sections.credentials import read_credentials
from vendorgate.config.sections.identity import read_identity
from vendorgate.config.sections.limits import read_limits
from vendorgate.config.sections.listen import read_listen
from vendorgate.config.sections.masking import read_masking
from vendorgate.config.sections.rules import check_rules, read_rules
from vendorgate.config.sections.vendors import read_vendors
from vendorgate.config.settings import Settings, VendorSettings
from vendorgate.config.values import integer, text
from vendorgate.policy.spec import RuleSpec


def load_settings(path: Path) -> Settings:
    """Read the configuration at ``path`` and the catalogues it names. Raises ``ConfigProblems`` with all problems."""
    source = Source(str(path))
    raw = _read(source, path)
    root = None if raw is None else parse_document(source, raw)
    settings = None if root is None or raw is None else _settings(source, root, raw, path.parent)
    if settings is None or source.problems:
        raise ConfigProblems(_in_order(source))
    return settings


def _read(source: Source, path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(FILE_LIMIT + 1)
    except FileNotFoundError:
        source.add_at(1, 1, "no such file: run `vendorgate init` to write one, or name it with --config")
    except (OSError, ValueError) as error:
        source.add_at(1, 1, f"cannot be read: {getattr(error, 'strerror', None) or 'not a path'}")
    return None


def _in_order(source: Source) -> tuple[Problem, ...]:
    """Order by file (the configuration first), line and column; an alias's problem is found once per use, said once."""
    return tuple(sorted(dict.fromkeys(source.problems), key=lambda found: (found.file != source.file, found)))


def _settings(source: Source, node: yaml.Node, raw: bytes, folder: Path) -> Settings | None:
    root = source.section(_without_empty(node), "the configuration")
    if root is None:
        return None
    with root:
        root.need("version", _version, 1)
        root.get("store", _store, "sqlite")
        listen = read_listen(root, folder)
        issuers, local_issuer = read_identity(root, folder)
        access = read_access(root)
        credentials = read_credentials(root, folder)
        catalogs = CatalogFolder(source, folder)
        vendors = read_vendors(root, folder, catalogs, [spec.name for spec in credentials])
        rules = read_rules(root)
        written = [key.value for key, _ in source.entries(root.place("vendors"), "")] if root.find("vendors") else []
        record, response = read_masking(root, written)
        limits = read_limits(root)
    if len(vendors) == len(written):  # else a rule about a vendor with problems would be reported as unknown
        check_rules(root, rules, lambda specs: _rule_problems(specs, vendors, limits.json_depth))
    return Settings(
        listen=listen,
        issuers=issuers,
        local_issuer=local_issuer,
        credentials=credentials,
        vendors=vendors,
        rules=tuple(rule.spec for rule in rules),
        access=access,
        mask_record=record,
        mask_response=response,
        limits=limits,
        version=hashlib.sha256(b"".join([raw, *catalogs.content])).hexdigest()[:12],
    )


_FREE_TO_BE_EMPTY = ("listen", "identity", "access", "credentials", "vendors", "rules", "masking", "limits")


def _without_empty(node: yaml.Node) -> yaml.Node:
    """Leave out sections of which everything is commented out. Further down, nothing is never taken for a default."""
    if isinstance(node, yaml.MappingNode):
        node.value = [
            (key, value)
            for key, value in node.value
            if not (is_null(value) and getattr(key, "value", None) in _FREE_TO_BE_EMPTY)
        ]
    return node


def _version(node: yaml.Node) -> int:
    try:
        return integer(1, 1)(node)
    except Wrong as wrong:
        raise Wrong(node, "must be 1: the only version of this file's format") from wrong


def _store(node: yaml.Node) -> str:
    written = text(node)
    if written.startswith(("postgresql:", "postgres:")):
        raise Wrong(node, "PostgreSQL is not supported yet: use sqlite")
    if written != "sqlite":
        raise Wrong(node, "must be sqlite")
    return written


def _rule_problems(
    rules: Sequence[RuleSpec], vendors: Sequence[VendorSettings], json_depth: int
) -> Sequence[tuple[int, str, str]]:
    # Both pull in the expression engine and the matchers, which nobody needs who only reads another section.
    from vendorgate.catalog.match import Matcher, VendorEntry
    from vendorgate.policy import rule_problems

    entries = [VendorEntry(v.name, v.catalog, v.origin.authority, v.origin.base_path) for v in vendors]
    return rule_problems(rules, Matcher(entries, json_depth=json_depth).functions)

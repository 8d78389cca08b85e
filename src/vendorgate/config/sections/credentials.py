"""``credentials``: where each secret comes from. The secrets themselves never stand in the file."""

from pathlib import Path

import yaml

from vendorgate.config.files import file_path
from vendorgate.config.reader import Section, Source, Wrong
from vendorgate.config.values import matching, name, one_of, text
from vendorgate.credentials.spec import CredentialSpec

SOURCES = ("store", "env", "file")
_variable = matching(r"[A-Za-z_][A-Za-z0-9_]{0,127}", "must be the name of an environment variable")


def read_credentials(root: Section, folder: Path) -> tuple[CredentialSpec, ...]:
    """Read the section: one spec a name."""
    node = root.find("credentials")
    if node is None:
        return ()
    found: list[CredentialSpec] = []
    for key, value in root.source.entries(node, "credentials"):
        written = root.source.attempt(key, name, "")
        spec = read_origin(root.source, written or "credential", value, folder)
        if spec is not None:
            found.append(spec)
    return tuple(found)


def read_origin(source: Source, written: str, node: yaml.Node, folder: Path) -> CredentialSpec | None:
    """Read ``{from: store}``, ``{from: env, name: …}`` or ``{from: file, path: …}``; None after adding a problem."""
    if isinstance(node, yaml.ScalarNode):
        # Somebody may have pasted the secret itself: the message must not repeat it.
        source.add(
            node, "must say where the secret comes from, such as {from: store}; the secret never stands in this file"
        )
        return None
    section = source.section(node, "a credential")
    if section is None:
        return None
    with section:
        origin = section.need("from", _origin, "")
        location: str | None = None
        if origin == "env":
            location = section.need("name", _variable, "")
        elif origin == "file":
            location = str(section.need("path", file_path(folder), folder))
        elif origin in ("", "vault"):
            for key in ("name", "path", "field"):
                section.get(key, text, "")
        return CredentialSpec(name=written, source=origin, location=location)


def _origin(node: yaml.Node) -> str:
    if text(node) == "vault":
        raise Wrong(node, "vault is not supported yet: use store, env or file")
    return one_of(SOURCES)(node)

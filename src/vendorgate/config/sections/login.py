"""``identity.login``: how people sign in. Checked in shape; nothing acts on it yet."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from vendorgate.config.addresses import needs_permission, url
from vendorgate.config.reader import Section, Source, Wrong
from vendorgate.config.sections.credentials import read_origin
from vendorgate.config.values import list_of, name, text


def check_login(source: Source, nodes: Sequence[yaml.Node], folder: Path) -> None:
    """Add every problem of the sign-in providers: each has a name and exactly one of ``oidc`` and ``saml``."""
    names: set[str] = set()
    for node in nodes:
        section = source.section(node, "a login")
        if section is None:
            continue
        with section:
            found = section.need("name", name, "")
            if found in names and found:
                source.add(section.place("name"), "another login has this name already")
            names.add(found)
            oidc, saml = section.find("oidc"), section.find("saml")
            if (oidc is None) == (saml is None):
                source.add(node, "a login needs exactly one of oidc and saml")
            _oidc(section.open("oidc"), folder)
            _saml(section.open("saml"))


def _oidc(section: Section | None, folder: Path) -> None:
    if section is None:
        return
    with section:
        section.need("issuer", _https, "")
        section.need("client_id", text, "")
        if section.find("client_secret") is None:
            section.source.add(section.node, "oidc needs 'client_secret'")
        else:
            read_origin(section.source, "client_secret", section.place("client_secret"), folder)
        section.get("groups_claim", text, "")
        section.get("email_claim", text, "")
        section.get("scopes", list_of(text), ())


def _saml(section: Section | None) -> None:
    if section is None:
        return
    with section:
        section.need("idp_metadata", _metadata, "")
        section.get("groups_attribute", text, "")
        section.get("email_attribute", text, "")


def _https(node: yaml.Node) -> str:
    reason = needs_permission(url(node))
    if reason:
        raise Wrong(node, reason)
    return text(node)


def _metadata(node: yaml.Node) -> str:
    return _https(node) if "://" in text(node) else text(node)

"""``identity``: whose tokens are accepted, and how people sign in."""

import re
from pathlib import Path

import yaml

from vendorgate.config.addresses import Url, needs_permission, url, url_with_query
from vendorgate.config.files import existing_file
from vendorgate.config.reader import Read, Section, Source, Wrong
from vendorgate.config.sections.login import check_login
from vendorgate.config.values import boolean, list_of, name, one_of, text
from vendorgate.identity.spec import IssuerSpec

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
KINDS = ("workload", "human", "agent")
_TEMPLATE = re.compile(r"(?:[^{}]|\{[A-Za-z0-9_.:/-]{1,128}\})*")


def read_identity(root: Section, folder: Path) -> tuple[tuple[IssuerSpec, ...], bool]:
    """Read the section: the issuers, and whether the local issuer's tokens are accepted (the default)."""
    section = root.open("identity")
    if section is None:
        return (), True
    with section:
        local = section.get("local_issuer", boolean, True)
        issuers: list[IssuerSpec] = []
        for node in section.items("issuers"):
            below = root.source.section(node, "an issuer")
            if below is not None:
                with below:
                    issuer = _issuer(below, folder)
                _check_unique(root.source, below, issuer, issuers)
                issuers.append(issuer)
        check_login(root.source, section.items("login"), folder)
        return tuple(issuers), local


def _check_unique(source: Source, below: Section, issuer: IssuerSpec, others: list[IssuerSpec]) -> None:
    if issuer.name == "local":
        source.add(below.place("name"), "'local' is the built-in issuer's name: choose another")
    if issuer.name and any(issuer.name == other.name for other in others):
        source.add(below.place("name"), "another issuer has this name already")
    if issuer.issuer and any(_accepts(issuer) == _accepts(other) for other in others):
        source.add(below.place("issuer"), "another issuer has this URL, audience and require already")


def _accepts(issuer: IssuerSpec) -> tuple[object, ...]:
    return issuer.issuer, issuer.audience, issuer.require


def _issuer(section: Section, folder: Path) -> IssuerSpec:
    private = section.get("allow_private", boolean, False)

    def read_jwks(node: yaml.Node) -> str:
        if "://" in text(node):
            return _https(node, private, url_with_query)
        return str(existing_file(folder)(node))

    return IssuerSpec(
        name=section.need("name", name, ""),
        issuer=section.need("issuer", lambda node: _https(node, private), ""),
        audience=section.need("audience", text, ""),
        jwks=section.get("jwks", read_jwks, None),
        algorithms=section.get("algorithms", list_of(_algorithm, empty="must name at least one algorithm"), ("RS256",)),
        kind=section.get("kind", one_of(KINDS), "workload"),
        subject=section.get("subject", _subject, "{sub}"),
        groups=section.get("groups", list_of(_template), ()),
        groups_claim=section.get("groups_claim", text, None),
        require=_require(section),
        allow_private=private,
    )


def _https(node: yaml.Node, private: bool, read: Read[Url] = url) -> str:
    # An issuer is compared with the token's `iss` byte by byte (RFC 8414, section 3.3): it is kept as written.
    reason = needs_permission(read(node))
    if reason and not private:
        raise Wrong(node, f"{reason}; set allow_private: true on this issuer if that is meant")
    return text(node)


def _algorithm(node: yaml.Node) -> str:
    value = text(node)
    if value.lower() == "none":
        raise Wrong(node, "'none' means unsigned: such tokens are never accepted")
    if value.upper().startswith("HS"):
        raise Wrong(node, "HS algorithms share the signing key with the gateway and are never accepted")
    return one_of(ALGORITHMS)(node)


def _template(node: yaml.Node) -> str:
    value = text(node)
    if not _TEMPLATE.fullmatch(value):
        raise Wrong(node, "must be text with claims in braces, such as repo:{repository}")
    return value


def _subject(node: yaml.Node) -> str:
    value = _template(node)
    if "{" not in value:
        raise Wrong(
            node, "must hold a claim in braces, such as {sub}: without one all callers would be the same principal"
        )
    return value


def _require(section: Section) -> tuple[tuple[str, object], ...]:
    node = section.find("require")
    if node is None:
        return ()
    source = section.source
    return tuple(
        (key.value, source.attempt(value, _claim, None, title="require"))
        for key, value in source.entries(node, "require")
    )


def _claim(node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":bool") and node.value.lower() in ("true", "false"):
        return boolean(node)
    if (
        isinstance(node, yaml.ScalarNode)
        and node.tag.endswith(":int")
        and re.fullmatch("0|-?[1-9][0-9]{0,17}", node.value)
    ):
        return int(node.value)
    return text(node)

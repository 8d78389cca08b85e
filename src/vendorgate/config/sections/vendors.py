"""``vendors``: who is called, where they live, which credential they get."""

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

import yaml

from vendorgate.catalog.spec import VendorCatalog
from vendorgate.config.addresses import Url, needs_permission, url
from vendorgate.config.files import existing_file
from vendorgate.config.reader import Section, Wrong, shown, suggest
from vendorgate.config.settings import VendorSettings
from vendorgate.config.values import boolean, duration, name, text
from vendorgate.upstream.spec import Origin


class Catalogs(Protocol):
    """Where a vendor's catalogue is found."""

    def find(self, node: yaml.Node) -> VendorCatalog | None:
        """Return the catalogue a node names; None when its own problems were reported. Raises ``Wrong``."""


def read_vendors(
    root: Section, folder: Path, catalogs: Catalogs, credentials: Collection[str]
) -> tuple[VendorSettings, ...]:
    """Read the section: every vendor whose settings make sense."""
    node = root.find("vendors")
    if node is None:
        return ()
    found: list[VendorSettings] = []
    for key, value in root.source.entries(node, "vendors"):
        vendor_name = root.source.attempt(key, name, "")
        section = root.source.section(value, "a vendor")
        if section is not None:
            with section:
                vendor = _vendor(section, vendor_name, folder, catalogs, credentials)
            if vendor is not None and vendor_name:
                found.append(vendor)
    return tuple(found)


def _vendor(
    section: Section, vendor_name: str, folder: Path, catalogs: Catalogs, credentials: Collection[str]
) -> VendorSettings | None:
    def read_credential(node: yaml.Node) -> str:
        value = text(node)
        if value not in credentials:
            raise Wrong(node, f"no credential is called {shown(value)}{suggest(value, list(credentials))}")
        return value

    catalog = section.need("catalog", catalogs.find, None)
    private = section.get("allow_private", boolean, False)
    base = _base_url(section, catalog, private=private)
    ca = section.get("ca", existing_file(folder), None)
    timeout_s = section.get("timeout", duration("100ms", "1h"), 60.0)
    credential = section.get("credential", read_credential, None)
    if catalog is None or base is None:
        return None
    origin = Origin(vendor_name, base.scheme, base.host, base.port, base.path, private, ca, timeout_s)
    return VendorSettings(vendor_name, catalog, origin, credential)


def _base_url(section: Section, catalog: VendorCatalog | None, *, private: bool) -> Url | None:
    """Read ``base_url``, else the catalogue's own, which is held to the same rules."""

    def read(node: yaml.Node) -> Url:
        found = url(node)
        reason = needs_permission(found)
        if reason and not private:
            raise Wrong(node, f"{reason}; set allow_private: true on this vendor if that is meant")
        return found

    node = section.find("base_url")
    if node is not None:
        return section.source.attempt(node, read, None, title="base_url")
    if catalog is None:
        return None
    if catalog.base_url is None:
        section.source.add(section.node, "a vendor needs 'base_url': its catalogue names none")
        return None
    if "{" in catalog.base_url:
        section.source.add(section.node, "a vendor needs 'base_url': its catalogue's depends on your account")
        return None
    place = section.place("catalog")
    own = yaml.ScalarNode("tag:yaml.org,2002:str", catalog.base_url, place.start_mark, place.end_mark)
    return section.source.attempt(own, read, None, title="base_url")

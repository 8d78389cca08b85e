"""``listen``: where the gateway and the control plane listen."""

import os
from pathlib import Path

import yaml

from vendorgate.config.addresses import listen_address, url
from vendorgate.config.files import existing_file
from vendorgate.config.reader import Section, Wrong
from vendorgate.config.settings import ListenSettings
from vendorgate.config.values import integer

_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on


def read_listen(root: Section, folder: Path) -> ListenSettings:
    """Read the section; the defaults where it is silent."""
    default = ListenSettings()
    section = root.open("listen")
    if section is None:
        return default
    with section:
        gateway = section.get("gateway", listen_address, default.gateway)
        admin = section.get("admin", listen_address, default.admin)
        if _collide(gateway, admin):
            root.source.add(section.place("admin"), "must not be the gateway's own address and port")
        gateway_tls = _tls(section, "gateway_tls", folder)
        admin_tls = _tls(section, "admin_tls", folder)
        return ListenSettings(
            gateway=gateway,
            admin=admin,
            admin_url=section.get("admin_url", _admin_url, _default_url(admin, secure=admin_tls is not None)),
            workers=section.get("workers", _workers, default.workers),
            gateway_tls=gateway_tls,
            admin_tls=admin_tls,
        )


def _collide(one: tuple[str, int], other: tuple[str, int]) -> bool:
    if one[1] != other[1] or one[1] == 0:
        return False
    return one[0] == other[0] or one[0] in _WILDCARDS or other[0] in _WILDCARDS


def _workers(node: yaml.Node) -> int:
    if isinstance(node, yaml.ScalarNode) and node.value == "auto":
        return min(os.cpu_count() or 1, 64)
    try:
        return integer(1, 64)(node)
    except Wrong as wrong:
        raise Wrong(node, "must be a number from 1 to 64, or auto for one a core") from wrong


def _tls(section: Section, key: str, folder: Path) -> tuple[Path, Path] | None:
    below = section.open(key)
    if below is None:
        return None
    with below:
        read = existing_file(folder)
        return below.need("certificate", read, folder), below.need("key", read, folder)


def _admin_url(node: yaml.Node) -> str:
    found = url(node)
    if found.path:
        raise Wrong(node, "must be the address alone, without a path")
    return _render(found.scheme, found.host, found.port)


def _default_url(admin: tuple[str, int], *, secure: bool) -> str:
    host, port = admin
    return _render("https" if secure else "http", "127.0.0.1" if host in _WILDCARDS else host, port)


def _render(scheme: str, host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" if port == (443 if scheme == "https" else 80) else f"{scheme}://{shown}:{port}"

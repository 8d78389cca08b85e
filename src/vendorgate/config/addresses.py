"""Readers of addresses: where to listen, which URL to send to."""

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

import yaml

from vendorgate.config.reader import Wrong
from vendorgate.config.values import text

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,=:@-]+)*/?")


class Url(NamedTuple):
    """An absolute URL in parts: ``host`` in lower case, without brackets; ``path`` without a ``/`` at its end."""

    scheme: str
    host: str
    port: int
    path: str


def listen_address(node: yaml.Node) -> tuple[str, int]:
    """Read ``host:port`` or ``[v6]:port``. Port 0 lets the system choose one."""
    message = "must be host:port, such as 127.0.0.1:8080 or [::1]:8080"
    host, colon, port = text(node).rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        if not isinstance(_literal(host), ipaddress.IPv6Address):
            raise Wrong(node, message)
    elif ":" in host:
        raise Wrong(node, "must be host:port; write an IPv6 address in brackets: [::1]:8080")
    if not colon or not host or not re.fullmatch("0|[1-9][0-9]{0,4}", port) or int(port) > 65535:
        raise Wrong(node, message)
    if _literal(host) is None and not _is_host_name(host):
        raise Wrong(node, message)
    return host, int(port)


def url(node: yaml.Node) -> Url:
    """Read an absolute http or https URL with one meaning: no user, query, fragment, odd spelling of host or path."""
    return _url(node, text(node))


def url_with_query(node: yaml.Node) -> Url:
    """As ``url``, and a query may follow, which is not part of the result."""
    return _url(node, text(node).partition("?")[0])


def _url(node: yaml.Node, value: str) -> Url:
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in ("http", "https"):
        raise Wrong(node, "must be a URL that starts with https:// (in lower case)")
    if "@" in rest.partition("/")[0]:
        raise Wrong(node, "must not hold a user or password: name a credential instead")
    if "?" in value or "#" in value:
        raise Wrong(node, "must not hold a query or fragment")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Wrong(node, "must be a URL with a host and, where needed, a port from 1 to 65535") from error
    if port == 0 or parts.netloc.endswith(":"):
        raise Wrong(node, "must be a URL with a host and, where needed, a port from 1 to 65535")
    _check_host(node, host)
    _check_path(node, parts.path)
    default = 443 if scheme == "https" else 80
    return Url(scheme, host.lower(), port or default, parts.path.rstrip("/"))


def _check_host(node: yaml.Node, host: str) -> None:
    if _literal(host) is not None and "%" not in host:
        return
    if not host:
        raise Wrong(node, "must be a URL with a host")
    if not host.isascii():
        raise Wrong(node, "must name an ASCII host: write an international name in its xn-- form")
    if not _is_host_name(host):
        raise Wrong(node, "must name a host by letters, digits, - and dots, or by an address in its usual form")


def _check_path(node: yaml.Node, path: str) -> None:
    if not _PATH.fullmatch(path) or any(segment in (".", "..") for segment in path.split("/")):
        raise Wrong(node, "must have a plain path: no %-escapes, //, ;, \\, . or .. in it")


def needs_permission(found: Url) -> str | None:
    """Return why a URL may be used only with ``allow_private``; None when anybody may use it."""
    if found.scheme == "http":
        return "must be https: plain http shows the credential to the network"
    address = _literal(found.host)
    if address is not None and not all(map(_is_public, _embedded(address))):
        return "is a private or loopback address"
    if address is None and (found.host == "localhost" or found.host.endswith(".localhost")):
        return "is a loopback address"
    return None


def _is_public(address: _Address) -> bool:
    return address.is_global and not address.is_multicast


def _embedded(address: _Address) -> list[_Address]:
    """Return the address and every IPv4 address a v6 one stands for: mapped, 6to4, Teredo, NAT64 (RFC 6052)."""
    found: list[_Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        found += [inner for inner in (address.ipv4_mapped, address.sixtofour) if inner]
        found += address.teredo or ()
        if address in _NAT64:
            found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found


def _literal(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_host_name(host: str) -> bool:
    """A last label of digits would be an IPv4 address in another spelling (127.1, 0x7f.1, 2130706433)."""
    labels = host.lower().split(".")
    is_number = re.fullmatch("[0-9]+|0x[0-9a-f]*", labels[-1])
    return len(host) <= 253 and all(map(_LABEL.fullmatch, labels)) and not is_number

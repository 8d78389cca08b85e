"""Which addresses an issuer may live at: a key's address comes from configuration and from discovery documents."""

import asyncio
import ipaddress
import socket

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Cloud metadata services outside link-local: refused even where private addresses are allowed.
_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(Exception):
    """A name has no address that may be dialled; the message says why."""


def why_not(address: IPAddress, *, allow_private: bool) -> str | None:
    """Return why ``address`` may not be dialled, or None."""
    inner = _inner(address)
    if inner in _METADATA or inner.is_link_local or inner.is_multicast or inner.is_unspecified:
        return "its address is link-local, a metadata service or nobody's"
    if not allow_private and not inner.is_global:
        return "its address is not public (allow_private is not set)"
    return None


async def resolve_public(host: str, port: int, *, allow_private: bool) -> str:
    """Return an address of ``host`` to dial; every address it has must pass. Raises ``AddressRefused``."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused("its name does not resolve") from error
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    for text in addresses:
        reason = why_not(ipaddress.ip_address(text), allow_private=allow_private)
        if reason is not None:
            raise AddressRefused(reason)
    if not addresses:
        raise AddressRefused("its name has no address")
    return addresses[0]


def _inner(address: IPAddress) -> IPAddress:
    """Return the IPv4 address that a mapped, 6to4, Teredo or NAT64 address leads to."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address.teredo is not None:
            return address.teredo[1]
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address

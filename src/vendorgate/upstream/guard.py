"""Which addresses a vendor may live at: resolved once, all checked, the checked one dialled (no rebinding)."""

import asyncio
import ipaddress
import socket

from vendorgate.upstream.errors import unreachable
from vendorgate.upstream.spec import Origin

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Cloud metadata services: link-local 169.254.0.0/16 and fe80::/10 are covered as such; these are not.
_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def effective_address(address: IPAddress) -> IPAddress:
    """Return the IPv4 address hidden in a mapped, 6to4, Teredo or NAT64 IPv6 address, else the address."""
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


def refusal_of(address: IPAddress, *, allow_private: bool) -> str | None:
    """Return why ``address`` may not be dialled, or None. Private and loopback ones need ``allow_private``."""
    inner = effective_address(address)
    if inner in _METADATA or address in _METADATA or inner.is_link_local or address.is_link_local:
        return "it resolves to a metadata or link-local address"
    if inner.is_loopback:
        return None if allow_private else "it resolves to a loopback address (allow_private is not set)"
    if inner.is_multicast or inner.is_unspecified or inner.is_reserved:
        return "it resolves to an address nobody serves at"
    if inner.is_private or not inner.is_global:
        return None if allow_private else "it resolves to an address that is not public (allow_private is not set)"
    return None


async def resolve(origin: Origin, *, own: frozenset[tuple[str, int]]) -> str:
    """Return the one checked address to dial. All addresses must pass, or none is used.

    ``own`` are the gateway's listeners: a vendor there would be a loop. Raises ``UpstreamRefused``.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise unreachable(origin.vendor, "its name does not resolve") from error
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    for text in addresses:
        reason = refusal_of(ipaddress.ip_address(text), allow_private=origin.allow_private)
        if reason is None and (text, origin.port) in own:
            reason = "it resolves to the gateway itself"
        if reason is not None:
            raise unreachable(origin.vendor, reason)
    if not addresses:
        raise unreachable(origin.vendor, "its name has no address")
    return addresses[0]

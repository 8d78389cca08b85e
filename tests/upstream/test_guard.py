"""Which addresses may be dialled (A26)."""

import ipaddress

import pytest

from vendorgate.upstream.errors import UpstreamRefused
from vendorgate.upstream.guard import refusal_of, resolve
from vendorgate.upstream.spec import Origin

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808"]
PRIVATE = ["127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fc00::1", "::ffff:127.0.0.1",
           "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "192.0.2.1", "198.18.0.1"]  # fmt: skip
NEVER = ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "100.100.100.200",
         "168.63.129.16", "fd00:ec2::254", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "240.0.0.1", "ff02::1"]  # fmt: skip


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_may_be_dialled(text: str) -> None:
    assert refusal_of(ipaddress.ip_address(text), allow_private=False) is None


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses_need_the_word_of_the_configuration(text: str) -> None:
    assert refusal_of(ipaddress.ip_address(text), allow_private=False) is not None
    assert refusal_of(ipaddress.ip_address(text), allow_private=True) is None


@pytest.mark.parametrize("text", NEVER)
def test_metadata_and_nobodys_addresses_are_never_dialled(text: str) -> None:
    for allow_private in (False, True):
        assert refusal_of(ipaddress.ip_address(text), allow_private=allow_private) is not None


# Every spelling of 127.0.0.1 that a resolver may accept; each ends at the same check.
SPELLINGS = [
    "127.0.0.1",
    "localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "::1",
    "::ffff:127.0.0.1",
    "127.0.0.1.",
]


@pytest.mark.parametrize("host", SPELLINGS)
async def test_no_spelling_of_loopback_resolves_for_a_public_vendor(host: str) -> None:
    with pytest.raises(UpstreamRefused) as caught:
        await resolve(Origin("v", "https", host, 443), own=frozenset())
    assert caught.value.reason == "vendor_unreachable"
    assert not caught.value.sent


async def test_loopback_resolves_where_it_was_written_but_never_to_the_gateway_itself() -> None:
    origin = Origin("v", "http", "127.0.0.1", 8080, allow_private=True)
    assert await resolve(origin, own=frozenset()) == "127.0.0.1"
    with pytest.raises(UpstreamRefused, match="gateway itself"):
        await resolve(origin, own=frozenset((("127.0.0.1", 8080),)))

"""The one normaliser: what passes is one string, what two servers could read differently is refused (A08)."""

import pytest

from vendorgate.wire.errors import FramingError
from vendorgate.wire.target import parse_target

GOOD = [
    (b"/stripe/v1/transfers", ("stripe", "/v1/transfers", "")),
    (b"/stripe", ("stripe", "/", "")),
    (b"/stripe/", ("stripe", "/", "")),
    (b"/stripe/v1/x?expand[]=a&b=%5B%5D", ("stripe", "/v1/x", "expand[]=a&b=%5B%5D")),
    (b"/github/repos/a.b/c-d/git/refs/heads~1", ("github", "/repos/a.b/c-d/git/refs/heads~1", "")),
    (b"/twilio/2010-04-01/Accounts/AC1/Messages.json", ("twilio", "/2010-04-01/Accounts/AC1/Messages.json", "")),
    (b"/github/repos/a/..b/...", ("github", "/repos/a/..b/...", "")),
    (b"/x/a%20b", ("x", "/a%20b", "")),
    (b"/x/%c3%a4", ("x", "/%C3%A4", "")),
    (b"/x/%41%7e", ("x", "/A~", "")),
    (b"/x/a:b@c,d", ("x", "/a:b@c,d", "")),
]

BAD = [
    b"", b"*", b"stripe/v1", b"http://evil/stripe/v1", b"//stripe/v1", b"/", b"/stripe//v1", b"/stripe/v1//x",
    b"/stripe/./v1", b"/stripe/../x", b"/stripe/v1/..", b"/stripe/v1/.", b"/stripe/v1/../v2", b"/stripe/v1/%2e%2e/x",
    b"/stripe/v1/%2E./x", b"/stripe/.%2e/x", b"/stripe/v1%2ftransfers", b"/stripe/v1%2Ftransfers", b"/stripe/v1%252ftransfers",
    b"/stripe/v1%5ctransfers", b"/stripe/v1\\transfers", b"/stripe/v1/transfers%00", b"/stripe/v1/transfers%0a",
    b"/stripe/v1/transfers;p=1", b"/stripe/..;/v1", b"/stripe/v1%3bp", b"/stripe/v1/%", b"/stripe/v1/%2", b"/stripe/v1/%zz",
    b"/stripe/v1/%u0061", b"/stripe/v1/a b", b"/stripe/v1/\x00", b"/stripe/v1/\xc3\xa4", b"/stripe/v1#x", b"/stripe/v1?a#b",
    b"/stripe/v1?a b", b'/stripe/v1?"', b"/stripe/v1?<x>", b"/stripe/v1?\xff", b"/stripe/v1/{x}", b"/stripe/v1/a|b",
    b"/stripe/v1/a^b", b"/stripe/v1/`a", b"/STRIPE/v1", b"/str%69pe/v1", b"/%73tripe/v1", b"/stripe%2fv1", b"/stripe/v1/%7f",
    b"/stripe/v1/[x]", b"/stripe/v1/<x>", b"/" + b"a" * 80 + b"/x",
]  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), GOOD)
def test_plain_targets_have_one_reading(raw: bytes, expected: tuple[str, str, str]) -> None:
    assert parse_target(raw) == expected


@pytest.mark.parametrize("raw", BAD)
def test_targets_with_two_readings_are_refused(raw: bytes) -> None:
    with pytest.raises(FramingError) as caught:
        parse_target(raw)
    assert caught.value.status == 400


def test_normalising_twice_changes_nothing() -> None:
    for raw, (vendor, path, query) in GOOD:
        again = parse_target(f"/{vendor}{path}{'?' + query if query else ''}".encode())
        assert again == (vendor, path, query), raw

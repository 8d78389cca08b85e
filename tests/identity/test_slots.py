"""Where the token may stand: one row a place, and what is refused about places."""

import base64

import pytest

from vendorgate.identity import IdentityRefused
from vendorgate.identity.slots import find_token, slot_table

T = b"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"
OTHER = b"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJiIn0.c2ln"
KEY = b"sk_live_4eC39HqLyjWDarjtT1zdp7dc"
SENDGRID = b"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"


def basic(user: bytes, password: bytes) -> bytes:
    return b"Basic " + base64.b64encode(user + b":" + password)


ACCEPTED = [
    ("proxy-authorization bearer", "bearer", [(b"proxy-authorization", b"Bearer " + T)], ""),
    ("proxy-authorization basic", "bearer", [(b"proxy-authorization", basic(b"vendorgate", T))], ""),
    ("vendorgate-token", "bearer", [(b"vendorgate-token", T)], ""),
    ("bearer", "bearer", [(b"authorization", b"Bearer " + T)], ""),
    ("bearer in lower case", "bearer", [(b"authorization", b"bearer  " + T)], ""),
    ("basic user for bearer", "bearer", [(b"authorization", basic(T, b""))], ""),
    ("basic user", "basic-user", [(b"authorization", basic(T, b""))], ""),
    ("bearer for basic user", "basic-user", [(b"authorization", b"Bearer " + T)], ""),
    ("basic password", "basic", [(b"authorization", basic(b"AC123", T))], ""),
    ("basic user for basic", "basic", [(b"authorization", basic(T, b"x"))], ""),
    ("named field", "header:X-Api-Key", [(b"x-api-key", T)], ""),
    ("bearer beside a named field", "header:x-api-key", [(b"authorization", b"Bearer " + T)], ""),
    ("query key", "query:key", [], "a=1&key=" + T.decode()),
    ("query key, encoded", "query:key", [], "k%65y=" + T.decode().replace(".", "%2E")),
    ("same token twice", "bearer", [(b"vendorgate-token", T), (b"authorization", b"Bearer " + T)], ""),
    ("key in the lower place", "bearer", [(b"vendorgate-token", T), (b"authorization", b"Bearer " + KEY)], ""),
    (
        "dotted key in the lower place",
        "bearer",
        [(b"vendorgate-token", T), (b"authorization", b"Bearer " + SENDGRID)],
        "",
    ),
    ("key in the query", "query:key", [(b"vendorgate-token", T)], "key=abc"),
    ("unknown attach", "sigv4", [(b"authorization", b"Bearer " + T)], ""),
]


@pytest.mark.parametrize(("attach", "fields", "query"), [row[1:] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_token_is_found(request_with, attach, fields, query):
    assert find_token(request_with(*fields, query=query), slot_table(attach)) == T


REFUSED = [
    ("nothing", "bearer", [], "", "carries no token"),
    ("old key", "bearer", [(b"authorization", b"Bearer " + KEY)], "", "static vendor keys"),
    ("old key, basic", "basic-user", [(b"authorization", basic(KEY, b""))], "", "static vendor keys"),
    ("old key with dots", "bearer", [(b"authorization", b"Bearer " + SENDGRID)], "", "static vendor keys"),
    ("old key in a query", "query:key", [], "key=abc", "static vendor keys"),
    ("two tokens", "bearer", [(b"vendorgate-token", T), (b"authorization", b"Bearer " + OTHER)], "", "two different"),
    ("two tokens in one Basic", "basic", [(b"authorization", basic(T, OTHER))], "", "two different"),
    ("field and query", "query:key", [(b"vendorgate-token", T)], "key=" + OTHER.decode(), "two different"),
    ("field twice", "bearer", [(b"authorization", b"Bearer " + T), (b"authorization", b"Bearer " + T)], "", "twice"),
    ("query key twice", "query:key", [], f"key={T.decode()}&key={T.decode()}", "twice"),
    ("query key twice, once encoded", "query:key", [], f"key={T.decode()}&%6bey=x", "twice"),
    (
        "key in our own field",
        "bearer",
        [(b"vendorgate-token", KEY), (b"authorization", b"Bearer " + T)],
        "",
        "holds no token",
    ),
    (
        "empty own field",
        "bearer",
        [(b"vendorgate-token", b""), (b"authorization", b"Bearer " + T)],
        "",
        "holds no token",
    ),
    ("basic without base64", "bearer", [(b"authorization", b"Basic ***")], "", "not base64"),
    ("encrypted token", "bearer", [(b"authorization", b"Bearer " + T + b".a.b")], "", "static vendor keys"),
    ("other scheme", "bearer", [(b"authorization", b"Digest " + T)], "", "static vendor keys"),
    ("over 16 KiB", "bearer", [(b"vendorgate-token", T + b"A" * 16384)], "", "over 16384 bytes"),
    ("another vendor's field", "bearer", [(b"x-api-key", T)], "", "carries no token"),
    ("another vendor's query key", "bearer", [], "key=" + T.decode(), "carries no token"),
]


@pytest.mark.parametrize(
    ("attach", "fields", "query", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_places_refused(request_with, attach, fields, query, words):
    with pytest.raises(IdentityRefused, match=words) as caught:
        find_token(request_with(*fields, query=query), slot_table(attach))
    assert T.decode() not in caught.value.detail
    assert KEY.decode() not in caught.value.detail

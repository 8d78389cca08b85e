"""Each scheme: the exact bytes it sends, and the values it cannot send."""

import base64

import pytest

from vendorgate.credentials import CredentialRefused
from vendorgate.model import RequestDraft

from .fakes import authorized, stripe_credentials

HEADERS = ((b"accept", b"*/*"), (b"content-type", b"application/json"))


def lease(attach, value):
    return stripe_credentials("env", "KEY", attach=attach, environ={"KEY": value}).lease(authorized())


def basic(text):
    return b"Basic " + base64.b64encode(text.encode())


@pytest.mark.parametrize(
    ("attach", "value", "field"),
    [
        ("bearer", "sk_live_1", (b"authorization", b"Bearer sk_live_1")),
        ("bearer", "a.b-c_d~e+f/g=", (b"authorization", b"Bearer a.b-c_d~e+f/g=")),
        ("basic-user", "sk_live_1", (b"authorization", basic("sk_live_1:"))),
        ("basic-user", "schlüssel", (b"authorization", basic("schlüssel:"))),
        ("basic", "AC123:token", (b"authorization", basic("AC123:token"))),
        ("basic", "user:pass:word", (b"authorization", basic("user:pass:word"))),
        ("basic", "user:", (b"authorization", basic("user:"))),
        ("header:x-api-key", "sk-ant-1", (b"x-api-key", b"sk-ant-1")),
        ("header:DD-API-KEY", "a b", (b"dd-api-key", b"a b")),
        ("header:Authorization", "Token abc", (b"authorization", b"Token abc")),
    ],
)
def test_a_header_scheme_adds_its_field_last(attach, value, field):
    draft = lease(attach, value).attach(RequestDraft("/v1/x?a=1", HEADERS))
    assert draft == RequestDraft("/v1/x?a=1", (*HEADERS, field))


@pytest.mark.parametrize("attach", ["bearer", "basic-user", "header:authorization"])
def test_a_field_of_the_same_name_is_replaced_however_often_it_is_there(attach):
    before = ((b"authorization", b"Bearer theirs"), *HEADERS, (b"authorization", b"Basic theirs"))
    draft = lease(attach, "ours").attach(RequestDraft("/", before))
    assert [name for name, _ in draft.headers] == [b"accept", b"content-type", b"authorization"]
    assert b"theirs" not in draft.headers[-1][1]


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("/v1/x", "/v1/x?key=AIza-1"),
        ("/v1/x?", "/v1/x?key=AIza-1"),
        ("/v1/x?a=1", "/v1/x?a=1&key=AIza-1"),
        ("/v1/x?monkey=1&keys=2", "/v1/x?monkey=1&keys=2&key=AIza-1"),
        ("/v1/x?a=key=", "/v1/x?a=key=&key=AIza-1"),
    ],
)
def test_the_query_scheme_adds_its_parameter_last(target, sent):
    assert lease("query:key", "AIza-1").attach(RequestDraft(target, HEADERS)) == RequestDraft(sent, HEADERS)


def test_the_query_scheme_percent_encodes():
    draft = lease("query:key", "a&b=c d/é+").attach(RequestDraft("/", HEADERS))
    assert draft.target == "/?key=a%26b%3Dc%20d%2F%C3%A9%2B"


@pytest.mark.parametrize("query", ["key=theirs", "a=1&key=theirs", "key", "%6bey=x", "KEY=x", "a=1;key=x", "+key=x"])
def test_the_query_scheme_refuses_a_parameter_that_is_already_there(query):
    with pytest.raises(CredentialRefused, match="already has a parameter 'key'") as refused:
        lease("query:key", "AIza-1").attach(RequestDraft(f"/v1/x?{query}", HEADERS))
    assert "AIza-1" not in refused.value.detail


@pytest.mark.parametrize(
    ("attach", "value", "why"),
    [
        ("bearer", "two words", "blank"),
        ("bearer", "schlüssel", "not ASCII"),
        ("basic-user", "user:password", "colon"),
        ("basic", "nocolon", "user:password"),
        ("basic", ":password", "user:password"),
        ("header:x-api-key", "schlüssel", "not ASCII"),
    ],
)
def test_a_value_the_scheme_cannot_send_is_refused(attach, value, why):
    with pytest.raises(CredentialRefused, match=why) as refused:
        lease(attach, value)
    assert refused.value.reason == "credential_unavailable"

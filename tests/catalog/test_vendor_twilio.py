"""Twilio's own SDK, understood by the built-in catalogue."""

import base64

import pytest
from twilio.rest import Client

from vendorgate.testing.fake_vendor import FakeResponse, FakeVendor

from .sdk_wire import Wire

ACCOUNT = "AC00000000000000000000000000000001"
SID = "SM00000000000000000000000000000002"
OURS = {"AccountSid": ACCOUNT}


@pytest.fixture(scope="module")
def wire():
    with FakeVendor(lambda request: FakeResponse(body=b'{"records": []}')) as server:
        yield Wire("twilio", server)


@pytest.fixture(scope="module")
def client(wire):
    client = Client(ACCOUNT, "token")
    client.api.base_url = wire.url
    return client


@pytest.mark.parametrize(
    ("send", "name", "access", "params"),
    [
        (
            lambda c: c.messages.create(
                to="+15005550006", from_="+15005550001", body="Hello", media_url=["https://a.example/1"]
            ),
            "messages.create",
            "write",
            {
                "To": "+15005550006",
                "From": "+15005550001",
                "Body": "Hello",
                "MediaUrl": ["https://a.example/1"],
            },
        ),
        (lambda c: c.messages(SID).fetch(), "messages.retrieve", "read", {}),
        (lambda c: c.messages(SID).update(body=""), "messages.update", "write", {"Body": ""}),
        (lambda c: c.messages(SID).delete(), "messages.delete", "destroy", {}),
        (
            lambda c: c.messages.page(to="+15005550006", page_size=5),
            "messages.list",
            "read",
            {"To": "+15005550006", "PageSize": 5},
        ),
        (
            lambda c: c.calls.create(
                to="+15005550006", from_="+15005550001", url="https://a.example/twiml", record=True
            ),
            "calls.create",
            "write",
            {"To": "+15005550006", "From": "+15005550001", "Url": "https://a.example/twiml", "Record": True},
        ),
        (
            lambda c: c.calls("CA" + SID[2:]).update(status="completed"),
            "calls.update",
            "write",
            {"Status": "completed"},
        ),
        (lambda c: c.calls.page(status="busy"), "calls.list", "read", {"Status": "busy"}),
        (lambda c: c.recordings("RE" + SID[2:]).delete(), "recordings.delete", "destroy", {}),
        (
            lambda c: c.incoming_phone_numbers.create(phone_number="+15005550006"),
            "incoming_phone_numbers.create",
            "write",
            {"PhoneNumber": "+15005550006"},
        ),
        (lambda c: c.incoming_phone_numbers("PN" + SID[2:]).delete(), "incoming_phone_numbers.delete", "destroy", {}),
        (
            lambda c: c.available_phone_numbers("US").local.page(area_code=415),
            "available_phone_numbers.local.list",
            "read",
            {"CountryCode": "US", "AreaCode": "415"},
        ),
        (lambda c: c.usage.records.page(category="sms"), "usage.records.list", "read", {"Category": "sms"}),
        (lambda c: c.balance.fetch(), "balance.retrieve", "read", {}),
        (lambda c: c.new_keys.create(friendly_name="ci"), "keys.create", "write", {"FriendlyName": "ci"}),
    ],
)
def test_a_request_of_the_sdk_is_understood(wire, client, send, name, access, params):
    call = wire.match(lambda: send(client))
    assert (call.function.name, call.function.access) == (name, access)
    wanted = OURS | params
    assert {key: call.params[key] for key in wanted} == wanted


def test_the_account_itself(wire, client):
    call = wire.match(lambda: client.api.v2010.accounts(ACCOUNT).fetch())
    assert call.function.name == "accounts.retrieve"


def test_the_token_goes_where_the_sdk_puts_the_password(wire, client):
    wire.match(lambda: client.balance.fetch())
    sent = wire.server.requests[-1].headers["authorization"]
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == f"{ACCOUNT}:token"
    assert wire.catalog.attach == "basic"


def test_what_is_not_listed_is_unlisted(wire, client):
    assert wire.match(lambda: client.queues.page()).function.name == "unlisted"

"""Slack's own SDK, understood by the built-in catalogue."""

import pytest
from slack_sdk import WebClient

from vendorgate.testing.fake_vendor import FakeResponse, FakeVendor

from .sdk_wire import Wire

BLOCKS = [{"type": "divider"}]


@pytest.fixture(scope="module")
def wire():
    with FakeVendor(lambda request: FakeResponse(body=b'{"ok": true}')) as server:
        yield Wire("slack", server)


@pytest.fixture(scope="module")
def client(wire):
    return WebClient(token="xoxb-x", base_url=wire.url + "/")


@pytest.mark.parametrize(
    ("send", "name", "access", "params"),
    [
        (
            lambda c: c.chat_postMessage(channel="C1", text="Hello", blocks=BLOCKS),
            "chat.postMessage",
            "write",
            {"channel": "C1", "text": "Hello", "blocks": BLOCKS},
        ),
        (
            lambda c: c.chat_update(channel="C1", ts="1.2", text="Hello"),
            "chat.update",
            "write",
            {"channel": "C1", "ts": "1.2", "text": "Hello"},
        ),
        (
            lambda c: c.chat_postEphemeral(channel="C1", user="U1", text="Hello"),
            "chat.postEphemeral",
            "write",
            {"channel": "C1", "user": "U1", "text": "Hello"},
        ),
        (
            lambda c: c.chat_scheduleMessage(channel="C1", text="Hello", post_at=1_900_000_000),
            "chat.scheduleMessage",
            "write",
            {"channel": "C1", "text": "Hello", "post_at": 1_900_000_000},
        ),
        (lambda c: c.chat_delete(channel="C1", ts="1.2"), "chat.delete", "destroy", {"channel": "C1", "ts": "1.2"}),
        (
            lambda c: c.chat_getPermalink(channel="C1", message_ts="1.2"),
            "chat.getPermalink",
            "read",
            {"channel": "C1", "message_ts": "1.2"},
        ),
        (
            lambda c: c.reactions_add(channel="C1", name="eyes", timestamp="1.2"),
            "reactions.add",
            "write",
            {"channel": "C1", "name": "eyes", "timestamp": "1.2"},
        ),
        (lambda c: c.conversations_list(limit=10), "conversations.list", "read", {"limit": 10}),
        (
            lambda c: c.conversations_history(channel="C1", limit=10),
            "conversations.history",
            "read",
            {"channel": "C1", "limit": 10},
        ),
        (
            lambda c: c.conversations_invite(channel="C1", users=["U1", "U2"]),
            "conversations.invite",
            "write",
            {"channel": "C1", "users": "U1,U2"},
        ),
        (
            lambda c: c.conversations_create(name="ops", is_private=True),
            "conversations.create",
            "write",
            {"name": "ops", "is_private": "1"},
        ),
        (lambda c: c.conversations_archive(channel="C1"), "conversations.archive", "destroy", {"channel": "C1"}),
        (lambda c: c.users_info(user="U1"), "users.info", "read", {"user": "U1"}),
        (
            lambda c: c.users_lookupByEmail(email="kim@example.com"),
            "users.lookupByEmail",
            "read",
            {"email": "kim@example.com"},
        ),
        (
            lambda c: c.users_profile_set(profile={"status_text": "away"}),
            "users.profile.set",
            "write",
            {"profile": {"status_text": "away"}},
        ),
        (
            lambda c: c.views_open(trigger_id="1.2", view={"type": "modal"}),
            "views.open",
            "write",
            {"trigger_id": "1.2", "view": {"type": "modal"}},
        ),
        (lambda c: c.files_delete(file="F1"), "files.delete", "destroy", {"file": "F1"}),
        (
            lambda c: c.files_getUploadURLExternal(filename="a.txt", length=3),
            "files.getUploadURLExternal",
            "write",
            {"filename": "a.txt", "length": 3},
        ),
        (lambda c: c.auth_test(), "auth.test", "read", {}),
    ],
)
def test_a_request_of_the_sdk_is_understood(wire, client, send, name, access, params):
    call = wire.match(lambda: send(client))
    assert (call.function.name, call.function.access) == (name, access)
    assert call.params == params


def test_what_is_not_listed_is_unlisted(wire, client):
    assert wire.match(lambda: client.dnd_info(user="U1")).function.name == "unlisted"

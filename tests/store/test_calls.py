"""Filters, pages and single calls."""

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.store.conftest import Play

from vendorgate.model import Function
from vendorgate.store.calls import CallFilter, find_calls, follow_calls, get_call, get_events, iterate_calls
from vendorgate.store.connect import open_store
from vendorgate.store.filters import BadFilter, parse_filter
from vendorgate.store.projector import project_all
from vendorgate.store.reader import RecordReader
from vendorgate.testing.plain_masker import TOKEN, WORD

NOW = 1_800_000_000.0


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_store(path)
    yield connection
    connection.close()


async def fill(play: Play, connection: sqlite3.Connection) -> None:
    """Five calls, an hour apart, the last one at NOW."""
    twilio = Function("twilio", "messages.create", "write", "form")
    await play(at=NOW - 4 * 3600, status=200)
    await play(at=NOW - 3 * 3600, status=503, caller="ci[1]")
    await play(at=NOW - 2 * 3600, refused="no_rule", caller="contractor")
    await play(at=NOW - 1 * 3600, function=twilio, params={"card": WORD})
    await play(at=NOW, function=twilio, open_=True)
    project_all(connection)


@pytest.mark.parametrize(
    ("filters", "hours_ago"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"vendor": "twilio"}, [0, 1]),
        ({"vendor": "t*"}, [0, 1]),
        ({"vendor": "TWILIO"}, []),
        ({"function": "transfers.create"}, [2, 3, 4]),
        ({"function": "stripe.transfers.*"}, [2, 3, 4]),
        ({"function": "*.create"}, [0, 1, 2, 3, 4]),
        ({"function": "transfers.creat?"}, []),
        ({"caller": "contractor"}, [2]),
        ({"caller": "ci[1]"}, [3]),
        ({"caller": "x' OR 1=1 --"}, []),
        ({"effect": "deny"}, [2]),
        ({"effect": "allow", "vendor": "stripe"}, [3, 4]),
        ({"status": "200"}, [1, 4]),
        ({"status": "5xx"}, [3]),
        ({"status": "refused"}, [2]),
        ({"status": "decided"}, [0]),
        ({"since": "90m"}, [0, 1]),
        ({"until": "90m"}, [2, 3, 4]),
        ({"since": "2027-01-15T05:59:00Z", "until": "2027-01-15T07:01:00+00:00"}, [1, 2]),
        ({"touching": WORD}, [1]),
        ({"touching": "other"}, []),
    ],
)
async def test_a_filter(
    connection: sqlite3.Connection, play: Play, filters: dict[str, str], hours_ago: list[int]
) -> None:
    await fill(play, connection)
    where = parse_filter(filters, now=NOW, tokens_for=lambda value: [TOKEN] if value == WORD else ["[card:none]"])
    times = {f"{int((NOW - hour * 3600) * 1000):012x}": hour for hour in range(5)}
    assert [times[call["id"][:12]] for call in find_calls(connection, where)] == hours_ago


@pytest.mark.parametrize(
    ("name", "text"),
    [("since", "yesterday"), ("until", "5 m"), ("effect", "maybe"), ("status", "2000"), ("status", "open"), ("x", "y")],
)
def test_a_bad_filter(name: str, text: str) -> None:
    with pytest.raises(BadFilter) as bad:
        parse_filter({name: text}, now=NOW, tokens_for=lambda value: [])
    assert bad.value.name == name


async def test_pages_follow_one_another(connection: sqlite3.Connection, play: Play) -> None:
    await fill(play, connection)
    everything = find_calls(connection, CallFilter())
    first = find_calls(connection, CallFilter(), limit=2)
    second = find_calls(connection, CallFilter(), limit=9, before=first[-1]["id"])
    assert first + second == everything
    assert list(iterate_calls(connection, CallFilter())) == everything
    assert follow_calls(connection, CallFilter(), after=everything[2]["id"]) == everything[1::-1]


async def test_one_call_by_its_id(connection: sqlite3.Connection, play: Play) -> None:
    await fill(play, connection)
    call = find_calls(connection, CallFilter(vendor="stripe", status="closed"))[0]
    assert get_call(connection, call["id"]) == [call]
    assert get_call(connection, call["id"][:12]) == [call]
    assert get_call(connection, "ffff") == []
    assert len(get_call(connection, "01")) == 2, "not unique"
    assert get_call(connection, "%") == []
    kinds = [(event["type"], event["chain"], event["seq"]) for event in get_events(connection, call["id"])]
    assert kinds == [("decided", "gateway-0", 3), ("closed", "gateway-0", 4)]


async def test_the_reader_of_the_control_plane(path: Path, play: Play) -> None:
    exact = {"rate": Decimal("0.1"), "big": Decimal("10000.00000000000000001"), "list": [1, "a"]}
    ids = [await play(params=exact), await play(refused="no_rule"), await play()]
    reader = RecordReader(path, tokens_for=lambda value: [])
    page, cursor = reader.find({}, limit=2, cursor=None)
    rest, end = reader.find({}, limit=2, cursor=cursor)
    assert sorted(call["id"] for call in page + rest) == sorted(ids)
    assert end is None
    call = reader.get(ids[0])
    assert call is not None
    assert call["params"] == {"rate": 0.1, "big": "10000.00000000000000001", "list": [1, "a"]}
    assert [event["type"] for event in call["events"]] == ["decided", "closed"]
    assert reader.get("0" * 32) is None
    assert sorted(reader.counts()) == [("stripe", "allow", "closed", 2), ("stripe", "deny", "refused", 1)]
    assert reader.is_writable()
    assert not RecordReader(path.parent / "none" / "x.db", tokens_for=lambda value: []).is_writable()
    with pytest.raises(ValueError, match="RFC 3339"):
        reader.find({"since": "x"}, limit=1, cursor=None)

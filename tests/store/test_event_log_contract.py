"""What every event log does, in memory and on SQLite."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vendorgate.audit import Checkpoint, EventLog, Head, StoredBatch
from vendorgate.audit.chain import genesis, link
from vendorgate.store.sqlite import SqliteEventLog
from vendorgate.testing.memory_store import MemoryEventLog

DECIDED = (
    b'{"type":"decided","call":"%032d","received_at":7.5,"masked":{},"decision":{"effect":"allow","reason":"allowed"}}'
)
CLOSED = b'{"type":"closed","call":"%032d","of":%d,"state":"closed","reason":null,"vendor_status":200,"masked":{}}'
ANSWERING = (
    b'{"type":"answering","call":"%032d","of":%d,"state":"decided","reason":null,"vendor_status":200,"masked":{}}'
)


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventLog]:
    makers: dict[str, Callable[[], EventLog]] = {
        "memory": MemoryEventLog,
        "sqlite": lambda: SqliteEventLog(tmp_path / "vendorgate.db"),
    }
    log = makers[request.param]()
    yield log
    log.close()


def append(log: EventLog, *lines: bytes, chain: str = "a", checkpoint: Checkpoint | None = None) -> Head:
    head = log.open(chain)
    body = b"\n".join(lines)
    after = Head(head.seq + len(lines), link(head.hash, body))
    assert log.begin()
    log.insert(chain, StoredBatch(head.seq + 1, len(lines), after.hash, body), checkpoint)
    log.commit()
    return after


def test_an_empty_chain_begins_at_its_genesis(log: EventLog) -> None:
    assert log.open("a") == Head(0, genesis("a"))
    assert log.open("b") == Head(0, genesis("b"))


def test_a_commit_moves_the_head(log: EventLog) -> None:
    head = append(log, DECIDED % 1, DECIDED % 2)
    assert log.open("a") == head
    assert append(log, DECIDED % 3).seq == 3
    assert log.open("b").seq == 0, "chains are independent"


def test_a_rollback_leaves_nothing(log: EventLog) -> None:
    head = append(log, DECIDED % 1)
    assert log.begin()
    log.insert("a", StoredBatch(2, 1, b"h", DECIDED % 2), None)
    log.rollback()
    assert log.open("a") == head
    log.rollback()
    assert append(log, DECIDED % 2).seq == 2


def test_a_checkpoint_alone_is_a_write(log: EventLog) -> None:
    head = append(log, DECIDED % 1)
    assert log.begin()
    log.insert("a", StoredBatch(2, 0, b"", b""), Checkpoint(head.seq, head.hash, 1.0, b"s"))
    log.commit()
    assert log.open("a") == head


def test_open_calls_are_those_without_an_outcome(log: EventLog) -> None:
    append(log, DECIDED % 1, DECIDED % 2, DECIDED % 3)
    append(log, CLOSED % (1, 1), ANSWERING % (2, 2))
    append(log, DECIDED % 9, chain="b")
    assert [(call.seq, call.vendor_status, call.received_at) for call in log.open_calls("a")] == [
        (2, 200, 7.5),
        (3, None, 7.5),
    ]
    append(log, CLOSED % (2, 2), CLOSED % (3, 3))
    assert log.open_calls("a") == []
    assert [call.seq for call in log.open_calls("b")] == [1]

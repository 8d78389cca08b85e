"""The searchable projection of calls, built behind the events by whoever reads or tends the store.

It reads batches from where it stopped, outside any transaction, and writes rows in short ones, so that recorders wait
little. A call whose decision and outcome arrive together costs one insert.
"""

import re
import sqlite3
from pathlib import Path
from typing import Any

import orjson

from vendorgate.store.connect import open_store
from vendorgate.store.schema import event_id, split_event_id
from vendorgate.telemetry import logger

CHUNK_EVENTS = 200
_TOKEN = re.compile(rb"\[[a-z][a-z0-9_-]{0,31}:[^\[\]\"\\\x00-\x20]{1,128}\]")
_TOKENS_A_CALL = 1000

_INSERT = (
    "INSERT OR REPLACE INTO calls"
    " (event, outcome, call, received_at, vendor, function, caller, effect, reason, state, vendor_status)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE = (
    "UPDATE calls SET outcome = ?, reason = coalesce(?, reason), state = ?, vendor_status = coalesce(?, vendor_status)"
    " WHERE event = ? AND state IN ('decided', 'held')"
)
_CURSOR = "INSERT OR REPLACE INTO projection (chain, seq) VALUES (?, ?)"
_TOUCH = "INSERT OR IGNORE INTO touching (token, event) VALUES (?, ?)"

_ENDS = {b'{"type":"decided",': b',"path":', b'{"type":"closed","': b',"response":'}

Row = list[Any]


class _Chunk:
    """What one transaction writes: everything from the cursor ``start`` to ``end`` of one chain."""

    __slots__ = ("base", "chain", "end", "inserts", "start", "touching", "updates")

    def __init__(self, chain: int, start: int) -> None:
        self.chain = chain
        self.base = event_id(chain, 0)
        self.start = self.end = start
        self.inserts: dict[int, Row] = {}
        self.updates: list[tuple[Any, ...]] = []
        self.touching: list[tuple[str, int]] = []


class Projector:
    """Keeps the projection of one store file up to date."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def run_once(self) -> int:
        """Project all events there are; return how many. Blocking; raises ``sqlite3.Error``."""
        if self._connection is None:
            # What is lost in a crash is projected again, so nothing waits for the disk here.
            self._connection = open_store(self._path, synchronous="NORMAL")
        return project_all(self._connection)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def project_all(connection: sqlite3.Connection) -> int:
    """Project until nothing is left; return the number of events. Raises ``sqlite3.Error``."""
    total = 0
    while done := project(connection, CHUNK_EVENTS):
        total += done
    return total


def project(connection: sqlite3.Connection, limit: int) -> int:
    """Project about ``limit`` events of every chain (whole batches); return how many events were read."""
    cursors = connection.execute(
        "SELECT c.number, coalesce(p.seq, 0) FROM chains c LEFT JOIN projection p ON p.chain = c.number"
    ).fetchall()
    total = 0
    for number, seq in cursors:
        chunk = _read(connection, number, seq, limit)
        if chunk.end > chunk.start:
            _write(connection, chunk)
            total += chunk.end - chunk.start
    return total


def _read(connection: sqlite3.Connection, number: int, seq: int, limit: int) -> _Chunk:
    chunk = _Chunk(number, seq)
    rows = connection.execute(
        "SELECT id, CAST(body AS BLOB) FROM events WHERE id > ? AND id < ? ORDER BY id",
        (event_id(number, seq), event_id(number + 1, 0)),
    )
    for identifier, body in rows:
        for line in body.split(b"\n"):
            try:
                _add(chunk, identifier, line)
            except (ValueError, KeyError, TypeError):
                # Edited into something else by somebody: that is for verification to find, not to stop on.
                logger.warning("an event is not what a recorder writes", event=split_event_id(identifier)[1])
            identifier += 1
        chunk.end = identifier - chunk.base - 1
        if chunk.end - seq >= limit:
            break
    return chunk


def _head(line: bytes) -> dict[str, Any]:
    """Parse the part of an event that calls are searched by.

    The recorder writes ``path`` and ``response`` after it. Inside a JSON string the marks could not appear unescaped.
    """
    mark = _ENDS.get(line[:18])
    cut = line.find(mark) if mark is not None else -1
    head: dict[str, Any] = orjson.loads(line if cut < 0 else line[:cut] + b"}")
    return head


def _add(chunk: _Chunk, identifier: int, line: bytes) -> None:
    event = _head(line)
    kind = event["type"]
    first = identifier
    if kind == "closed" or kind == "answering":  # noqa: PLR1714 - a set would be slower, and this runs for every event
        first = chunk.base + event["of"]
        row = chunk.inserts.get(first)
        if row is None:
            chunk.updates.append((identifier, event["reason"], event["state"], event["vendor_status"], first))
        else:
            row[1] = identifier
            row[8] = event["reason"] or row[8]
            row[9] = event["state"]
            row[10] = event["vendor_status"]
    elif kind == "decided" or kind == "refused":  # noqa: PLR1714
        caller, target, decision = event.get("caller"), event.get("target"), event["decision"]
        chunk.inserts[identifier] = [
            identifier,
            None,
            event["call"],
            event["received_at"],
            target.get("vendor") if target else None,
            target.get("function") if target else None,
            caller["id"] if caller else None,
            decision["effect"],
            event.get("reason") or decision.get("reason"),
            kind,
            None,
        ]
    else:
        return
    if event["masked"]:
        tokens = dict.fromkeys(_TOKEN.findall(line))
        chunk.touching.extend((token.decode("utf-8", "replace"), first) for token in list(tokens)[:_TOKENS_A_CALL])


def _write(connection: sqlite3.Connection, chunk: _Chunk) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        row = connection.execute("SELECT seq FROM projection WHERE chain = ?", (chunk.chain,)).fetchone()
        # Somebody else may have projected the same events since they were read.
        if (row[0] if row else 0) == chunk.start:
            connection.executemany(_INSERT, chunk.inserts.values())
            if chunk.updates:
                connection.executemany(_UPDATE, chunk.updates)
            if chunk.touching:
                connection.executemany(_TOUCH, chunk.touching)
            connection.execute(_CURSOR, (chunk.chain, chunk.end))
        connection.execute("COMMIT")
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise

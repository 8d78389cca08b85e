"""The event log on SQLite: one connection a recorder, one store file for all."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from functools import update_wrapper
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from vendorgate.audit.chain import genesis, link
from vendorgate.audit.log import Checkpoint, Head, LogUnavailable, OpenCall, StoredBatch
from vendorgate.store import anchors
from vendorgate.store.connect import open_store
from vendorgate.store.projector import project_all
from vendorgate.store.schema import event_id, split_event_id

_BUSY = 5  # SQLITE_BUSY; extended codes carry it in the low byte
CHECKPOINT_SLOT = 1000
# Casts: whoever edits a row with SQL functions leaves text where bytes were, which must be found and not stumbled over.
_BATCHES = "SELECT id, events, CAST(hash AS BLOB), CAST(body AS BLOB) FROM events WHERE id >= ? AND id < ? ORDER BY id"

_P = ParamSpec("_P")
_T = TypeVar("_T")


def _guarded(
    method: "Callable[Concatenate[SqliteEventLog, _P], _T]",
) -> "Callable[Concatenate[SqliteEventLog, _P], _T]":
    """Turn SQLite's errors into ``LogUnavailable``; their text names the failure and holds no value."""

    def call(self: "SqliteEventLog", /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return method(self, *args, **kwargs)
        except sqlite3.Error as error:
            raise LogUnavailable(str(error)) from error

    update_wrapper(call, method)
    return call


class SqliteEventLog:
    """``audit.EventLog`` on one SQLite file. Opens the file when it is first used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: sqlite3.Connection | None = None
        self._numbers: dict[str, int] = {}
        self._anchor: tuple[str, Checkpoint] | None = None

    @_guarded
    def open(self, chain: str) -> Head:
        """Make the chain if it is new; return its head after checking its last batch and newest checkpoint."""
        number = self._number(chain)
        rows = self._connection.execute(
            f"{_BATCHES} DESC LIMIT 2",
            _range(number),
        ).fetchall()
        head = Head(0, genesis(chain))
        if rows:
            identifier, events, last_hash, body = rows[0]
            if link(rows[1][2] if len(rows) == 2 else genesis(chain), body) != last_hash:
                raise LogUnavailable(f"the end of chain {chain} does not fit its hash")
            head = Head(split_event_id(identifier)[1] + events - 1, last_hash)
        (signed,) = self._connection.execute("SELECT max(seq) FROM checkpoints WHERE chain = ?", (number,)).fetchone()
        if signed is not None and signed > head.seq:
            raise LogUnavailable(f"chain {chain} ends before its newest checkpoint")
        return head

    @_guarded
    def begin(self) -> bool:
        """Begin a write; False when another process writes."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == _BUSY:
                return False
            raise
        return True

    @_guarded
    def insert(self, chain: str, batch: StoredBatch, checkpoint: Checkpoint | None) -> None:
        """Add a batch and a checkpoint to the write."""
        number = self._numbers[chain]
        if batch.events:
            self._connection.execute(
                "INSERT INTO events (id, events, hash, body) VALUES (?, ?, ?, ?)",
                (event_id(number, batch.first_seq), batch.events, batch.hash, batch.body),
            )
        if checkpoint is not None:
            self._connection.execute(
                "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?)",
                (number, checkpoint.seq // CHECKPOINT_SLOT, *checkpoint),
            )
        self._anchor = (chain, checkpoint) if checkpoint is not None else None

    @_guarded
    def commit(self) -> None:
        """Make the write durable; leave its checkpoint beside the store too."""
        self._connection.execute("COMMIT")
        if self._anchor is not None:
            anchors.write(self._path.parent, *self._anchor)

    def rollback(self) -> None:
        """Give the write up."""
        if self._opened is not None:
            # Without a transaction (the failure ended it) there is nothing to roll back.
            with contextlib.suppress(sqlite3.Error):
                self._opened.execute("ROLLBACK")

    @_guarded
    def open_calls(self, chain: str) -> list[OpenCall]:
        """Bring the projection up to date and return the chain's calls without an outcome."""
        connection = open_store(self._path, synchronous="NORMAL")
        with contextlib.closing(connection):
            project_all(connection)
            number = self._number(chain)
            rows = connection.execute(
                "SELECT event, call, received_at, vendor_status FROM calls"
                " WHERE state = 'decided' AND event >= ? AND event < ? ORDER BY event",
                _range(number),
            )
            return [OpenCall(split_event_id(event)[1], *rest) for event, *rest in rows]

    def close(self) -> None:
        """Close the file."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            # The loop never waits for a lock: ``begin`` says no and is asked again.
            self._opened = open_store(self._path, busy_timeout_s=0.0)
        return self._opened

    def _number(self, chain: str) -> int:
        number = self._numbers.get(chain)
        if number is None:
            connection = self._connection
            # Rare and short: here waiting is right, at start several workers do this at once.
            connection.execute("PRAGMA busy_timeout = 5000")
            connection.execute(
                "INSERT INTO chains (name) SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM chains WHERE name = ?1)", (chain,)
            )
            connection.execute("PRAGMA busy_timeout = 0")
            (number,) = connection.execute("SELECT number FROM chains WHERE name = ?", (chain,)).fetchone()
            self._numbers[chain] = number
        return int(number)


def _range(chain_number: int) -> tuple[int, int]:
    return event_id(chain_number, 0), event_id(chain_number + 1, 0)


class SqliteRecordReader:
    """``audit.RecordReader`` on a connection, with the checkpoints kept beside the store in ``data``."""

    def __init__(self, connection: sqlite3.Connection, data: Path | None = None) -> None:
        self._connection = connection
        self._data = data
        self._numbers: dict[str, int] = {}

    def chains(self) -> list[str]:
        """Return all chains, also those of which only a checkpoint beside the store is left."""
        try:
            rows = self._connection.execute("SELECT name, number FROM chains").fetchall()
        except sqlite3.Error as error:
            raise LogUnavailable(str(error)) from error
        self._numbers = dict(rows)
        beside = anchors.names(self._data) if self._data is not None else []
        return sorted({*self._numbers, *beside})

    def batches(self, chain: str) -> Iterator[StoredBatch]:
        """Yield the chain's batches by sequence number."""
        number = self._numbers.get(chain)
        if number is None:
            return
        try:
            for identifier, *rest in self._connection.execute(_BATCHES, _range(number)):
                yield StoredBatch(split_event_id(identifier)[1], *rest)
        except sqlite3.Error as error:
            raise LogUnavailable(str(error)) from error

    def checkpoints(self, chain: str) -> list[Checkpoint]:
        """Return the chain's checkpoints, the one beside the store included."""
        try:
            rows = self._connection.execute(
                "SELECT CAST(seq AS INTEGER), CAST(hash AS BLOB), CAST(signed_at AS REAL), CAST(signature AS BLOB)"
                " FROM checkpoints WHERE chain = ?",
                (self._numbers.get(chain),),
            ).fetchall()
        except sqlite3.Error as error:
            raise LogUnavailable(str(error)) from error
        points = [Checkpoint(*row) for row in rows]
        beside = anchors.read(self._data, chain) if self._data is not None else None
        if beside is not None and beside not in points:
            points.append(beside)
        return sorted(points, key=lambda point: point.seq)

    def projected(self, chain: str) -> int:
        """Return how far the projection has read the chain."""
        try:
            row = self._connection.execute(
                "SELECT seq FROM projection WHERE chain = ?", (self._numbers.get(chain),)
            ).fetchone()
        except sqlite3.Error as error:
            raise LogUnavailable(str(error)) from error
        return int(row[0]) if row else 0

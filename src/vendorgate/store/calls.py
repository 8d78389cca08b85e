"""Search the record: filters over the projection, newest first, page by page; what is shown comes from the events."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vendorgate.audit.dump import parse
from vendorgate.audit.view import view_call
from vendorgate.store.schema import event_id, split_event_id

_ID_SLACK_S = 60.0
"""How far an id's time may lie from ``received_at``: the index on ids finds the span, the column decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Which calls to find; every given field must fit. Globs (``*``) are allowed in vendor, function and caller."""

    vendor: str | None = None
    function: str | None = None
    caller: str | None = None
    effect: str | None = None
    since: float | None = None
    """Received at this time (seconds since the epoch) or later."""
    until: float | None = None
    """Received before this time."""
    status: str | None = None
    """A vendor status (``200``), a class of them (``5xx``) or a state (``closed``)."""
    tokens: Sequence[str] | None = None
    """Masked tokens, any of which appears in the call (``masking.Masker.tokens_for``)."""


def find_calls(
    connection: sqlite3.Connection, where: CallFilter, *, before: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Return calls, newest first, as shown in JSON. ``before`` is the id of the last call of the page before."""
    clauses, values = _conditions(where)
    if before is not None:
        clauses.append("call < ?")
        values.append(before)
    return _select(connection, clauses, values, "DESC", limit)


def follow_calls(
    connection: sqlite3.Connection, where: CallFilter, *, after: str | None, limit: int = 200
) -> list[dict[str, Any]]:
    """Return calls newer than the call ``after``, oldest first."""
    clauses, values = _conditions(where)
    if after is not None:
        clauses.append("call > ?")
        values.append(after)
    return _select(connection, clauses, values, "ASC", limit)


def iterate_calls(connection: sqlite3.Connection, where: CallFilter) -> Iterator[dict[str, Any]]:
    """Yield all calls that fit, newest first, a page at a time."""
    before: str | None = None
    while page := find_calls(connection, where, before=before, limit=500):
        yield from page
        before = page[-1]["id"]


def get_call(connection: sqlite3.Connection, prefix: str) -> list[dict[str, Any]]:
    """Return the calls whose id begins with ``prefix``: none, the one, or two when it is not unique."""
    return _select(connection, ["call >= ?", "call < ?"], [prefix, prefix + "\U0010ffff"], "ASC", 2)


def get_events(connection: sqlite3.Connection, call: str) -> list[dict[str, Any]]:
    """Return all events of a call, oldest first, each with its ``chain`` and ``seq``."""
    row = connection.execute("SELECT event, outcome FROM calls WHERE call = ?", (call,)).fetchone()
    if row is None:
        return []
    first, outcome = row
    number, start = split_event_id(first)
    names = dict(connection.execute("SELECT number, name FROM chains"))
    found = [(first, _event(connection, first))]
    # Between a stream's decision and its end lies its ``answering`` event; it points back at the decision too.
    if outcome is not None:
        last = _event(connection, outcome)
        if last.get("type") == "closed" and last.get("vendor_status") is not None:
            found += _between(connection, first, outcome, start)
        found.append((outcome, last))
    return [event | {"chain": names[number], "seq": split_event_id(identifier)[1]} for identifier, event in found]


def _between(connection: sqlite3.Connection, first: int, last: int, start: int) -> list[tuple[int, dict[str, Any]]]:
    needle = b'{"type":"answering",'
    mark = f'"of":{start},'.encode()
    rows = connection.execute(
        "SELECT id, CAST(body AS BLOB) FROM events WHERE id > ? - 1000 AND id < ? ORDER BY id", (first, last)
    )
    return [
        (identifier + index, parse(line))
        for identifier, body in rows
        if needle in body
        for index, line in enumerate(body.split(b"\n"))
        if line.startswith(needle) and mark in line
    ]


def _conditions(where: CallFilter) -> tuple[list[str], list[Any]]:
    clauses: list[str] = []
    values: list[Any] = []

    def add(clause: str, *given: Any) -> None:
        clauses.append(clause)
        values.extend(given)

    if where.vendor is not None:
        add("vendor GLOB ?", _glob(where.vendor))
    if where.function is not None:
        # By its own name or by the full one: `transfers.create` or `stripe.transfers.create`.
        add("(function GLOB ? OR vendor || '.' || function GLOB ?)", *[_glob(where.function)] * 2)
    if where.caller is not None:
        add("caller GLOB ?", _glob(where.caller))
    if where.effect is not None:
        add("effect = ?", where.effect)
    if where.since is not None:
        add("call >= ? AND received_at >= ?", _id_at(where.since - _ID_SLACK_S), where.since)
    if where.until is not None:
        add("call < ? AND received_at < ?", _id_at(where.until + _ID_SLACK_S), where.until)
    if where.status is not None:
        _add_status(where.status, add)
    if where.tokens is not None:
        marks = ", ".join("?" * len(where.tokens))
        add(f"event IN (SELECT event FROM touching WHERE token IN ({marks}))", *where.tokens)  # noqa: S608 - marks only
    return clauses, values


def _glob(pattern: str) -> str:
    """Return a GLOB in which only ``*`` is special, as in rules."""
    return pattern.replace("[", "[[]").replace("?", "[?]")


def _add_status(status: str, add: Any) -> None:
    if status.isdigit():
        add("vendor_status = ?", int(status))
    elif len(status) == 3 and status[0].isdigit() and status[1:].lower() == "xx":
        add("vendor_status BETWEEN ? AND ?", int(status[0]) * 100, int(status[0]) * 100 + 99)
    else:
        add("state = ?", status)


def _id_at(seconds: float) -> str:
    return f"{max(0, int(seconds * 1000)):012x}"


def _select(
    connection: sqlite3.Connection, clauses: list[str], values: list[Any], order: str, limit: int
) -> list[dict[str, Any]]:
    condition = " AND ".join(clauses) or "1"
    rows = connection.execute(
        f"SELECT event, outcome FROM calls WHERE {condition} ORDER BY call {order} LIMIT ?",  # noqa: S608 - constants
        (*values, limit),
    ).fetchall()
    names = dict(connection.execute("SELECT number, name FROM chains"))
    calls = []
    for event, outcome in rows:
        number, seq = split_event_id(event)
        first = _event(connection, event)
        last = _event(connection, outcome) if outcome is not None else None
        try:
            calls.append(view_call(first, last, chain=names[number], seq=seq))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _damaged() from error
    return calls


def _event(connection: sqlite3.Connection, identifier: int) -> dict[str, Any]:
    """Read one event out of its batch. Raises ``sqlite3.Error`` when it is gone."""
    row = connection.execute(
        "SELECT id, CAST(body AS BLOB) FROM events WHERE id <= ? AND id >= ? ORDER BY id DESC LIMIT 1",
        (identifier, event_id(split_event_id(identifier)[0], 0)),
    ).fetchone()
    lines = row[1].split(b"\n") if row else []
    index = identifier - row[0] if row else 0
    if index >= len(lines):
        raise _damaged()
    try:
        return parse(lines[index])
    except ValueError as error:
        raise _damaged() from error


def _damaged() -> sqlite3.DataError:
    return sqlite3.DataError("an event of a call is missing or was changed: run vendorgate audit verify")

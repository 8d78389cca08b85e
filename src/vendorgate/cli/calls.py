"""``vendorgate calls``: read the record on the gateway's own host."""

import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from vendorgate.store.calls import CallFilter

FOLLOW_S = 0.5

_FILTERS = (
    click.option("--vendor", help="Only this vendor; * is allowed."),
    click.option("--function", help="Only this function, with or without its vendor; * is allowed."),
    click.option("--caller", help="Only calls of this principal; * is allowed."),
    click.option("--effect", help="Only calls decided so: allow, deny or review."),
    click.option("--since", help="Received since: RFC 3339, or ago: 15m, 2h, 3d."),
    click.option("--until", help="Received before: RFC 3339, or ago."),
    click.option("--status", help="Vendor status (200, 5xx) or state (closed, refused, outcome_unknown, …)."),
    click.option("--touching", help="Only calls in which this value (card, e-mail, …) was masked."),
    click.option("--data", help="Data directory (default: VENDORGATE_DATA or ./vendorgate-data)."),
)
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


def _filtered(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_FILTERS):
        function = option(function)
    return function


@click.group(epilog="Example: vendorgate calls list --since 2h --effect deny")
def command() -> None:
    """Read the record: who called which vendor function, with what, who allowed it."""


@command.command("list", epilog="Example: vendorgate calls list --vendor stripe --since 1d --json")
@_filtered
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many calls.")
@_JSON
def list_calls(data: str | None, limit: int, as_json: bool, **filters: str | None) -> None:
    """List calls, newest first."""
    from itertools import islice

    from vendorgate.store.calls import iterate_calls

    with _record(data, filters) as (connection, where):
        calls = list(islice(iterate_calls(connection, where), limit))
    if as_json:
        for call in calls:
            _print_line(call)
    else:
        from vendorgate.cli.call_table import print_calls

        print_calls(calls)


@command.command("show", epilog="Example: vendorgate calls show 01a20dc2")
@click.argument("id")
@click.option("--data", help="Data directory (default: VENDORGATE_DATA or ./vendorgate-data).")
@click.option("--json", "as_json", is_flag=True, help="The call as one line of JSON.")
def show(id: str, data: str | None, as_json: bool) -> None:
    """Show one call; ID is its id or the beginning of it."""
    from vendorgate.store.calls import get_call

    with _record(data, {}) as (connection, _):
        found = get_call(connection, id.lower())
    if not found:
        raise click.ClickException("no call has this id: see vendorgate calls list")
    if len(found) > 1:
        raise click.ClickException("more than one call begins so: give more of the id")
    if as_json:
        _print_line(found[0])
    else:
        from vendorgate.cli.call_table import print_call

        print_call(found[0])


@command.command("tail", epilog="Example: vendorgate calls tail -f --effect deny")
@_filtered
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Begin with so many calls.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new calls until interrupted.")
@_JSON
def tail(data: str | None, limit: int, follow: bool, as_json: bool, **filters: str | None) -> None:
    """Show the last calls, oldest first; with -f go on with those to come.

    A call is printed when it has ended (or been refused); one that is still open is printed when it ends.
    """
    from vendorgate.cli.call_table import line_of
    from vendorgate.store.calls import find_calls, follow_calls
    from vendorgate.store.projector import project_all

    def show_line(call: dict[str, Any]) -> None:
        if as_json:
            _print_line(call)
        else:
            click.echo(line_of(call))

    with _record(data, filters) as (connection, where):
        calls = list(reversed(find_calls(connection, where, limit=limit)))
        for call in calls:
            show_line(call)
        if not follow:
            return
        after = calls[-1]["id"] if calls else f"{int(time.time() * 1000):012x}"
        while True:
            time.sleep(FOLLOW_S)
            project_all(connection)
            for call in follow_calls(connection, where, after=after):
                # A call that is still open holds back those after it: each is shown once, with its outcome.
                if call["state"] == "decided" and not _is_old(call):
                    break
                show_line(call)
                after = call["id"]


@command.command("export", epilog="Example: vendorgate calls export --format csv --since 30d --out calls.csv")
@_filtered
@click.option("--format", "format_", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write (default: stdout).")
def export(data: str | None, format_: str, out: Path | None, **filters: str | None) -> None:
    """Write all calls that fit, newest first. CSV cells never begin with what a spreadsheet would run."""
    from vendorgate.audit.export import write_csv, write_jsonl
    from vendorgate.store.calls import iterate_calls

    with _record(data, filters) as (connection, where), _output(out) as file:
        calls = iterate_calls(connection, where)
        if format_ == "csv":
            write_csv(calls, file)
        else:
            write_jsonl(calls, file)


@contextmanager
def _output(out: Path | None) -> Iterator[IO[str]]:
    if out is None:
        yield sys.stdout
        return

    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}") from error
    with open(descriptor, "w", encoding="utf-8", newline="") as file:
        yield file


@contextmanager
def _record(data: str | None, filters: dict[str, str | None]) -> Iterator[tuple[sqlite3.Connection, "CallFilter"]]:
    """Open the store with the projection caught up; turn failures into messages."""
    from vendorgate.config.keys import data_directory, store_path
    from vendorgate.store.connect import open_store
    from vendorgate.store.filters import BadFilter, parse_filter
    from vendorgate.store.projector import project_all

    folder = data_directory(data)
    path = store_path(folder)
    if not path.exists():
        raise click.ClickException(f"{path} does not exist: give the gateway's data directory with --data")
    try:
        where = parse_filter(filters, now=time.time(), tokens_for=lambda value: _tokens_for(folder, value))
    except BadFilter as error:
        raise click.UsageError(f"--{error.name} {error}") from None
    try:
        connection = open_store(path, synchronous="NORMAL")
        try:
            project_all(connection)
            yield connection, where
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise click.ClickException(f"the record cannot be read: {error}") from error


def _tokens_for(folder: Path, value: str) -> list[str]:
    from vendorgate.config.keys import KeyProblem, load_or_create_keys
    from vendorgate.masking import Masker
    from vendorgate.masking.spec import MaskSpec

    try:
        keys = load_or_create_keys(folder)
    except KeyProblem as error:
        raise click.ClickException(str(error)) from error
    return Masker(key=keys.mask, record=MaskSpec(), response=MaskSpec(), capture=0).tokens_for(value)


def _print_line(call: dict[str, Any]) -> None:
    from vendorgate.audit.dump import dump

    click.echo(dump(call))


def _is_old(call: dict[str, Any]) -> bool:
    from datetime import UTC, datetime

    return (datetime.now(UTC) - datetime.fromisoformat(call["received_at"])).total_seconds() > 60

"""``vendorgate credentials``: put vendor secrets into the store, sealed. No command shows a value."""

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vendorgate.store.credentials import SqliteCredentialStore

_DATA = click.option(
    "--data", default=None, help="The data directory (default: $VENDORGATE_DATA or ./vendorgate-data)."
)


@click.group(epilog='Example: printf %s "$STRIPE_KEY" | vendorgate credentials set stripe-live')
def command() -> None:
    """Set, list and remove vendor credentials of the store.

    A running gateway uses a new value within two seconds. Values are sealed with the data directory's seal key and
    are never printed.
    """


@contextmanager
def _open_store(data: str | None) -> "Iterator[tuple[SqliteCredentialStore, bytes]]":
    """Yield the store and the seal key; end with a message and exit code 1 when they cannot be used."""
    from vendorgate.config.keys import KeyProblem, data_directory, load_or_create_keys, store_path
    from vendorgate.credentials import StoreUnavailable
    from vendorgate.store.credentials import SqliteCredentialStore

    folder = data_directory(data)
    try:
        keys = load_or_create_keys(folder)
        with closing(SqliteCredentialStore(store_path(folder))) as store:
            yield store, keys.seal
    except (KeyProblem, StoreUnavailable) as error:
        raise click.ClickException(str(error)) from error


@command.command("set", epilog="Example: vendorgate credentials set stripe-live < stripe.key")
@click.argument("name")
@_DATA
def set_(name: str, data: str | None) -> None:
    """Set NAME to the value on standard input, or ask for it at a terminal.

    The value never stands in the arguments, where every user of the machine could read it. One line end at its end is
    not part of it.
    """
    from vendorgate.credentials import CredentialProblem, check_value, seal

    _check_name(name)
    value = _read_value(name)
    try:
        check_value(value)
    except CredentialProblem as problem:
        raise click.ClickException(f"The value {problem}. Nothing was set.") from problem
    with _open_store(data) as (store, seal_key):
        version = store.next_version(name)
        store.put(name, version, *seal(seal_key, name, version, value), time.time())
    click.echo(f"{name} version {version}")


@command.command("list", epilog="Example: vendorgate credentials list --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: name, version, created_at.")
@_DATA
def list_(as_json: bool, data: str | None) -> None:
    """List the credentials in the store: name, version and when it was set. Never values."""
    with _open_store(data) as (store, _):
        found = store.list()
    for sealed in found:
        created_at = datetime.fromtimestamp(sealed.created_at, UTC).isoformat(timespec="milliseconds")
        created_at = created_at.replace("+00:00", "Z")
        if as_json:
            click.echo(json.dumps({"name": sealed.name, "version": sealed.version, "created_at": created_at}))
        else:
            click.echo(f"{sealed.name:<41} version {sealed.version:<4} {created_at}")


@command.command("remove", epilog="Example: vendorgate credentials remove stripe-live")
@click.argument("name")
@_DATA
def remove(name: str, data: str | None) -> None:
    """Remove all versions of NAME. Calls that need it are refused from then on."""
    with _open_store(data) as (store, _):
        removed = store.remove(name)
    if not removed:
        raise click.ClickException(f"There is no credential {name!r} in the store. See: vendorgate credentials list")
    click.echo(f"{name} removed")


def _check_name(name: str) -> None:
    from vendorgate.config.values import NAME

    if not re.fullmatch(NAME, name):
        raise click.UsageError(
            "NAME must be lower-case letters, digits and -, starting with a letter, at most 41 characters."
        )


def _read_value(name: str) -> bytes:
    from vendorgate.credentials import strip_newline

    if _is_terminal():
        answer: str = click.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True, err=True)
        return answer.encode()
    # One byte more than a megabyte is enough to see that this is no credential.
    return strip_newline(sys.stdin.buffer.read(1 << 20))


def _is_terminal() -> bool:
    return sys.stdin.isatty()

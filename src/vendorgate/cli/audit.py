"""``vendorgate audit``: is the record what was written?"""

import json
import sqlite3
from collections.abc import Callable

import click


@click.group(epilog="Example: vendorgate audit verify")
def command() -> None:
    """Check the record's hash chains and signed checkpoints."""


@command.command(epilog="Example: vendorgate audit verify --json")
@click.option("--data", help="Data directory (default: VENDORGATE_DATA or ./vendorgate-data).")
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON object.")
def verify(data: str | None, as_json: bool) -> None:
    """Verify every chain; exit 1 and name the first broken place of each chain that is not what was written."""
    from vendorgate.audit import LogUnavailable
    from vendorgate.audit import verify as verify_record
    from vendorgate.config.keys import KeyProblem, data_directory, load_or_create_keys, store_path
    from vendorgate.store.connect import open_readable
    from vendorgate.store.sqlite import SqliteRecordReader

    folder = data_directory(data)
    path = store_path(folder)
    if not path.exists():
        raise click.ClickException(f"{path} does not exist: give the gateway's data directory with --data")
    try:
        keys = load_or_create_keys(folder)
        connection = open_readable(path)
        try:
            report = verify_record(SqliteRecordReader(connection, folder), is_signed=_verifier(keys.chain))
        finally:
            connection.close()
    except (KeyProblem, sqlite3.Error, LogUnavailable) as error:
        raise click.ClickException(f"the record cannot be verified: {error}") from error
    if as_json:
        result = report._asdict() | {
            "ok": not report.broken,
            "broken": [broken._asdict() for broken in report.broken],
        }
        click.echo(json.dumps(result))
    else:
        for broken in report.broken:
            click.echo(f"BROKEN chain {broken.chain} at event {broken.seq}: {broken.what}: {broken.detail}")
        click.echo(f"{report.chains} chains, {report.events} events intact, {report.checkpoints} signed checkpoints")
    if report.broken:
        raise SystemExit(1)


def _verifier(pem: bytes) -> Callable[[bytes, bytes], bool]:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(pem, password=None)
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    public = key.public_key()

    def is_signed(message: bytes, signature: bytes) -> bool:
        try:
            public.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return is_signed

"""Open the store's file: permissions, pragmas, migrations."""

import os
import sqlite3
from pathlib import Path

from vendorgate.store.schema import MIGRATIONS

WAL_PAGES = 4000
"""Pages of the write-ahead log after which a commit copies them into the file (16 MiB)."""


def open_store(path: Path, *, busy_timeout_s: float = 5.0, synchronous: str = "FULL") -> sqlite3.Connection:
    """Return a connection in autocommit mode, usable from any one thread at a time; makes the file (mode 0600).

    ``synchronous`` FULL makes every commit durable; NORMAL is for what can be built anew. Raises ``sqlite3.Error``,
    also for a store written by a newer vendorgate.
    """
    try:
        # SQLite gives -wal and -shm the mode of the file itself. Only a file that was not there is opened here: closing
        # a descriptor drops this process's locks on the file (fcntl), another connection's too, and the next process
        # that closes the store would take itself for the last one and delete the log that is being written to.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise sqlite3.OperationalError(f"{path}: {error.strerror}") from error
    connection = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if synchronous == 'FULL' else 'NORMAL'}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        # Removed credentials leave no ciphertext in free pages.
        connection.execute("PRAGMA secure_delete = FAST")
        migrate(connection)
        connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout_s * 1000)}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def open_readable(path: Path) -> sqlite3.Connection:
    """Return a connection that changes nothing, not even the schema, and sees one state of the store throughout.

    Raises ``sqlite3.Error``.
    """
    connection = sqlite3.connect(path, timeout=5.0, isolation_level=None)
    connection.execute("PRAGMA query_only = 1")
    connection.execute("BEGIN")
    return connection


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, one transaction a step; safe when several processes start at once."""
    while (version := _version(connection)) < len(MIGRATIONS):
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _version(connection) == version:
                for statement in MIGRATIONS[version].split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except sqlite3.Error:
            connection.execute("ROLLBACK")
            raise
    if version > len(MIGRATIONS):
        raise sqlite3.OperationalError("the store was written by a newer vendorgate: use that version")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)

"""Sealed credentials on SQLite: ``credentials.CredentialStore``."""

import sqlite3
from pathlib import Path

from vendorgate.credentials import SealedSecret, StoreUnavailable
from vendorgate.store.connect import open_store

_LATEST = (
    "SELECT name, max(version), nonce, ciphertext, created_at FROM credentials {where} GROUP BY name ORDER BY name"
)
# SQLite takes the other columns of an aggregate query from the row that holds the maximum.
_GET = _LATEST.format(where="WHERE name = ?")
_LIST = _LATEST.format(where="")

_Sealed = list[SealedSecret]


class SqliteCredentialStore:
    """Every version of every sealed credential; the newest is in force. Opens the file when it is first used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: sqlite3.Connection | None = None

    def get(self, name: str) -> SealedSecret | None:
        """Return the latest version, or None."""
        rows = self._read(_GET, (name,))
        return rows[0] if rows else None

    def list(self) -> _Sealed:
        """Return the latest version of every credential, by name."""
        return self._read(_LIST, ())

    def next_version(self, name: str) -> int:
        """Return the version a new value gets: one more than the highest ever given, removed ones included."""
        try:
            row = self._connection.execute("SELECT highest FROM credential_versions WHERE name = ?", (name,)).fetchone()
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error
        return (int(row[0]) if row else 0) + 1

    def put(self, name: str, version: int, nonce: bytes, ciphertext: bytes, created_at: float) -> None:
        """Add a version; raises ``StoreUnavailable`` unless it is higher than every one before."""
        try:
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                raised = connection.execute(
                    "INSERT INTO credential_versions (name, highest) VALUES (?1, ?2)"
                    " ON CONFLICT (name) DO UPDATE SET highest = ?2 WHERE highest < ?2",
                    (name, version),
                ).rowcount
                if raised != 1:
                    raise StoreUnavailable("this version exists already: somebody set the credential meanwhile")
                connection.execute(
                    "INSERT INTO credentials VALUES (?, ?, ?, ?, ?)", (name, version, nonce, ciphertext, created_at)
                )
            except (sqlite3.Error, StoreUnavailable):
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error

    def remove(self, name: str) -> bool:
        """Remove all versions; False when there was none."""
        try:
            return self._connection.execute("DELETE FROM credentials WHERE name = ?", (name,)).rowcount > 0
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error

    def close(self) -> None:
        """Close the file."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = open_store(self._path)
        return self._opened

    def _read(self, query: str, values: tuple[str, ...]) -> _Sealed:
        try:
            return [SealedSecret(*row) for row in self._connection.execute(query, values)]
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error

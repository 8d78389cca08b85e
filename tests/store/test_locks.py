"""Opening the store once more in a process keeps the locks that its other connections hold."""

import subprocess
import sys
from pathlib import Path

from vendorgate.store.connect import open_store

LOOK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(connection.execute("SELECT count(*) FROM chains").fetchone()[0])
connection.close()
"""


def look(path: Path) -> int:
    """Open, read and close the store in another process, as an operator's ``sqlite3`` does."""
    done = subprocess.run([sys.executable, "-c", LOOK, str(path)], capture_output=True, check=True, timeout=30)
    return int(done.stdout)


def test_another_process_that_closes_the_store_does_not_delete_the_log_in_use(tmp_path: Path) -> None:
    """It would take itself for the last one if the locks were gone, and what is written afterwards would be lost."""
    path = tmp_path / "vendorgate.db"
    first = open_store(path)
    second = open_store(path)
    try:
        for number in range(3):
            first.execute("INSERT INTO chains (name) VALUES (?)", (f"chain-{number}",))
            assert look(path) == number + 1
            assert path.with_name("vendorgate.db-wal").exists()
    finally:
        first.close()
        second.close()
    assert look(path) == 3


def test_the_file_is_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "vendorgate.db"
    open_store(path).close()
    assert path.stat().st_mode & 0o777 == 0o600

"""Whatever is done to a record that was written, verification names the place; untouched it is fine."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from vendorgate.audit import AuditRefused, Recorder, Report, verify
from vendorgate.audit.chain import link
from vendorgate.model import Refusal
from vendorgate.store.projector import Projector
from vendorgate.store.schema import event_id
from vendorgate.store.sqlite import SqliteEventLog, SqliteRecordReader
from vendorgate.testing.plain_masker import PlainMasker

KEY = ed25519.Ed25519PrivateKey.generate()


def is_signed(message: bytes, signature: bytes) -> bool:
    try:
        KEY.public_key().verify(signature, message)
    except InvalidSignature:
        return False
    return True


async def write(path: Path, events: int, *, sign: Callable[[bytes], bytes] | None = KEY.sign) -> None:
    """Append events, each a batch of its own, and close the recorder."""
    recorder = Recorder(SqliteEventLog(path), chain="gateway-0", masker=PlainMasker(), sign=sign)
    await recorder.start()
    refusal = Refusal("bad_request", ".")
    for index in range(events):
        await recorder.refuse_unparsed(
            id=f"{index:032x}", received_at=float(index), peer="", refusal=refusal, bytes_read=0
        )
    await recorder.aclose()


def check(path: Path) -> Report:
    connection = sqlite3.connect(path)
    try:
        return verify(SqliteRecordReader(connection, path.parent), is_signed=is_signed)
    finally:
        connection.close()


def at(seq: int) -> int:
    return event_id(1, seq)


def rehash_from(db: sqlite3.Connection, seq: int) -> None:
    """What an insider does after an edit: make all later hashes fit."""
    (previous,) = db.execute("SELECT hash FROM events WHERE id = ?", (at(seq - 1),)).fetchone()
    for identifier, body in db.execute("SELECT id, body FROM events WHERE id >= ? ORDER BY id", (at(seq),)).fetchall():
        previous = link(previous, body)
        db.execute("UPDATE events SET hash = ? WHERE id = ?", (previous, identifier))


def edit(db: sqlite3.Connection) -> None:
    db.execute("UPDATE events SET body = replace(body, 'bad_request', 'allowed') WHERE id = ?", (at(4),))


def edit_and_rehash(db: sqlite3.Connection) -> None:
    edit(db)
    db.execute("UPDATE events SET body = CAST(body AS BLOB)")
    rehash_from(db, 4)


def delete(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM events WHERE id = ?", (at(4),))


def delete_and_renumber(db: sqlite3.Connection) -> None:
    delete(db)
    for seq in range(5, 11):
        db.execute("UPDATE events SET id = ? WHERE id = ?", (at(seq - 1), at(seq)))
    rehash_from(db, 4)


def reorder(db: sqlite3.Connection) -> None:
    db.execute("UPDATE events SET id = 1 WHERE id = ?", (at(4),))
    db.execute("UPDATE events SET id = ? WHERE id = ?", (at(4), at(5)))
    db.execute("UPDATE events SET id = ? WHERE id = 1", (at(5),))


def truncate(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM events WHERE id >= ?", (at(8),))


def truncate_with_checkpoints(db: sqlite3.Connection) -> None:
    truncate(db)
    db.execute("DELETE FROM checkpoints")


def delete_everything(db: sqlite3.Connection) -> None:
    for table in ("events", "checkpoints", "chains", "projection"):
        db.execute(f"DELETE FROM {table}")


def forge_a_checkpoint(db: sqlite3.Connection) -> None:
    db.execute("UPDATE checkpoints SET seq = 7")


def move_to_another_chain(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO chains VALUES (2, 'gateway-1')")
    db.execute("UPDATE events SET id = id + (1 << 40)")


def say_another_count(db: sqlite3.Connection) -> None:
    db.execute("UPDATE events SET events = 2 WHERE id = ?", (at(4),))


@pytest.mark.parametrize(
    ("attack", "what", "seq"),
    [
        (edit, "edited", 4),
        (edit_and_rehash, "checkpoint", 10),
        (delete, "deleted", 4),
        (delete_and_renumber, "truncated", 10),
        (reorder, "edited", 4),
        (truncate, "truncated", 8),
        (truncate_with_checkpoints, "truncated", 8),
        (delete_everything, "truncated", 1),
        (forge_a_checkpoint, "checkpoint", 7),
        (move_to_another_chain, "truncated", 1),
        (say_another_count, "unreadable", 4),
    ],
)
async def test_an_attack_is_found(
    path: Path, attack: Callable[[sqlite3.Connection], None], what: str, seq: int
) -> None:
    await write(path, 10)
    clean = check(path)
    assert (clean.broken, clean.events) == ((), 10)
    db = sqlite3.connect(path)
    attack(db)
    db.commit()
    db.close()
    found = check(path).broken[0]
    assert (found.chain, found.seq, found.what) == ("gateway-0", seq, what)


async def test_a_store_put_back_to_an_older_state_is_found(path: Path) -> None:
    await write(path, 5)
    old = path.with_suffix(".old")
    shutil.copy(path, old)
    await write(path, 5)
    assert check(path).broken == ()
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(old, path)
    assert [(found.what, found.seq) for found in check(path).broken] == [("truncated", 6)]


async def test_a_cut_without_any_checkpoint_is_found_by_the_projection(path: Path) -> None:
    await write(path, 10, sign=None)
    projector = Projector(path)
    projector.run_once()
    projector.close()
    assert check(path).broken == ()
    db = sqlite3.connect(path)
    truncate(db)
    db.commit()
    db.close()
    assert [(found.what, found.seq) for found in check(path).broken] == [("truncated", 8)]


@pytest.mark.parametrize("attack", [edit, truncate])
async def test_a_recorder_does_not_start_on_a_damaged_end(
    path: Path, attack: Callable[[sqlite3.Connection], None]
) -> None:
    await write(path, 4 if attack is edit else 10)
    db = sqlite3.connect(path)
    attack(db)
    db.commit()
    db.close()
    with pytest.raises(AuditRefused, match="vendorgate audit verify"):
        await write(path, 1)


async def test_a_recorder_goes_on_where_it_ended(path: Path) -> None:
    await write(path, 3)
    await write(path, 3)
    report = check(path)
    assert (report.broken, report.events, report.chains) == ((), 6, 1)

"""The projection says what the events say, however it was cut, repeated or shared."""

import sqlite3
from pathlib import Path

import pytest
from tests.store.conftest import Play

from vendorgate.store.connect import open_store
from vendorgate.store.projector import Projector, project, project_all
from vendorgate.testing.plain_masker import TOKEN, WORD


def rows(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT * FROM calls ORDER BY event").fetchall()


async def fill(play: Play) -> list[str]:
    return [
        await play(status=200, params={"card": WORD}),
        await play(status=502, caller="other"),
        await play(refused="no_rule"),
        await play(open_=True),
        await play(body=WORD.encode()),
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
async def test_the_chunk_does_not_matter(path: Path, play: Play, limit: int) -> None:
    ids = await fill(play)
    connection = open_store(path)
    total = 0
    while done := project(connection, limit):
        total += done
    assert total == 8
    found = connection.execute("SELECT call, effect, reason, state, vendor_status, caller FROM calls ORDER BY event")
    assert found.fetchall() == [
        (ids[0], "allow", "allowed", "closed", 200, "payroll-job"),
        (ids[1], "allow", "allowed", "closed", 502, "other"),
        (ids[2], "deny", "no_rule", "refused", None, "payroll-job"),
        (ids[3], "allow", "allowed", "decided", None, "payroll-job"),
        (ids[4], "allow", "allowed", "closed", 200, "payroll-job"),
    ]
    touching = connection.execute("SELECT token, event & 0xffff FROM touching ORDER BY event").fetchall()
    assert touching == [(TOKEN, 1), (TOKEN, 7)]
    connection.close()


async def test_built_anew_it_is_the_same(path: Path, play: Play) -> None:
    projector = Projector(path)
    for _ in range(3):
        await fill(play)
        assert projector.run_once() == 8
        assert projector.run_once() == 0
    projector.close()
    connection = open_store(path)
    before = rows(connection)
    for table in ("calls", "touching", "projection"):
        connection.execute(f"DELETE FROM {table}")
    assert project_all(connection) == 24
    assert rows(connection) == before
    connection.close()


async def test_two_projectors_do_not_disturb_one_another(path: Path, play: Play) -> None:
    first, second = open_store(path), open_store(path)
    await fill(play)
    assert project(first, 3) > 0
    project_all(second)
    assert project(first, 1000) == 0
    assert len(rows(first)) == 5
    first.close()
    second.close()


async def test_an_event_edited_into_nonsense_is_stepped_over(path: Path, play: Play) -> None:
    await play()
    connection = open_store(path)
    connection.execute("UPDATE events SET body = 'nonsense' WHERE id & 0xffff = 1")
    await play()
    assert project_all(connection) > 0
    assert len(rows(connection)) == 1
    connection.close()

"""``vendorgate calls`` and ``vendorgate audit`` over a record that a recorder wrote."""

import asyncio
import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from vendorgate.audit import Recorder, RecordMasker
from vendorgate.audit.view import FIELDS
from vendorgate.cli import main
from vendorgate.cli.call_table import safe
from vendorgate.config.keys import load_or_create_keys, store_path
from vendorgate.masking import Masker
from vendorgate.masking.spec import ALL_DETECTORS, MaskSpec
from vendorgate.model import Decision, Refusal
from vendorgate.store.sqlite import SqliteEventLog
from vendorgate.testing.builders import build_call, build_caller

CARD = "4242424242424242"
EVIL = '=HYPERLINK("http://x")\x1b[2J\u202e'


async def fill(data: Path) -> list[str]:
    keys = load_or_create_keys(data)
    masker: RecordMasker = Masker(
        key=keys.mask, record=MaskSpec(detect=ALL_DETECTORS), response=MaskSpec(), capture=65536
    )
    key = load_pem_private_key(keys.chain, None)
    recorder = Recorder(SqliteEventLog(store_path(data)), chain="gateway-0", masker=masker, sign=key.sign)  # type: ignore[union-attr,call-arg]
    await recorder.start()
    ids = []
    for caller, params in (("payroll-job", {"amount": 12000, "card": CARD}), (EVIL, {"note": "@SUM(A1)"})):
        call = build_call(amount="120.00", caller=build_caller(caller), params=params)
        ids.append(call.id)
        async with recorder.open_record(call.request) as record:
            record.identified(call.caller)
            record.matched(call)
            await record.decided(call, Decision("allow", "allowed", "small", "", "v1"))
            record.sending("stripe-live", 1)
            await record.closed(
                status=200, content_type=b"application/json", body=b'{"card":"%s"}' % CARD.encode(), bytes_sent=27
            )
    call = build_call()
    ids.append(call.id)
    with pytest.raises(Refusal):
        await refuse(recorder, call)
    await recorder.aclose()
    return ids


async def refuse(recorder: Recorder, call: object) -> None:
    async with recorder.open_record(call.request):  # type: ignore[attr-defined]
        raise Refusal("unauthenticated", ".")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def ids(data: Path) -> list[str]:
    return asyncio.run(fill(data))


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--data", str(data)])


def lines(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_list_as_json_has_every_field_of_every_call(data: Path, ids: list[str]) -> None:
    calls = lines(run(data, "calls", "list", "--json"))
    assert [call["id"] for call in calls] == sorted(ids, reverse=True)
    assert all(tuple(call) == FIELDS for call in calls)
    assert calls[-1]["money"] == {"value": "120.00", "currency": "USD"} or calls[0]["money"] is None


def test_the_card_is_nowhere_and_still_found(data: Path, ids: list[str]) -> None:
    assert all(CARD.encode() not in file.read_bytes() for file in data.rglob("*") if file.is_file())
    found = lines(run(data, "calls", "list", "--json", "--touching", "4242 4242 4242 4242"))
    assert sorted(str(call["id"]) for call in found) == sorted(ids[:2])
    assert lines(run(data, "calls", "list", "--json", "--touching", "4000056655665556")) == []


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (["--caller", "payroll-job"], 1),
        (["--effect", "deny"], 1),
        (["--status", "200", "--since", "1h"], 2),
        (["--until", "1h"], 0),
        (["--limit", "1"], 1),
    ],
)
def test_list_filters(data: Path, ids: list[str], filters: list[str], count: int) -> None:
    assert len(lines(run(data, "calls", "list", "--json", *filters))) == count


@pytest.mark.parametrize("command", [["calls", "list"], ["calls", "tail"]])
def test_a_terminal_obeys_nobody(data: Path, ids: list[str], command: list[str]) -> None:
    result = run(data, *command)
    assert result.exit_code == 0
    assert "payroll-job" in result.stdout
    assert "\x1b[2J" not in result.stdout
    assert "\u202e" not in result.stdout


def test_show_by_the_beginning_of_an_id(data: Path, ids: list[str]) -> None:
    assert lines(run(data, "calls", "show", ids[0][:28], "--json"))[0]["id"] == ids[0]
    text = run(data, "calls", "show", ids[1])
    assert text.exit_code == 0
    assert "\x1b" not in text.stdout
    assert "more than one" in run(data, "calls", "show", ids[0][:6]).output
    assert run(data, "calls", "show", "ffff").exit_code == 1


def test_export_as_jsonl_is_the_list(data: Path, ids: list[str]) -> None:
    assert lines(run(data, "calls", "export")) == lines(run(data, "calls", "list", "--json"))


def test_a_spreadsheet_runs_nothing(data: Path, ids: list[str], tmp_path: Path) -> None:
    out = tmp_path / "calls.csv"
    assert run(data, "calls", "export", "--format", "csv", "--out", str(out)).exit_code == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert sorted(row["id"] for row in rows) == sorted(ids)
    assert tuple(rows[0]) == FIELDS
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_would_be_a_formula(start: str) -> None:
    from vendorgate.audit.export import write_csv

    file = io.StringIO()
    write_csv([dict.fromkeys(FIELDS, f"{start}1")], file)
    assert next(csv.DictReader(io.StringIO(file.getvalue(), newline="")))["id"] == f"'{start}1"


def test_wrong_usage(data: Path, ids: list[str], tmp_path: Path) -> None:
    assert run(data, "calls", "list", "--since", "yesterday").exit_code == 2
    missing = run(tmp_path / "none", "calls", "list")
    assert missing.exit_code == 1
    assert "--data" in missing.output


def test_verify(data: Path, ids: list[str]) -> None:
    clean = run(data, "audit", "verify", "--json")
    assert clean.exit_code == 0
    assert json.loads(clean.stdout) == {"chains": 1, "events": 5, "checkpoints": 1, "broken": [], "ok": True} | {
        "checkpoints": json.loads(clean.stdout)["checkpoints"]
    }
    db = sqlite3.connect(store_path(data))
    db.execute("DELETE FROM events WHERE id = (SELECT min(id) FROM events)")
    db.commit()
    db.close()
    broken = run(data, "audit", "verify")
    assert broken.exit_code == 1
    assert "chain gateway-0 at event 1: deleted" in broken.stdout


@pytest.mark.parametrize(("text", "shown"), [("a\x1b[0m", "a\\x1b[0m"), ("\u202ex", "\\u202ex"), ("é ü", "é ü")])
def test_escaping(text: str, shown: str) -> None:
    assert safe(text) == shown

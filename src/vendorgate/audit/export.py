"""Export calls as JSON lines or CSV."""

import csv
from collections.abc import Iterable, Mapping
from typing import IO, Any

from vendorgate.audit.dump import dump
from vendorgate.audit.view import FIELDS

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet read a cell as a formula, or break its row."""


def write_jsonl(calls: Iterable[Mapping[str, Any]], file: IO[str]) -> None:
    """Write one JSON object a line."""
    for call in calls:
        file.write(dump(call).decode() + "\n")


def write_csv(calls: Iterable[Mapping[str, Any]], file: IO[str]) -> None:
    """Write a header and one row a call (RFC 4180); nested fields as JSON in one cell.

    A cell that a spreadsheet would take for a formula gets ``'`` in front.
    """
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(FIELDS)
    for call in calls:
        writer.writerow([_cell(call[name]) for name in FIELDS])


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = dump({"": value})[4:-1].decode() if isinstance(value, (dict, list)) else str(value)
    return f"'{text}" if text.startswith(_RUNS) else text

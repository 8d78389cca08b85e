"""Calls on a terminal. Whatever a caller or vendor sent is escaped before a terminal sees it."""

from collections.abc import Sequence
from typing import Any


def safe(text: object) -> str:
    """Return ``text`` without anything a terminal would obey: controls, bidirectional and invisible characters."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in str(text)
    )


def print_calls(calls: Sequence[dict[str, Any]]) -> None:
    """Print a table, one call a row."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE, pad_edge=False)
    for name in ("id", "received", "caller", "function", "money", "decision", "outcome"):
        table.add_column(name, overflow="fold", no_wrap=name in ("id", "received"))
    for call in calls:
        table.add_row(*(Text(cell) for cell in _cells(call)))
    console = Console()
    # What reads a pipe has no width: nothing is folded there.
    Console(width=None if console.is_terminal else 250).print(table)


def line_of(call: dict[str, Any]) -> str:
    """Return a call as one line."""
    return "  ".join(cell for cell in _cells(call) if cell)


def print_call(call: dict[str, Any]) -> None:
    """Print all fields of a call, nested ones as indented JSON."""
    import click

    from vendorgate.audit.dump import dump

    width = max(map(len, call))
    for name, value in call.items():
        if value is None:
            text = "-"
        elif isinstance(value, (dict, list)):
            text = dump({"": value})[4:-1].decode()
        else:
            text = str(value)
        click.echo(f"{name:<{width}}  {safe(text)}")


def _cells(call: dict[str, Any]) -> tuple[str, ...]:
    money = call["money"]
    function = ".".join(part for part in (call["vendor"], call["function"]) if part)
    decision = call["effect"] if call["reason"] in (None, "allowed") else f"{call['effect']}: {call['reason']}"
    cells = (
        # Twelve digits of time and four random ones: `calls show` takes it.
        call["id"][:16],
        call["received_at"][:19].replace("T", " "),
        call["caller"]["id"] if call["caller"] else "-",
        function or "-",
        f"{money['value']} {money['currency']}" if money else "",
        decision,
        str(call["vendor_status"]) if call["state"] == "closed" else call["state"],
    )
    return tuple(safe(cell) for cell in cells)

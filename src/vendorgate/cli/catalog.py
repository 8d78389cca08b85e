"""``vendorgate catalog``: the built-in vendor catalogues, and files of your own."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vendorgate.catalog.spec import FunctionSpec, VendorCatalog


@click.group()
def command() -> None:
    """List and show vendor catalogues: what turns a request into a named function with typed parameters.

    \b
    Example: vendorgate catalog show stripe
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
def list_catalogs(as_json: bool) -> None:
    """List the built-in catalogues.

    \b
    Example: vendorgate catalog list --json
    """
    from vendorgate.catalog.load import builtin_names

    found = [(name, _load(name)) for name in builtin_names()]
    if as_json:
        _print_json(
            [
                {"name": name, "base_url": cat.base_url, "attach": cat.attach, "functions": len(cat.functions)}
                for name, cat in found
            ]
        )
        return
    _print_table(
        ("name", "base_url", "credential as", "functions"),
        [(name, cat.base_url or "", cat.attach, str(len(cat.functions))) for name, cat in found],
    )


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of a table.")
def show(name: str, as_json: bool) -> None:
    """Show the functions of a catalogue: NAME is a built-in one's, or the path of a file.

    \b
    Example: vendorgate catalog show stripe
    """
    cat = _load(name)
    if as_json:
        _print_json(
            {
                "name": name,
                "vendor": cat.vendor,
                "base_url": cat.base_url,
                "attach": cat.attach,
                "functions": [_as_json(function) for function in cat.functions],
            }
        )
        return
    click.echo(f"{cat.vendor}: {cat.base_url or 'no base_url of its own'}, credential as {cat.attach}")
    _print_table(
        ("function", "match", "access", "parameters", "money"),
        [
            (
                function.name,
                f"{function.method} {function.template}",
                function.access,
                ", ".join(f"{param}: {kind}" for param, kind in function.params),
                f"{function.money.amount} {function.money.currency} ({function.money.unit})" if function.money else "",
            )
            for function in cat.functions
        ],
    )


def _as_json(function: "FunctionSpec") -> dict[str, object]:
    money = function.money
    return {
        "name": function.name,
        "match": f"{function.method} {function.template}",
        "access": function.access,
        "body": function.body,
        "params": dict(function.params),
        "money": {"amount": money.amount, "currency": money.currency, "unit": money.unit} if money else None,
        "sensitive": list(function.sensitive),
        "idempotency": function.idempotency,
    }


def _load(name: str) -> "VendorCatalog":
    from vendorgate.catalog.load import CatalogProblems, builtin_names, load_builtin, load_catalog
    from vendorgate.config.reader import suggest

    try:
        builtin = load_builtin(name)
        if builtin is not None:
            return builtin
        if "/" not in name and "." not in name:
            raise click.ClickException(
                f"no built-in catalogue is called {name!r}{suggest(name, builtin_names())}: "
                "see `vendorgate catalog list`, or give the path of a file"
            )
        return load_catalog(Path(name).read_text("utf-8"), name)
    except CatalogProblems as error:
        for line, column, message in error.problems:
            click.echo(f"{name}:{line}:{column}: {message}", err=True)
        raise SystemExit(1) from None
    except OSError as error:
        raise click.ClickException(f"{name}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise click.ClickException(f"{name}: is not UTF-8") from None


def _print_table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*head, box=box.SIMPLE, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console()
    if not console.is_terminal:
        console.width = 240  # a pipe or a file has no width to fit into
    console.print(table)


def _print_json(value: object) -> None:
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=False))

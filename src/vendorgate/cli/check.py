"""``vendorgate check``: validate everything without serving."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--config",
    "-c",
    "config",
    type=click.Path(path_type=Path),
    default="vendorgate.yaml",
    show_default=True,
    metavar="F",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def command(config: Path, as_json: bool) -> None:
    """Validate the configuration without serving.

    Every problem is printed on stderr as file:line:column: message, and the exit code is 1 when there is one.
    Nothing is read from the network, and no secret is read.

    \b
    Example: vendorgate check --config /etc/vendorgate/vendorgate.yaml
    """
    from vendorgate.config.load import load_settings
    from vendorgate.config.problems import ConfigProblems

    try:
        settings = load_settings(config)
    except ConfigProblems as error:
        if as_json:
            _print_json({"ok": False, "problems": [problem._asdict() for problem in error.problems]})
        for problem in error.problems:
            click.echo(str(problem), err=True)
        raise SystemExit(1) from None
    vendors = {vendor.name: len(vendor.catalog.functions) for vendor in settings.vendors}
    rules = {effect: sum(rule.effect == effect for rule in settings.rules) for effect in ("allow", "review", "deny")}
    if as_json:
        _print_json(
            {
                "ok": True,
                "version": settings.version,
                "vendors": [{"name": name, "functions": count} for name, count in vendors.items()],
                "rules": rules,
                "issuers": [*(["local"] if settings.local_issuer else []), *(spec.name for spec in settings.issuers)],
                "credentials": [spec.name for spec in settings.credentials],
            }
        )
        return
    functions = sum(vendors.values())
    click.echo(f"{config}: ok (policy version {settings.version})")
    click.echo(f"  {_count(len(vendors), 'vendor')}, {_count(functions, 'function')}: {', '.join(vendors) or 'none'}")
    click.echo(f"  {_count(len(settings.rules), 'rule')}: {', '.join(f'{n} {effect}' for effect, n in rules.items())}")
    if not settings.rules:
        click.echo("  without a rule every call is refused")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _print_json(value: object) -> None:
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=False))

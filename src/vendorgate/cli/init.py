"""``vendorgate init``: a starter configuration and the installation's keys."""

import os
from importlib.resources import files
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
@click.option("--data", metavar="DIR", help="Data directory [default: $VENDORGATE_DATA or ./vendorgate-data].")
@click.option("--force", is_flag=True, help="Overwrite the configuration if there is one. Keys are never overwritten.")
def command(config: Path, data: str | None, force: bool) -> None:
    """Write a commented starter vendorgate.yaml and the data directory's keys.

    \b
    Example: vendorgate init && vendorgate check && vendorgate serve
    """
    from vendorgate.config.keys import KeyProblem, data_directory, load_or_create_keys

    starter = files("vendorgate.cli").joinpath("starter.yaml").read_text("utf-8")
    try:
        _write(config, starter, force=force)
        folder = data_directory(data)
        load_or_create_keys(folder)
    except FileExistsError:
        raise click.ClickException(f"{config} exists already: use --force to overwrite it") from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or config}: cannot be written: {error.strerror}") from None
    except KeyProblem as error:
        raise click.ClickException(str(error)) from None
    option = "" if config == Path("vendorgate.yaml") else f" --config {config}"
    click.echo(f"wrote {config}")
    click.echo(f"keys are in {folder / 'keys'}: back them up, share them with nobody")
    click.echo("\nNext:")
    click.echo("  1. vendorgate credentials set stripe-test     # paste the vendor's key; callers never hold it")
    click.echo(f"  2. vendorgate serve{option}")
    click.echo("  3. vendorgate token mint --subject me --group payroll     # a token to call with")
    click.echo(
        "  4. call http://127.0.0.1:8080/stripe/… in place of https://api.stripe.com/…, the token as the API key"
    )


def _write(path: Path, content: str, *, force: bool) -> None:
    """Write the file whole or not at all; without ``force`` never over another one."""
    if not force:
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    with draft.open("x", encoding="utf-8") as file:
        file.write(content)
    draft.replace(path)

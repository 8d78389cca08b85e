"""``vendorgate serve``."""

import sys
from pathlib import Path

import click


@click.command(epilog="Example: vendorgate serve --config vendorgate.yaml --data ./vendorgate-data")
@click.option("--config", default="vendorgate.yaml", show_default=True, help="The configuration file.")
@click.option("--data", default=None, help="The data directory (default: $VENDORGATE_DATA or ./vendorgate-data).")
def command(config: str, data: str | None) -> None:
    """Run the gateway and the control plane until SIGTERM or SIGINT.

    The data directory and its keys are made if absent. The configuration is reloaded when the file changes and on
    SIGHUP; a bad file is refused as a whole and the last good one stays in force.
    """
    import asyncio

    from vendorgate.cli.supervisor import CannotServe, Supervisor
    from vendorgate.config.keys import KeyProblem, data_directory, load_or_create_keys
    from vendorgate.config.load import load_settings
    from vendorgate.config.problems import ConfigProblems

    path = Path(config)
    folder = data_directory(data)
    try:
        settings = load_settings(path)
        load_or_create_keys(folder)
    except ConfigProblems as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        sys.exit(1)
    except KeyProblem as error:
        click.echo(str(error), err=True)
        sys.exit(1)

    async def run() -> int:
        return await Supervisor(path, folder, settings).run()

    try:
        sys.exit(asyncio.run(run()))
    except CannotServe as error:
        click.echo(str(error), err=True)
        sys.exit(1)

"""The command line: one file a command, imported only when it runs, so that ``--help`` is instant."""

from importlib import import_module

import click

from vendorgate import __version__

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "Write a commented starter vendorgate.yaml and the keys."),
    "serve": ("serve", "Run the gateway and the control plane."),
    "demo": ("demo", "Play the story on a stub vendor."),
    "check": ("check", "Validate the configuration without serving."),
    "token": ("token", "Mint tokens of the built-in local issuer."),
    "credentials": ("credentials", "Set, list and remove vendor credentials."),
    "calls": ("calls", "Read the record: list, show, tail, export."),
    "policy": ("policy", "Explain what would be decided for a call."),
    "audit": ("audit", "Verify the record's hash chains."),
    "catalog": ("catalog", "List and show vendor catalogues."),
}
"""Command → (module in this folder, one-line help). The module holds a click command called ``command``."""


class _LazyGroup(click.Group):
    """Imports a command's module when the command is used; lists commands from the table alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"vendorgate.cli.{COMMANDS[cmd_name][0]}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, help_) in COMMANDS.items()])


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="vendorgate")
def main() -> None:
    """vendorgate: the gateway between your code and the vendor APIs it calls.

    \b
    Example: vendorgate init && vendorgate serve
    """

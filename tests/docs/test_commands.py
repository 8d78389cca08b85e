"""Every command is explained in docs/reference/cli.md (options are generated); every command's help has an example."""

from pathlib import Path

import click
import pytest

from vendorgate.cli import COMMANDS, main

CLI_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md").read_text()


def _family(name: str) -> list[tuple[str, click.Command]]:
    """Return the command and its sub-commands, each with its full name."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    found = [(name, command)]
    if isinstance(command, click.Group):
        found += [(f"{name} {sub}", each) for sub, each in command.commands.items()]
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_documented(name: str) -> None:
    for full_name, _ in _family(name):
        assert f"vendorgate {full_name}" in CLI_PAGE


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example(name: str) -> None:
    for full_name, command in _family(name):
        help_text = command.get_help(click.Context(command, info_name=full_name))
        assert isinstance(command, click.Group) or "Example" in help_text, full_name

"""The reference pages name every setting the readers know and every command there is."""

import re
from pathlib import Path

import pytest
from tests.config.cases import CONTROL, load

from vendorgate.cli import COMMANDS
from vendorgate.config.reader import Section

DOCS = Path(__file__).parents[2] / "docs"
MORE = """\
listen: {gateway_tls: {certificate: vendorgate.yaml, key: vendorgate.yaml}}
"""


@pytest.fixture
def known(tmp_path, monkeypatch):
    """Every setting that some section asked for while the example was read."""
    found: set[str] = set()
    close = Section.close

    def remember(self: Section) -> None:
        found.update(self.asked)
        close(self)

    monkeypatch.setattr(Section, "close", remember)
    load(tmp_path, CONTROL)
    load(tmp_path, "version: 1\n" + MORE)
    return found


def test_every_setting_is_in_the_reference(known):
    page = (DOCS / "reference" / "configuration.md").read_text()
    words = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]+)`", page))))
    assert len(known) > 50
    assert known - words == set()


def test_every_command_is_in_the_reference_with_its_own_line():
    page = (DOCS / "reference" / "cli.md").read_text()
    for name, (_, line) in COMMANDS.items():
        assert f"| `vendorgate {name}` | {line} |" in page

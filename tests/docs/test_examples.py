"""Every example is a configuration that `vendorgate check` accepts; a broken one is not."""

from pathlib import Path

import pytest

from vendorgate.config.load import load_settings
from vendorgate.config.problems import ConfigProblems

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*/vendorgate.yaml"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_example_is_accepted(example: Path) -> None:
    settings = load_settings(example)
    assert settings.vendors
    assert settings.rules


def test_a_broken_configuration_is_not_accepted(tmp_path: Path) -> None:
    broken = tmp_path / "vendorgate.yaml"
    broken.write_text(EXAMPLES[0].read_text().replace("effect: allow", "effect: alow"))
    (tmp_path / "catalogue.yaml").write_bytes(Path(EXAMPLES[0].parent / "catalogue.yaml").read_bytes())
    with pytest.raises(ConfigProblems):
        load_settings(broken)

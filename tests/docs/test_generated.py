"""Generated reference pages are what the code says now, and every reason is explained."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from vendorgate.model import REASONS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


@pytest.mark.parametrize("page", sorted(GENERATOR.PAGES))
def test_generated_page_is_current(page: str) -> None:
    assert (DOCS / page).read_text() == GENERATOR.PAGES[page](), (
        f"docs/{page} is not what the code says: run `make docs`"
    )


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_reason_is_in_the_reference(reason: str) -> None:
    assert f"| `{reason}` |" in (DOCS / "reference" / "refusals.md").read_text()


def test_explanations_name_only_reasons_that_exist() -> None:
    assert set(GENERATOR.WHAT_TO_DO) == set(REASONS)

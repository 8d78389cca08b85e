"""Every built-in catalogue loads, is documented function by function, and can be attached."""

from pathlib import Path

import pytest

from vendorgate.catalog.load import builtin_names, load_builtin
from vendorgate.catalog.match import Matcher, VendorEntry
from vendorgate.credentials import find_scheme

PAGE = (Path(__file__).parents[2] / "docs/reference/vendors.md").read_text()
OURS = ("anthropic", "github", "openai", "slack", "stripe", "twilio")


def test_all_are_built_in():
    assert set(OURS) <= set(builtin_names())


@pytest.mark.parametrize("name", OURS)
def test_a_catalogue_is_whole(name):
    catalog = load_builtin(name)
    assert catalog.vendor == name
    assert catalog.base_url.startswith("https://")
    assert find_scheme(catalog.attach)
    assert Matcher([VendorEntry(name, catalog, "host", "")], json_depth=64).functions


@pytest.mark.parametrize("name", OURS)
def test_the_reference_lists_every_function_and_no_other(name):
    section = PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    expected = [
        f"| `{spec.name}` | `{spec.method} {spec.template}` | {spec.access}{' · money' if spec.money else ''} | {spec.body} |"
        for spec in load_builtin(name).functions
    ]
    assert rows == expected


@pytest.mark.parametrize("name", OURS)
def test_access_fits_the_method(name):
    """A rule that allows ``access:read`` must never let a change through."""
    reads_by_post = {
        "openai": {"moderations.create", "vector_stores.search"},
        "anthropic": {"messages.count_tokens"},
        "slack": {spec.name for spec in load_builtin("slack").functions},
    }.get(name, set())
    for spec in load_builtin(name).functions:
        if spec.method == "GET":
            assert (spec.access, spec.body) == ("read", "none"), spec.name
        elif spec.access == "read":
            assert spec.name in reads_by_post
        if spec.method == "DELETE":
            assert spec.access == "destroy", spec.name

"""``access``: who has which role in the control plane."""

from vendorgate.config.reader import Section, suggest
from vendorgate.config.values import list_of, matching

ROLES = ("admin", "auditor")
principal = matching(r"(group|principal):\S.*", "must be group:NAME or principal:ID")
"""Reader of a pattern that names people."""


def read_access(root: Section) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Read the section: pairs of a role and the patterns of those who have it."""
    node = root.find("access")
    if node is None:
        return ()
    found: list[tuple[str, tuple[str, ...]]] = []
    for key, value in root.source.entries(node, "access"):
        if key.value not in ROLES:
            root.source.add(key, f"the roles are {' and '.join(ROLES)}{suggest(key.value, ROLES)}")
        found.append((key.value, root.source.attempt(value, list_of(principal), ())))
    return tuple(found)

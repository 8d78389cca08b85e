"""Patterns of rules: who calls, and which function.

``*`` stands for any run of characters and is the only special one. Matching is a chain of plain searches, linear in
practice and never exponential, because callers choose parts of the text it runs on.
"""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

from vendorgate.model import Caller, Function

WHO_KINDS = ("group", "principal", "kind", "issuer")
ACCESS = ("read", "write", "destroy")
_CACHED_GROUP_SETS = 4096

WhoTest = Callable[[Caller], bool]


def matches(pattern: str, text: str) -> bool:
    """Whether ``text`` as a whole fits ``pattern``; case matters."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    last = rest.pop()
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    position, end = len(first), len(text) - len(last)
    for piece in rest:
        found = text.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def who_problem(pattern: str) -> str | None:
    """Return what is wrong with a ``who`` pattern, or None."""
    kind, colon, text = pattern.partition(":")
    if not colon or kind not in WHO_KINDS:
        return f"{pattern!r} must start with one of group:, principal:, kind:, issuer:"
    if not text:
        return f"{pattern!r} names nobody; write {kind}:NAME, or {kind}:* for any"
    return None


def compile_who(patterns: Iterable[str] | None) -> WhoTest | None:
    """Compile ``who`` patterns (any may match) to a test; None when anybody may match."""
    if patterns is None:
        return None
    exact: dict[str, set[str]] = {kind: set() for kind in WHO_KINDS}
    globs: dict[str, list[str]] = {kind: [] for kind in WHO_KINDS}
    for pattern in patterns:
        kind, _, text = pattern.partition(":")
        if "*" in text:
            globs[kind].append(text)
        else:
            exact[kind].add(text)
    tests = [_group_test(frozenset(exact["group"]), tuple(globs["group"]))]
    tests += [_field_test(kind, frozenset(exact[kind]), tuple(globs[kind])) for kind in WHO_KINDS[1:]]
    present = [test for test in tests if test is not None]
    if len(present) == 1:
        return present[0]
    return lambda caller: any(test(caller) for test in present)


def _group_test(exact: frozenset[str], globs: tuple[str, ...]) -> WhoTest | None:
    if not globs:
        return (lambda caller: not exact.isdisjoint(caller.groups)) if exact else None
    seen: dict[frozenset[str], bool] = {}

    def test(caller: Caller) -> bool:
        groups = caller.groups
        known = seen.get(groups)
        if known is None:
            if len(seen) >= _CACHED_GROUP_SETS:
                seen.clear()
            known = seen[groups] = not exact.isdisjoint(groups) or any(
                matches(glob, group) for glob in globs for group in groups
            )
        return known

    return test


def _field_test(kind: str, exact: frozenset[str], globs: tuple[str, ...]) -> WhoTest | None:
    if not exact and not globs:
        return None
    read: dict[str, Callable[[Caller], str]] = {
        "principal": lambda caller: caller.id,
        "kind": lambda caller: caller.kind,
        "issuer": lambda caller: caller.issuer,
    }
    field = read[kind]

    def test(caller: Caller) -> bool:
        text = field(caller)
        return text in exact or any(matches(glob, text) for glob in globs)

    return test


def call_matches(pattern: str, function: Function) -> bool:
    """Whether a ``call`` pattern covers ``function``.

    What the catalogue does not list is covered by its exact name alone (``stripe.unlisted``): neither a glob nor
    ``access:`` reaches it.
    """
    if pattern == function.full_name:
        return True
    if not function.listed:
        return False
    if pattern.startswith("access:"):
        return pattern[7:] == function.access
    return "*" in pattern and matches(pattern, function.full_name)


def call_problem(pattern: str, functions: Mapping[str, Function]) -> str | None:
    """Return what is wrong with a ``call`` pattern, or None."""
    if pattern.startswith("access:"):
        return None if pattern[7:] in ACCESS else f"{pattern!r} must be access:read, access:write or access:destroy"
    vendor, dot, name = pattern.partition(".")
    if not dot and pattern != "*":
        return f"{pattern!r} must be vendor.function (with * globs), access:read or access:write"
    vendors = {function.vendor for function in functions.values()}
    if "*" not in vendor and vendor not in vendors:
        return f"{pattern!r} names the vendor {vendor!r}, which is not configured{_nearest(vendor, vendors)}"
    if "*" in vendor or name == "*" or any(call_matches(pattern, function) for function in functions.values()):
        return None
    if "*" in name:
        return f"{pattern!r} matches no listed function; a glob never matches an unlisted one, name it"
    return f"{vendor!r} lists no function {pattern!r}{_nearest(pattern, functions)}"


def _nearest(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""

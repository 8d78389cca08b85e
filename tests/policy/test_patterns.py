import pytest

from vendorgate.policy.patterns import compile_who, matches

GLOBS = [
    ("abc", "abc", True),
    ("abc", "abcd", False),
    ("abc", "ABC", False),
    ("*", "", True),
    ("*", "anything at all\n", True),
    ("a*", "a", True),
    ("a*", "ba", False),
    ("*a", "ba", True),
    ("a*a", "a", False),
    ("a*a", "aa", True),
    ("ab*ba", "aba", False),
    ("a*b*c", "a--b--c", True),
    ("a*b*c", "a--c--b", False),
    ("a**c", "abc", True),
    ("*x*y*", "--x--y--", True),
    ("*x*y*", "--y--x--", False),
    ("a.c", "abc", False),
    ("[ab]", "a", False),
    ("a?", "ab", False),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), GLOBS)
def test_globs(pattern, text, expected):
    assert matches(pattern, text) is expected


def test_a_hostile_text_costs_no_more_than_a_search():
    assert not matches("*a*a*a*a*a*a*a*a*b", "a" * 200_000)
    assert matches("*a*a*a*a*a*a*a*a*b", "a" * 200_000 + "b")


WHO = [
    (None, True),
    (("group:payroll",), True),
    (("group:pay",), False),
    (("group:pay*",), True),
    (("group:finance*",), False),
    (("group:owner:acme",), True),
    (("principal:payroll-job",), True),
    (("principal:payroll",), False),
    (("principal:*-job",), True),
    (("kind:workload",), True),
    (("kind:human",), False),
    (("issuer:github",), True),
    (("issuer:git*",), True),
    (("issuer:gitlab",), False),
    (("kind:human", "group:nobody", "issuer:github"), True),
    (("kind:human", "group:nobody", "issuer:gitlab"), False),
    (("group:workload",), False),
    (("principal:payroll",), False),
    ((), False),
]


@pytest.mark.parametrize(("patterns", "expected"), WHO)
def test_who(patterns, expected, make_call):
    caller = make_call(groups=("payroll", "owner:acme")).caller
    test = compile_who(patterns)
    for _ in range(2):  # the second time from the cache of group sets
        assert (test is None or test(caller)) is expected


def test_a_caller_without_groups_is_in_no_group(make_call):
    test = compile_who(("group:*",))
    assert test is not None
    assert not test(make_call(groups=()).caller)
    assert test(make_call(groups=("any",)).caller)

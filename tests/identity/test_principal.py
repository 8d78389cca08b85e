"""Templates over claims, dotted names, groups and times: small tables."""

import pytest

from vendorgate.identity import IdentityRefused, IssuerSpec
from vendorgate.identity.claims import SKEW_S, check_claims
from vendorgate.identity.principal import Principal, Template

CLAIMS = {
    "sub": "job",
    "n": 7,
    "yes": True,
    "real": 1.5,
    "nothing": None,
    "kubernetes.io": {"namespace": "pay", "pod": {"name": "p-1"}},
    "a": {"b": "inner"},
    "a.b": "outer",
    "https://acme.test/team": "blue",
}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{sub}", "job"),
        ("github:{sub}", "github:job"),
        ("{sub}/{n}", "job/7"),
        ("{yes}", "true"),
        ("ci", "ci"),
        ("{kubernetes.io.namespace}", "pay"),
        ("{kubernetes.io.pod.name}", "p-1"),
        ("{a.b}", "outer"),
        ("{https://acme.test/team}", "blue"),
    ],
)
def test_template(template, filled):
    assert Template(template).fill(CLAIMS) == filled


@pytest.mark.parametrize("name", ["missing", "real", "nothing", "kubernetes.io", "kubernetes.io.x", "sub.x", "a.c"])
def test_template_names_the_claim_that_does_not_fit(name):
    with pytest.raises(IdentityRefused, match=f"claim {name} "):
        Template("x:{" + name + "}").fill(CLAIMS)


@pytest.mark.parametrize("text", ["{", "}", "{}", "{sub", "sub}", "{{sub}}"])
def test_template_with_stray_braces(text):
    with pytest.raises(ValueError, match="braces"):
        Template(text)


@pytest.mark.parametrize(
    ("value", "groups"),
    [(["a", "b"], {"a", "b"}), ("a", {"a"}), ([], set()), (None, set()), ("absent", set())],
)
def test_groups_claim(value, groups):
    claims = {"sub": "x", **({} if value == "absent" else {"g": value})}
    caller = Principal(IssuerSpec("i", "x", "y", groups_claim="g")).caller(claims, expires_at=1.0)
    assert caller.groups == groups


def claims(**changes):
    base = {"iss": "i", "aud": "a", "exp": 1000.0}
    return {**base, **changes}


@pytest.mark.parametrize(
    ("changes", "now", "fits"),
    [
        ({}, 999.9, True),
        ({}, 1000, False),
        ({"exp": 1000.5}, 1000.4, True),
        ({"nbf": 500 + SKEW_S}, 500, True),
        ({"nbf": 501 + SKEW_S}, 500, False),
        ({"iat": 500 + SKEW_S}, 500, True),
        ({"iat": 501 + SKEW_S}, 500, False),
    ],
)
def test_times(changes, now, fits):
    spec = IssuerSpec("n", "i", "a")
    if fits:
        assert check_claims(claims(**changes), spec, now=now) == claims(**changes)["exp"]
    else:
        with pytest.raises(IdentityRefused):
            check_claims(claims(**changes), spec, now=now)


@pytest.mark.parametrize(
    ("expected", "found", "fits"),
    [
        (("x", "y"), ["x", "y"], True),
        (["x"], ["x"], True),
        (("x",), ["x", "y"], False),
        (("x",), "x", False),
        (True, True, True),
        (True, 1, False),
        (1, True, False),
        (None, None, True),
        (None, 0, False),
    ],
)
def test_require(expected, found, fits):
    spec = IssuerSpec("n", "i", "a", require=(("c", expected),))
    if fits:
        check_claims(claims(c=found), spec, now=1)
    else:
        with pytest.raises(IdentityRefused, match="claim c"):
            check_claims(claims(c=found), spec, now=1)

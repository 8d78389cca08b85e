"""The built-in issuer, and the command that mints its tokens."""

import base64
import json

import pytest
from click.testing import CliRunner

from vendorgate.cli.token import command
from vendorgate.identity import Identity, LocalIssuer
from vendorgate.testing.fake_issuer import FakeIssuer


def part(token: str, index: int) -> dict[str, object]:
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def test_token_is_what_the_documentation_says():
    local = LocalIssuer(FakeIssuer(alg="ES256").private_pem)
    token = local.mint(subject="job", groups=["a", "b"], ttl_s=60, now=1000.5)
    assert part(token, 0) == {"alg": "ES256", "typ": "JWT", "kid": local.kid}
    claims = part(token, 1)
    assert len(str(claims.pop("jti"))) == 32
    assert claims == {
        "iss": "urn:vendorgate:local", "aud": "vendorgate", "sub": "job", "groups": ["a", "b"], "kind": "workload",
        "iat": 1000, "exp": 1060,
    }  # fmt: skip
    assert local.mint(subject="job", groups=[], now=1) != local.mint(subject="job", groups=[], now=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": ""}, {"subject": "a\nb"}, {"groups": [""]}, {"groups": ["a\0"]}, {"kind": "robot"},
        {"ttl_s": 0}, {"ttl_s": -1}, {"ttl_s": 86401}, {"subject": "x" * 513},
    ],
)  # fmt: skip
def test_mint_refuses_what_the_gateway_would(wrong):
    local = LocalIssuer(FakeIssuer(alg="ES256").private_pem)
    with pytest.raises(ValueError, match=r"characters|kind|24 hours"):
        local.mint(**{"subject": "a", "groups": [], "now": 1.0, **wrong})


@pytest.mark.parametrize("alg", ["ES384", "RS256"])
def test_other_keys_are_refused(alg):
    with pytest.raises(ValueError, match=r"P-256|key"):
        LocalIssuer(FakeIssuer(alg=alg).private_pem)


async def test_minted_token_is_accepted(tmp_path, bearer):
    from vendorgate.config.keys import load_or_create_keys

    data = tmp_path / "data"
    arguments = ["mint", "--subject", "payroll-job", "--group", "payroll", "--group", "eu", "--kind", "agent",
                 "--ttl", "2h", "--data", str(data)]  # fmt: skip
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0
    assert done.stdout.count("\n") == 1
    local = LocalIssuer(load_or_create_keys(data).local_issuer)
    identity = Identity(issuers=[], local=local, slots={})
    caller = await identity.identify(bearer(done.stdout.strip()))
    assert (caller.id, caller.kind, caller.groups) == ("payroll-job", "agent", {"payroll", "eu"})
    await identity.aclose()


def test_damaged_key_is_told_without_a_traceback(tmp_path):
    from vendorgate.config.keys import load_or_create_keys

    data = tmp_path / "d"
    load_or_create_keys(data)
    (data / "keys" / "local-issuer.pem").write_bytes(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    done = CliRunner().invoke(command, ["mint", "--subject", "a", "--data", str(data)])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "No token can be minted" in done.stderr


def test_json(tmp_path):
    done = CliRunner().invoke(command, ["mint", "--subject", "a", "--data", str(tmp_path / "d"), "--json"])
    found = json.loads(done.stdout)
    assert set(found) == {"token", "expires_at"}
    assert found["expires_at"].endswith("Z")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["mint"], 2),
        (["mint", "--subject", "a", "--ttl", "25h"], 2),
        (["mint", "--subject", "a", "--ttl", "15"], 2),
        (["mint", "--subject", "a", "--kind", "robot"], 2),
        (["mint", "--subject", ""], 2),
        (["mint", "--subject", "a", "--data", "/dev/null/x"], 1),
        (["mint", "--subject", "a"], 0),
    ],
)
def test_exit_codes(tmp_path, monkeypatch, arguments, code):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == code
    assert (done.stdout == "") == (code != 0)
    if code:
        assert done.stderr

"""What the example means, how problems of several files come together, and what never happens with random text."""

import hashlib
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.config.cases import CONTROL, load, place, problems

from vendorgate.config import ConfigProblems
from vendorgate.config.load import load_settings
from vendorgate.credentials.spec import CredentialSpec
from vendorgate.masking.spec import ALL_DETECTORS
from vendorgate.policy.spec import ReviewSpec


def test_the_example_of_the_contract_means_what_it_says(tmp_path):
    found = load(tmp_path, CONTROL)
    assert found.listen.gateway == ("127.0.0.1", 8080)
    assert found.listen.admin_url == "http://127.0.0.1:8081"
    issuer = found.issuers[0]
    assert (issuer.name, issuer.subject, issuer.require) == (
        "github",
        "github:{repository}",
        (("ref", "refs/heads/main"),),
    )
    assert found.access == (("admin", ("group:platform",)), ("auditor", ("group:security",)))
    assert found.credentials == (
        CredentialSpec("stripe-live", "store"),
        CredentialSpec("from-environment", "env", "STRIPE_KEY"),
        CredentialSpec("from-file", "file", str(tmp_path / "secrets/stripe")),
    )
    stripe, stub = found.vendors
    assert (stripe.origin.authority, stripe.origin.timeout_s, stripe.credential) == (
        "api.stripe.com",
        30.0,
        "stripe-live",
    )
    assert (stub.origin.scheme, stub.origin.authority, stub.origin.base_path) == ("http", "127.0.0.1:9000", "/stub")
    assert [rule.id for rule in found.rules] == ["payroll-small-transfers", "large-transfers", "never"]
    assert found.rules[1].review == ReviewSpec(by=("group:finance-leads",), quorum=1, hold_s=300.0, expires_s=3600.0)
    assert CONTROL.splitlines()[found.rules[2].line - 1] == "  - id: never"
    assert [rule.observe for rule in found.rules] == [False, False, True]
    assert found.mask_record.fields == (("stripe.*", "**.client_secret"),)
    assert found.mask_response.detect == ()
    assert (found.limits.body, found.limits.header_timeout_s, found.limits.capture) == (8 * 1024**2, 10.0, 16 * 1024)


def test_settings_travel_to_another_process(tmp_path):
    found = load(tmp_path, CONTROL)
    assert pickle.loads(pickle.dumps(found)) == found


def test_silence_masks_the_record_and_allows_nothing(tmp_path):
    found = load(tmp_path, "version: 1\nmasking: {record: {fields: ['*: a']}}\n")
    assert found.mask_record.detect == ALL_DETECTORS
    assert load(tmp_path, "version: 1\n").mask_record.detect == ALL_DETECTORS
    assert found.rules == ()
    assert found.local_issuer is True


def test_the_version_is_the_hash_of_the_file_and_of_its_own_catalogues(tmp_path):
    found = load(tmp_path, CONTROL)
    assert found.version == hashlib.sha256(CONTROL.encode()).hexdigest()[:12]
    own = tmp_path / "own.yaml"
    versions = set()
    for path in ("/v1/a", "/v1/b"):
        own.write_text(catalogue(path))
        versions.add(load(tmp_path, "version: 1\nvendors: {own: {catalog: ./own.yaml}}\n").version)
    assert len(versions) == 2


def catalogue(path: str) -> str:
    return (
        "vendor: own\nbase_url: https://own.example\nattach: bearer\n"
        f"functions:\n  - name: thing.get\n    match: GET {path}\n    access: read\n    body: none\n"
    )


def test_a_catalogue_s_problems_carry_its_own_name(tmp_path):
    (tmp_path / "own.yaml").write_text(catalogue("/v1/a") + "    bodi: none\n")
    found = problems(tmp_path, "version: 1\nvendors: {own: {catalog: own.yaml}}\nstore: mysql\n")
    assert [problem.file.rpartition("/")[2] for problem in found] == ["vendorgate.yaml", "own.yaml"]
    assert found[1].line >= 4


def test_a_vendor_takes_its_address_from_the_catalogue_under_the_same_rules(tmp_path):
    (tmp_path / "own.yaml").write_text(catalogue("/v1/a").replace("https://own.example", "http://10.0.0.1"))
    assert len(problems(tmp_path, "version: 1\nvendors: {own: {catalog: own.yaml}}\n")) == 1
    assert load(tmp_path, "version: 1\nvendors: {own: {catalog: own.yaml, allow_private: true}}\n").vendors


RULE_PROBLEMS = {
    "condition-syntax": "when: §call.money.value >",
    "unknown-function": "call: [stripe.payouts.create, §stripe.transfer.create]",
    "unknown-vendor": "call: [§strip.transfers.create]",
    "glob-of-nothing": "call: [§stripe.nothing.*]",
    "who-prefix": "who: [group:a, §groups:payroll]",
    "duplicate-id": "when: 'true'\n  - id: §a\n    effect: deny",
}


@pytest.mark.parametrize("setting", RULE_PROBLEMS.values(), ids=RULE_PROBLEMS)
def test_what_policy_finds_is_reported_once_at_its_place(tmp_path, setting):
    text, line, column = place(
        f"version: 1\nvendors:\n  stripe: {{catalog: stripe}}\nrules:\n  - id: a\n    effect: deny\n    {setting}\n"
    )
    assert [(problem.line, problem.column) for problem in problems(tmp_path, text)] == [(line, column)]


def test_a_vendor_with_a_problem_does_not_make_its_rules_wrong(tmp_path):
    text = "version: 1\nvendors: {stripe: {catalog: stripe, base_url: 7}}\nrules: [{id: a, effect: deny, call: [stripe.*]}]\n"
    assert len(problems(tmp_path, text)) == 1


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path):
    text = CONTROL.replace("workers: 1", "workers: 0").replace("8MiB", "8MB").replace("[RS256]", "[none, HS256]")
    text = text.replace("store: sqlite", "store: mysql").replace("effect: allow", "effect: alow")
    found = problems(tmp_path, text)
    assert [(problem.line, problem.column) for problem in found] == sorted((p.line, p.column) for p in found)
    assert len(found) == 6


def test_an_alias_s_problem_is_said_once(tmp_path):
    assert len(problems(tmp_path, "version: 1\nrules: [&r {id: a, effect: no, x: 1}, *r]\n")) == 3


BYTES = {
    "latin-1": (b"version: 1\nstore: sq\xfclite\n", 2, 10, "UTF-8"),
    "utf-16": ("version: 1\n".encode("utf-16"), 1, 1, "UTF-8"),
    "nul": (b"version: 1\n\x00", 2, 1, "U+0000"),
    "too-large": (b"version: 1\n" + b"#" * 1024 * 1024, 1, 1, "1 MiB"),
    "many-values": (b"version: 1\nrules: [" + b"1," * 100_001 + b"]", 2, 199_999, "100,000"),
    "alias-bomb": (
        b"a: &a [1,1,1,1,1,1,1,1,1,1]\n"
        + b"".join(b"%c: &%c [%s]\n" % (n, n, b",".join([b"*%c" % (n - 1)] * 10)) for n in range(98, 110)),
        5,
        29,
        "aliases written out",
    ),
    "deep-flow": (b"[" * 200_000, 1, 1001, "nesting"),
    "deep-block": (b"- " * 200_000, 1, 65, "deeper"),
}


@pytest.mark.parametrize(("raw", "line", "column", "said"), BYTES.values(), ids=BYTES)
def test_bytes_no_reader_should_walk(tmp_path, raw, line, column, said):
    found = problems(tmp_path, raw)
    assert [(problem.line, problem.column) for problem in found] == [(line, column)], found
    assert said in found[0].message


def test_a_file_just_below_the_limit_loads(tmp_path):
    load(tmp_path, b"version: 1\n" + b"#" * (1024 * 1024 - 11))


@pytest.mark.parametrize("name", ["missing.yaml", ".", "no/folder.yaml", "nul\x00.yaml"])
def test_a_file_that_cannot_be_read(tmp_path, name):
    with pytest.raises(ConfigProblems) as caught:
        load_settings(Path(f"{tmp_path}/{name}"))
    assert len(caught.value.problems) == 1


def test_problems_travel_to_another_process(tmp_path):
    with pytest.raises(ConfigProblems) as caught:
        load(tmp_path, "version: 2\n")
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


def test_a_worker_gets_settings_without_the_readers():
    code = "import sys, vendorgate.config; print([m for m in ('vendorgate.config.load', 'vendorgate.config.reader') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_loading_needs_no_web_framework_and_no_pydantic():
    code = (
        "import sys, vendorgate.config.load; print([m for m in ('pydantic', 'fastapi', 'httpx2') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


KEYS = re.findall(
    r"\S+",
    "version listen gateway admin workers store identity local_issuer issuers name issuer audience algorithms require login oidc"
    " saml client_secret from access credentials vendors stripe catalog base_url credential allow_private ca timeout rules id"
    " who call when effect review by quorum hold expires mode masking record response detect fields limits body header << *",
)
WORDS = [
    *KEYS,
    "store",
    "env",
    "1",
    "0x1",
    "1:30",
    "~",
    "yes",
    "http://a",
    "https://[::1",
    "https://a:b",
    "group:a",
    "5m",
    "8MiB",
]
scalars = st.sampled_from(WORDS) | st.text(max_size=8).map(lambda s: repr(s)[1:-1]) | st.integers().map(str)
nodes = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"
        )
    ),
    max_leaves=25,
)
documents = st.dictionaries(st.sampled_from(KEYS), nodes, max_size=6).map(
    lambda pairs: "".join(f"{key}: {value}\n" for key, value in pairs.items())
)
quiet = settings(
    max_examples=80,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def only_problems(folder: Path, text: str) -> None:
    for problem in problems(folder, text.encode("utf-8", "surrogatepass")):
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.message


@quiet
@given(text=documents | st.text(max_size=60))
def test_random_yaml_raises_nothing_but_problems(tmp_path, text):
    only_problems(tmp_path, text)


@quiet
@given(data=st.data())
def test_the_example_with_pieces_exchanged_raises_nothing_but_problems(tmp_path, data):
    lines = CONTROL.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        before = lines[at].partition(":")[0]
        lines[at] = data.draw(st.sampled_from([f"{before}: ", f"  {before}: ", ""])) + data.draw(nodes)
    only_problems(tmp_path, "\n".join(lines))

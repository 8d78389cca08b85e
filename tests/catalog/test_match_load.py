"""Catalogue files: what they mean, and every problem at once with its line and column."""

import pickle

import pytest

from vendorgate.catalog.load import CatalogProblems, builtin_names, load_builtin, load_catalog
from vendorgate.catalog.spec import FunctionSpec, MoneySpec, VendorCatalog

GOOD = """\
vendor: pay
base_url: https://api.pay.test/v2
attach: header:X-Key
sensitive: ["**.pan", "card.number"]
functions:
  - name: transfers.create
    match: POST /transfers
    body: form
    params: {amount: integer, "to[]": string, currency: string}
    money: {amount: amount, currency: currency}
    sensitive: [note]
    idempotency: Idempotency-Key
  - {name: get, match: "GET /transfers/{id}.json", params: {id: string}}
  - {name: drop, match: "DELETE /transfers/{id}", access: write}
"""
HEAD = "vendor: pay\nattach: bearer\nfunctions:\n"


def problems(text: str) -> tuple[tuple[int, int, str], ...]:
    with pytest.raises(CatalogProblems) as caught:
        load_catalog(text, "pay.yaml")
    return caught.value.problems


def test_a_file_becomes_a_catalogue() -> None:
    assert load_catalog(GOOD, "pay.yaml") == VendorCatalog(
        "pay",
        "https://api.pay.test/v2",
        "header:X-Key",
        (
            FunctionSpec(
                "transfers.create",
                "POST",
                "/transfers",
                "write",
                "form",
                (("amount", "integer"), ("to[]", "string"), ("currency", "string")),
                MoneySpec("amount", "currency", "minor"),
                ("note",),
                "Idempotency-Key",
            ),
            FunctionSpec("get", "GET", "/transfers/{id}.json", "read"),
            FunctionSpec("drop", "DELETE", "/transfers/{id}", "write"),
        ),
        ("**.pan", "card.number"),
    )


@pytest.mark.parametrize("name", builtin_names())
def test_built_in_catalogues_load(name: str) -> None:
    catalog = load_builtin(name)
    assert catalog is not None
    assert catalog.vendor == name
    assert catalog.functions


def test_what_is_not_built_in_is_none() -> None:
    assert load_builtin("no-such-vendor") is None
    assert load_builtin("../vendors/stripe") is None


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "is empty"),
        ("- a", 1, 1, "must be a mapping"),
        ("vendor: pay\nattach: bearer\n", 1, 1, "needs 'functions'"),
        ("vendor: Pay\nattach: bearer\nfunctions: []", 1, 9, "vendor must be"),
        ("vendor: pay\nattach: carrier-pigeon\nfunctions: []", 2, 9, "attach must be"),
        ("vendor: pay\nattach: header\nfunctions: []", 2, 9, "attach must be"),
        ("vendor: pay\nattach: bearer\nbase_url: ftp://x\nfunctions: []", 3, 11, "base_url must be"),
        ("vendor: pay\nattach: bearer\nfunctions: {}", 3, 12, "functions must be a list"),
        ("vendor: pay\nattach: bearer\nfuncs: []\nfunctions: []", 3, 1, "no setting 'funcs' (did you mean 'functions'?)"),
        ("vendor: pay\nattach: bearer\nattach: basic\nfunctions: []", 3, 1, "already set in line 2"),
        ("vendor: pay\nattach: bearer\nfunctions: [", 4, 1, "did not find expected node"),
        ("a: " + "[" * 40 + "]" * 40, 1, 19, "nested deeper"),
        (HEAD + "  - x", 4, 5, "a function must be a mapping"),
        (HEAD + "  - {name: a}", 4, 5, "needs 'match'"),
        (HEAD + "  - {match: GET /a}", 4, 5, "needs 'name'"),
        (HEAD + "  - {name: unlisted, match: GET /a}", 4, 12, "stands for all that is not listed"),
        (HEAD + "  - {name: a b, match: GET /a}", 4, 12, "name must be"),
        (HEAD + "  - {name: a, match: FETCH /a}", 4, 22, "the method must be one of"),
        (HEAD + "  - {name: a, match: TRACE /a}", 4, 22, "the method must be one of"),
        (HEAD + "  - {name: a, match: GET}", 4, 22, "match must be"),
        (HEAD + "  - {name: a, match: GET a}", 4, 22, "must start with /"),
        (HEAD + "  - {name: a, match: GET /a//b}", 4, 22, "empty segment"),
        (HEAD + "  - {name: a, match: GET /a/}", 4, 22, "empty segment"),
        (HEAD + "  - {name: a, match: 'GET /{a}/{a}'}", 4, 22, "names {a} twice"),
        (HEAD + "  - {name: a, match: 'GET /{a}{b}'}", 4, 22, "neither text nor text around one"),
        (HEAD + "  - {name: a, match: 'GET /{a'}", 4, 22, "neither text nor text around one"),
        (HEAD + "  - {name: a, match: GET /../b}", 4, 22, "neither text nor text around one"),
        (HEAD + "  - {name: a, match: GET /a%2Fb}", 4, 22, "neither text nor text around one"),
        (HEAD + "  - {name: a, match: GET /a, access: admin}", 4, 38, "read, write or destroy"),
        (HEAD + "  - {name: a, match: GET /a, body: xml}", 4, 36, "form, json, multipart, graphql or none"),
        (HEAD + "  - {name: a, match: GET /a, params: {x: int}}", 4, 39, "unknown type 'int'"),
        (HEAD + "  - {name: a, match: GET /a, params: {x: 'string[][}'}}", 4, 39, "unknown type"),
        (HEAD + "  - {name: a, match: GET /a, params: {x y: string}}", 4, 39, "no parameter name"),
        (HEAD + "  - {name: a, match: GET /a, params: {x: string, x: string}}", 4, 50, "already set"),
        (HEAD + "  - {name: a, match: GET /a, params: {x: string, X: string}}", 4, 50, "differ only in spelling"),
        (HEAD + "  - {name: a, match: GET /a, params: {x: string, x.y: string}}", 4, 50, "as string and as object"),
        (HEAD + "  - {name: a, match: GET /a, params: {_method: string}}", 4, 39, "cannot be called '_method'"),
        (HEAD + "  - {name: a, match: 'GET /{x}', params: {x: integer}}", 4, 43, "stands in the path"),
        (HEAD + "  - {name: a, match: GET /a, money: {amount: a, currency: =USD}}", 4, 46, "which params does not declare"),
        (HEAD + "  - {name: a, match: GET /a, params: {a: string}, money: {amount: a, currency: =USD}}", 4, 67, "declared as integer"),
        (HEAD + "  - {name: a, match: GET /a, params: {a: number}, money: {amount: a, currency: =USD}}", 4, 67, "declared as integer"),
        (HEAD + "  - {name: a, match: GET /a, params: {a: integer}, money: {amount: a, currency: =XXX}}", 4, 81, "ISO 4217"),
        (HEAD + "  - {name: a, match: GET /a, params: {a: integer}, money: {amount: a}}", 4, 59, "money needs 'currency'"),
        (HEAD + "  - {name: a, match: GET /a, params: {a: integer}, money: {amount: a, currency: c}}", 4, 81, "does not declare"),
        (HEAD + "  - {name: a, match: GET /a, params: {a: integer}, money: {amount: a, currency: =usd, unit: cents}}", 4, 93, "minor or major"),
        (HEAD + "  - {name: a, match: GET /a, sensitive: ['a b']}", 4, 42, "sensitive must be"),
        (HEAD + "  - {name: a, match: GET /a, idempotency: 'X Y'}", 4, 43, "a header field's name"),
        (HEAD + "  - {name: a, match: GET /a, colour: red}", 4, 30, "no setting 'colour'"),
        (HEAD + "  - {name: a, match: GET /a}\n  - {name: a, match: GET /b}", 5, 5, "already listed in line 4"),
        (HEAD + "  - {name: a, match: GET /a}\n  - {name: b, match: GET /a}", 5, 5, "match the same paths"),
        (HEAD + "  - {name: a, match: 'GET /{x}'}\n  - {name: b, match: 'GET /{y}'}", 5, 5, "match the same paths"),
        (HEAD + "  - {name: a, match: 'GET /{x}ab'}\n  - {name: b, match: 'GET /cd{y}'}", 5, 5, "match the same paths"),
    ],
)  # fmt: skip
def test_a_problem_is_found_at_its_place(text: str, line: int, column: int, message: str) -> None:
    found = problems(text)
    assert [(one[0], one[1]) for one in found] == [(line, column)], found
    assert message in found[0][2]


@pytest.mark.parametrize(
    "functions",
    [
        "  - {name: a, match: GET /a}\n  - {name: b, match: POST /a}",
        "  - {name: a, match: GET /a}\n  - {name: b, match: 'GET /{x}'}",
        "  - {name: a, match: 'GET /{x}.json'}\n  - {name: b, match: 'GET /{x}'}",
        "  - {name: a, match: 'GET /{x}.json'}\n  - {name: b, match: 'GET /{x}.yaml'}",
        "  - {name: a, match: 'GET /x/{b}/c'}\n  - {name: b, match: 'GET /{a}/y/c'}",
        '  - {name: a, match: GET /a, params: {on: boolean, "yes": string, 404: string, $top: integer, a-b: string}}',
        "  - {name: a, match: GET /a, params: {x: object, x.y: string, 'z[].w': number, 'z': array, 'v[]': 'integer[]'}}",
    ],
)
def test_control_what_is_unambiguous_loads(functions: str) -> None:
    assert load_catalog(HEAD + functions, "pay.yaml").functions


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    text = "vendor: PAY\nattach: x\nfunctions:\n  - {name: a, match: GET a, body: xml}\n  - {name: b, match: GET /b, access: no}\n"
    assert [line for line, _, _ in problems(text)] == [1, 2, 4, 5]


def test_problems_are_shown_as_file_line_column_and_survive_a_process_border() -> None:
    with pytest.raises(CatalogProblems, match=r"^pay\.yaml:1:1: a catalogue needs 'vendor'") as caught:
        load_catalog("attach: bearer\nfunctions: []\n", "pay.yaml")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.source, again.problems) == ("pay.yaml", caught.value.problems)

"""What is no call: 400, 415 and 422, with the exact place and never a value; each family with its positive control."""

import pytest

from vendorgate.catalog.load import load_catalog
from vendorgate.catalog.match import Matcher, VendorEntry
from vendorgate.model import Call, Refusal
from vendorgate.testing.builders import build_caller, build_request

CATALOG = """
vendor: pay
attach: query:key
functions:
  - name: form
    match: POST /form
    body: form
    params: {amount: integer, currency: string, rate: number, fast: boolean, note: string, meta: object, tags: array, nest.deep: integer}
    money: {amount: amount, currency: currency}
    idempotency: X-Once
  - name: json
    match: POST /json
    body: json
    params: {amount: integer, currency: string, rate: number, fast: boolean, note: string, meta: object, tags: "integer[]", "items[].amount": integer, nest.deep: integer}
    money: {amount: amount, currency: currency}
  - {name: none, match: "GET /none/{id}", params: {limit: integer}}
  - {name: del, match: "DELETE /none/{id}"}
  - {name: multi, match: POST /multi, body: multipart}
  - {name: graph, match: POST /graph, body: graphql}
"""
FORM = (b"content-type", b"application/x-www-form-urlencoded")
JSON = (b"content-type", b"application/json")
MATCHER = Matcher([VendorEntry("pay", load_catalog(CATALOG, "test"), "pay.test", "")], json_depth=8)


def match(path: str, body: bytes = b"", *headers: tuple[bytes, bytes], query: str = "", method: str = "POST") -> Call:
    request = build_request(method, path, vendor="pay", headers=headers, body=body, query=query)
    return MATCHER.match(request, build_caller())


def refused(
    path: str, body: bytes = b"", *headers: tuple[bytes, bytes], query: str = "", method: str = "POST"
) -> Refusal:
    with pytest.raises(Refusal) as caught:
        match(path, body, *headers, query=query, method=method)
    return caught.value


FORM_CONTROLS = [
    b"amount=0&currency=usd", b"amount=-5&currency=usd", b"rate=0.10", b"rate=-1.5", b"rate=7", b"fast=false", b"note=1e5",
    b"meta[a]=1", b"tags[]=1", b"tags=1", b"tags=1&tags=2", b"nest[deep]=1", b"rate=9007199254740993",
]  # fmt: skip
FORM_REFUSED = [
    (b"amount=1e5&currency=usd", "$.amount"), (b"amount=10000.00&currency=usd", "$.amount"),
    (b"amount=+5&currency=usd", "$.amount"), (b"amount=%2B5&currency=usd", "$.amount"), (b"amount=05&currency=usd", "$.amount"),
    (b"amount=-0&currency=usd", "$.amount"), (b"amount=0x10&currency=usd", "$.amount"), (b"amount=%205&currency=usd", "$.amount"),
    (b"amount=5%0A&currency=usd", "$.amount"), (b"amount=1_000&currency=usd", "$.amount"), (b"amount=1,000&currency=usd", "$.amount"),
    ("amount=１０&currency=usd".encode(), "$.amount"), (b"amount=%EF%BC%91&currency=usd", "$.amount"), (b"amount=%D9%A1&currency=usd", "$.amount"),
    (b"amount=9223372036854775808&currency=usd", "$.amount"), (b"amount=99999999999999999999999&currency=usd", "$.amount"),
    (b"amount=%225%22&currency=usd", "$.amount"), (b"amount[]=5&currency=usd", "$.amount"), (b"amount[0]=5&currency=usd", "$.amount"),
    (b"amount[a]=5&currency=usd", "$.amount"), (b"amount=&currency=usd", "$.amount"), (b"amount=null&currency=usd", "$.amount"),
    (b"amount=NaN&currency=usd", "$.amount"), (b"amount=Infinity&currency=usd", "$.amount"),
    (b"amount=5", "$.currency"), (b"amount=5&currency=", "$.currency"), (b"amount=5&currency=us", "$.currency"),
    (b"amount=5&currency=usdx", "$.currency"), (b"amount=5&currency=XXX", "$.currency"), (b"amount=5&currency=%C5%BFek", "$.currency"),
    (b"amount=5&currency=usd+", "$.currency"), (b"amount=5&currency[]=usd", "$.currency"), (b"amount=5&currency=840", "$.currency"),
    (b"rate=1e5", "$.rate"), (b"rate=.5", "$.rate"), (b"rate=5.", "$.rate"), (b"rate=-0.0", "$.rate"), (b"rate=00.5", "$.rate"),
    (b"rate=1.0000000000000001", "$.rate"), (b"rate=0.1234567890123456", "$.rate"), (b"rate=9223372036854775808", "$.rate"),
    (b"fast=1", "$.fast"), (b"fast=True", "$.fast"), (b"fast=yes", "$.fast"), (b"note[]=a", "$.note"), (b"meta=5", "$.meta"),
    (b"tags[a]=5", "$.tags"), (b"nest[deep]=x", "$.nest.deep"), (b"nest=5", "$.nest"),
]  # fmt: skip

JSON_CONTROLS = [
    b'{"amount":10000,"currency":"usd"}', b'{"amount":10000.0,"currency":"usd"}', b'{"amount":1e4,"currency":"usd"}',
    b'{"rate":0.1}', b'{"rate":5}', b'{"rate":"10.00"}', b'{"fast":true}', b'{"note":"1"}', b'{"meta":{}}', b'{"tags":[1]}',
    b'{"items":[{"amount":1}]}', b'{"nest":{"deep":1}}', b'{"rate":null}',
]  # fmt: skip
JSON_REFUSED = [
    (b'{"amount":"10000","currency":"usd"}', "$.amount"), (b'{"amount":10000.5,"currency":"usd"}', "$.amount"),
    (b'{"amount":true,"currency":"usd"}', "$.amount"), (b'{"amount":[5],"currency":"usd"}', "$.amount"),
    (b'{"amount":{"value":5},"currency":"usd"}', "$.amount"), (b'{"amount":null,"currency":"usd"}', "$.amount"),
    (b'{"amount":1E400,"currency":"usd"}', "$.amount"), (b'{"amount":-0,"currency":"usd"}', "$.amount"),
    (b'{"amount":5}', "$.currency"), (b'{"amount":5,"currency":null}', "$.currency"), (b'{"amount":5,"currency":["usd"]}', "$.currency"),
    (b'{"amount":5,"currency":"bitcoin"}', "$.currency"), ('{"amount":5,"currency":"ｕｓｄ"}'.encode(), "$.currency"),
    (b'{"rate":"1e5"}', "$.rate"), (b'{"rate":" 1"}', "$.rate"), (b'{"rate":""}', "$.rate"), (b'{"rate":"+1"}', "$.rate"),
    (b'{"rate":true}', "$.rate"), (b'{"fast":"true"}', "$.fast"), (b'{"fast":1}', "$.fast"), (b'{"note":5}', "$.note"),
    (b'{"meta":[]}', "$.meta"), (b'{"tags":1}', "$.tags"), (b'{"tags":[1,2,"3"]}', "$.tags[2]"),
    (b'{"items":[{},{"amount":"5"}]}', "$.items[1].amount"), (b'{"items":{"amount":5}}', "$.items"), (b'{"nest":{"deep":1.5}}', "$.nest.deep"),
]  # fmt: skip


@pytest.mark.parametrize("body", FORM_CONTROLS)
def test_control_form_values_of_their_type_pass(body: bytes) -> None:
    assert match("/form", body, FORM).function.name == "form"


@pytest.mark.parametrize(("body", "place"), FORM_REFUSED)
def test_form_values_with_no_one_meaning_are_refused(body: bytes, place: str) -> None:
    refusal = refused("/form", body, FORM)
    assert (refusal.reason, refusal.status) == ("unreadable_body", 422)
    assert f"{place}:" in refusal.detail


@pytest.mark.parametrize("body", JSON_CONTROLS)
def test_control_json_values_of_their_type_pass(body: bytes) -> None:
    assert match("/json", body, JSON).function.name == "json"


@pytest.mark.parametrize(("body", "place"), JSON_REFUSED)
def test_json_values_with_no_one_meaning_are_refused(body: bytes, place: str) -> None:
    refusal = refused("/json", body, JSON)
    assert (refusal.reason, refusal.status) == ("unreadable_body", 422)
    assert f"{place}:" in refusal.detail


def test_a_refusal_says_the_place_and_never_the_value() -> None:
    refusal = refused("/json", b'{"items":[{"amount":"4242424242424242"}]}', JSON)
    assert refusal.detail == "$.items[0].amount: must be a whole number, not in quotes."
    refusal = refused("/none/x", method="GET", query="limit=4242x")
    assert refusal.detail == "query $.limit: must be a whole number in plain decimal digits, within 64 bits."


@pytest.mark.parametrize(
    ("path", "body", "headers", "query"),
    [
        ("/form", b"amount=1&currency=usd", FORM, "amount=1"),
        ("/form", b"meta[a]=1", FORM, "meta[b]=1"),
        ("/json", b'{"note":"a"}', JSON, "note=a"),
        ("/json", b'{"Note":"a"}', JSON, "note=a"),
        ("/form", b"a=1&a=2", FORM, ""),
        ("/form", b"", FORM, "a=1&a=2"),
        ("/form", b"_method=DELETE", FORM, ""),
        ("/form", b"", FORM, "_method=DELETE"),
        ("/form", b"_METHOD=DELETE", FORM, ""),
        ("/other", b"_method=DELETE", FORM, ""),
        ("/json", b'{"_method":"DELETE","note":"a"}', JSON, ""),
        ("/form", b"key=TOKEN", FORM, ""),
        ("/form", b"", FORM, "KEY=TOKEN"),
    ],
)
def test_two_meanings_are_refused(path: str, body: bytes, headers: tuple[bytes, bytes], query: str) -> None:
    refusal = refused(path, body, headers, query=query)
    assert (refusal.reason, refusal.status) == ("ambiguous_body", 422)


def test_a_path_parameter_is_not_sent_twice() -> None:
    assert match("/none/x", method="GET", query="limit=1").params == {"id": "x", "limit": 1}
    assert refused("/none/x", method="GET", query="id=y").reason == "ambiguous_body"
    assert refused("/none/x", method="GET", query="ID=y").reason == "ambiguous_body"


@pytest.mark.parametrize(
    "path", ["/none/%00", "/none/a%2Fb", "/none/a%5Cb", "/none/a%0Ab", "/none/%FF", "/none/%252F", "/none/%7F"]
)
def test_path_parameters_that_hide_structure_are_refused(path: str) -> None:
    assert match("/none/a%20b", method="GET").params == {"id": "a b"}
    assert refused(path, method="GET").reason == "bad_request"


@pytest.mark.parametrize("path", ["/FORM", "/form/", "/Form", "/form.", "/form//", "/NONE/x", "/none/x/"])
def test_other_spellings_of_a_listed_path_are_not_unlisted(path: str) -> None:
    method = "GET" if "none" in path.lower() else "POST"
    assert match("/formx", method="POST").function.name == "unlisted"
    assert refused(path, method=method).reason == "bad_request"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
def test_trace_and_connect_are_no_calls(method: str) -> None:
    assert match("/anything", method="PATCH").function.name == "unlisted"
    assert refused("/anything", method=method).reason == "bad_request"


def test_a_vendors_own_idempotency_field_stands_once() -> None:
    once = (b"x-once", b"k")
    assert once in match("/form", b"", once).canonical.headers
    assert refused("/form", b"", once, once).reason == "bad_request"
    assert match("/json", b"", once, once).function.name == "json"


def test_deep_json_is_refused() -> None:
    assert match("/json", b'{"note":"a","x":' + b"[" * 7 + b"]" * 7 + b"}", JSON)
    refusal = refused("/json", b'{"x":' + b"[" * 8 + b"]" * 8 + b"}", JSON)
    assert (refusal.reason, refusal.status) == ("unreadable_body", 422)


@pytest.mark.parametrize("path", ["/multi", "/graph"])
def test_bodies_that_cannot_be_read_yet_are_refused(path: str) -> None:
    for headers, body in (
        ((b"content-type", b"multipart/form-data; boundary=x"), b"--x--"),
        (JSON, b"{}"),
        (JSON, b""),
    ):
        refusal = refused(path, body, headers)
        assert (refusal.reason, refusal.status) == ("unreadable_body", 415)

"""A request becomes a call: which function, which typed parameters, which money, and exactly what is sent."""

import hashlib
from decimal import Decimal

import pytest

from vendorgate.catalog.load import load_catalog
from vendorgate.catalog.match import Matcher, VendorEntry
from vendorgate.model import Call, Function, Money, Refusal
from vendorgate.testing.builders import build_caller, build_request

CATALOG = """
vendor: pay
base_url: https://api.pay.test
attach: header:X-Pay-Key
sensitive: ["**.pan"]
functions:
  - name: transfers.create
    match: POST /v1/transfers
    access: write
    body: form
    params: {amount: integer, currency: string, rate: number, fast: boolean, metadata: object, "to[]": string, items: array}
    money: {amount: amount, currency: currency, unit: minor}
    sensitive: [note]
    idempotency: X-Once
  - name: orders.create
    match: POST /v1/orders
    body: json
    params:
      total.amount: number
      total.currency: string
      count: integer
      express: boolean
      label: string
      tags: string[]
      items[].sku: string
      items[].units: integer
    money: {amount: total.amount, currency: total.currency, unit: major}
  - {name: transfers.get, match: "GET /v1/transfers/{transfer}", params: {limit: integer, "expand[]": string}}
  - {name: transfers.latest, match: GET /v1/transfers/latest}
  - {name: transfers.cancel, match: "POST /v1/transfers/{transfer}:cancel", body: json}
  - {name: messages.create, match: "POST /2010/Accounts/{Sid}/Messages.json", body: form, params: {To: string}}
  - {name: messages.get, match: "GET /2010/Accounts/{Sid}/Messages/{Id}.json"}
  - {name: files.get, match: "GET /files/{a}/static/{b}"}
  - {name: files.other, match: "GET /files/x/{b}/{c}"}
  - {name: batch, match: POST /v1/batch, body: json, params: {body: array}}
  - {name: fixed, match: POST /v1/fixed, body: json, params: {cents: integer}, money: {amount: cents, currency: =eur}}
  - {name: upload, match: POST /v1/upload, body: multipart}
"""
FORM = (b"content-type", b"application/x-www-form-urlencoded")
JSON = (b"content-type", b"application/json")
CALLER = build_caller()


def build_matcher(base_path: str = "", text: str = CATALOG) -> Matcher:
    return Matcher([VendorEntry("pay", load_catalog(text, "test"), "api.pay.test", base_path)], json_depth=16)


MATCHER = build_matcher()


def match(method: str, path: str, *headers: tuple[bytes, bytes], body: bytes = b"", query: str = "") -> Call:
    request = build_request(method, path, vendor="pay", headers=headers, body=body, query=query)
    return MATCHER.match(request, CALLER)


@pytest.mark.parametrize(
    ("method", "path", "name", "params"),
    [
        ("GET", "/v1/transfers/tr_1", "transfers.get", {"transfer": "tr_1"}),
        ("GET", "/v1/transfers/latest", "transfers.latest", {}),
        ("GET", "/v1/transfers/latest2", "transfers.get", {"transfer": "latest2"}),
        ("GET", "/v1/transfers/a%20%C3%A4", "transfers.get", {"transfer": "a ä"}),
        ("POST", "/v1/transfers/tr_1:cancel", "transfers.cancel", {"transfer": "tr_1"}),
        ("POST", "/2010/Accounts/AC1/Messages.json", "messages.create", {"Sid": "AC1"}),
        ("GET", "/2010/Accounts/AC1/Messages/SM1.json", "messages.get", {"Sid": "AC1", "Id": "SM1"}),
        ("GET", "/files/x/static/b", "files.other", {"b": "static", "c": "b"}),
        ("GET", "/files/y/static/b", "files.get", {"a": "y", "b": "b"}),
        ("GET", "/files/y/dynamic/b", "unlisted", {}),
        ("DELETE", "/v1/transfers/tr_1", "unlisted", {}),
        ("POST", "/v1/transfers/:cancel", "unlisted", {}),
        ("GET", "/v1/transfers/a/b", "unlisted", {}),
        ("GET", "/v1", "unlisted", {}),
        ("GET", "/", "unlisted", {}),
    ],
)
def test_method_and_path_name_the_function(method: str, path: str, name: str, params: dict[str, str]) -> None:
    call = match(method, path)
    assert (call.function.full_name, call.params, call.function.listed) == (f"pay.{name}", params, name != "unlisted")
    assert call.canonical.target == path


def test_the_configured_name_counts_not_the_catalogues() -> None:
    matcher = Matcher([VendorEntry("pay-eu", load_catalog(CATALOG, "test"), "eu.pay.test", "")], json_depth=16)
    assert "pay-eu.transfers.create" in matcher.functions
    assert matcher.functions["pay-eu.unlisted"] == Function(
        "pay-eu", "unlisted", "write", "any", ("**.pan",), listed=False
    )
    assert matcher.functions["pay-eu.transfers.create"] == Function(
        "pay-eu", "transfers.create", "write", "form", ("note", "**.pan"), "X-Once"
    )


def test_unknown_vendors_are_refused() -> None:
    with pytest.raises(Refusal) as caught:
        MATCHER.match(build_request("GET", "/v1/transfers/x", vendor="payy"), CALLER)
    assert (caught.value.reason, caught.value.status) == ("unknown_vendor", 403)


def test_a_form_gives_typed_parameters_and_money() -> None:
    body = b"amount=12000&currency=usd&rate=1.50&fast=true&metadata[a]=1&to[]=x&to[]=y&other=7"
    call = match("POST", "/v1/transfers", FORM, body=body)
    assert call.params == {
        "amount": 12000,
        "currency": "usd",
        "rate": Decimal("1.50"),
        "fast": True,
        "metadata": {"a": "1"},
        "to": ["x", "y"],
        "other": "7",
    }
    assert type(call.params["amount"]) is int
    assert call.money == Money(Decimal("120.00"), "USD")
    assert call.canonical.body == body


def test_json_gives_typed_parameters_and_money() -> None:
    body = b'{"total": {"amount": "10.50", "currency": "EUR"}, "count": 1e2, "tags": ["a"], "items": [{"units": 2.0}]}'
    call = match("POST", "/v1/orders", JSON, body=body)
    assert call.params == {
        "total": {"amount": Decimal("10.50"), "currency": "EUR"},
        "count": 100,
        "tags": ["a"],
        "items": [{"units": 2}],
    }
    assert type(call.params["count"]) is int
    assert call.money == Money(Decimal("10.50"), "EUR")
    # A string stays a string on the wire: vendors that take amounts as text get text.
    assert (
        call.canonical.body
        == b'{"total":{"amount":"10.50","currency":"EUR"},"count":100,"tags":["a"],"items":[{"units":2.0}]}'
    )


@pytest.mark.parametrize(
    ("body", "money"),
    [
        (b"amount=500&currency=jpy", Money(Decimal(500), "JPY")),
        (b"amount=500&currency=KWD", Money(Decimal("0.500"), "KWD")),
        (b"amount=500&currency=clf", Money(Decimal("0.0500"), "CLF")),
        (b"amount=-500&currency=Usd", Money(Decimal("-5.00"), "USD")),
        (b"amount=0&currency=usd", Money(Decimal("0.00"), "USD")),
        (b"amount=9223372036854775807&currency=usd", Money(Decimal("92233720368547758.07"), "USD")),
        (b"currency=usd", None),
        (b"currency=odd", None),
        (b"other=1", None),
    ],
)
def test_money_is_exact_in_major_units(body: bytes, money: Money | None) -> None:
    assert match("POST", "/v1/transfers", FORM, body=body).money == money


@pytest.mark.parametrize("body", [b'{"cents": 250}', b'{"cents": 250.0}', b'{"cents": 2.5e2}'])
def test_a_fixed_currency(body: bytes) -> None:
    assert match("POST", "/v1/fixed", JSON, body=body).money == Money(Decimal("2.50"), "EUR")


def test_path_query_and_body_are_one_tree() -> None:
    call = match("GET", "/v1/transfers/tr_1", query="limit=3&expand[]=a&expand[]=b&x=y")
    assert call.params == {"transfer": "tr_1", "limit": 3, "expand": ["a", "b"], "x": "y"}
    assert call.canonical.target == "/v1/transfers/tr_1?limit=3&expand[]=a&expand[]=b&x=y"
    call = match("POST", "/v1/orders", JSON, body=b'{"count":1}', query="express=false")
    assert call.params == {"express": False, "count": 1}


def test_an_empty_field_of_a_type_without_empty_text_is_null() -> None:
    call = match("POST", "/v1/transfers", FORM, body=b"metadata=&fast=&rate=&currency=")
    assert call.params == {"metadata": None, "fast": None, "rate": None, "currency": ""}
    assert call.canonical.body == b"metadata=&fast=&rate=&currency="
    assert match("POST", "/v1/orders", JSON, body=b'{"label":null,"tags":null}').params == {"label": None, "tags": None}


def test_json_that_is_no_object_is_the_parameter_body() -> None:
    assert match("POST", "/v1/batch", JSON, body=b"[1,2]").params == {"body": [1, 2]}
    assert match("POST", "/v9/x", JSON, body=b"[1,2]").params == {"body": [1, 2]}
    with pytest.raises(Refusal) as caught:
        match("POST", "/v1/orders", JSON, body=b"[1,2]")
    assert (caught.value.reason, caught.value.status) == ("unreadable_body", 422)


def test_unlisted_functions_take_any_body_and_read_what_they_can() -> None:
    assert match("POST", "/v9/x", FORM, body=b"a=1&b[]=2").params == {"a": "1", "b": ["2"]}
    assert match("PATCH", "/v9/x", (b"content-type", b"application/merge-patch+json"), body=b'{"a":1}').params == {
        "a": 1
    }
    call = match("PUT", "/v9/x", (b"content-type", b"image/png"), body=b"\x89PNG\0", query="name=a")
    assert (call.params, call.canonical.body) == ({"name": "a"}, b"\x89PNG\0")
    assert match("OPTIONS", "/v9/x").function.name == "unlisted"


def test_the_request_is_rebuilt_from_configuration_and_what_was_read() -> None:
    call = build_matcher("/gateway/v2").match(
        build_request(
            "POST",
            "/v1/transfers",
            vendor="pay",
            authority="evil.test",
            query="%66ast=true",
            headers=(
                (b"host", b"evil.test"),
                (b"authorization", b"Bearer token"),
                (b"x-pay-key", b"token"),
                (b"x-forwarded-host", b"evil.test"),
                (b"content-length", b"99"),
                (b"content-type", b"application/x-www-form-urlencoded; charset=UTF-8"),
                (b"x-once", b"k"),
            ),
            body=b"%61mount=%31&currency=usd&",
        ),
        CALLER,
    )
    assert call.canonical == (
        "POST",
        "api.pay.test",
        "/gateway/v2/v1/transfers?fast=true",
        ((b"content-type", b"application/x-www-form-urlencoded; charset=UTF-8"), (b"x-once", b"k")),
        b"amount=1&currency=usd",
    )


def test_the_digest_covers_everything_that_is_sent_but_fields() -> None:
    call = match("POST", "/v1/orders", JSON, body=b'{ "count": 1 }')
    sent = b"POST\0api.pay.test\0/v1/orders\0application/json\0" + b'{"count":1}'
    assert call.digest == hashlib.sha256(sent).hexdigest()
    assert match("POST", "/v1/orders", JSON, body=b'{"count":1}').digest == call.digest
    assert match("POST", "/v1/orders", JSON, body=b'{"count":2}').digest != call.digest


def test_the_token_in_a_query_slot_is_no_parameter() -> None:
    text = CATALOG.replace("header:X-Pay-Key", "query:key")
    request = build_request("GET", "/v1/transfers/tr_1", vendor="pay", query="key=TOKEN&limit=2", headers=())
    call = build_matcher(text=text).match(request, CALLER)
    assert call.params == {"transfer": "tr_1", "limit": 2}
    assert call.canonical.target == "/v1/transfers/tr_1?limit=2"


def test_large_catalogues_load_and_route() -> None:
    functions = "".join(f'  - {{name: f{i}, match: "GET /many/{i}/{{id}}"}}\n' for i in range(2_000))
    matcher = build_matcher(text=f"vendor: many\nattach: bearer\nfunctions:\n{functions}")
    call = matcher.match(build_request("GET", "/many/1999/x", vendor="pay"), CALLER)
    assert call.function.name == "f1999"

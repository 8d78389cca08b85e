"""Every spelling of a body, query or field that was meant to be read by policy as one thing and by the vendor as another.

The oracle is what would be sent: a request is refused, or what policy read and what the vendor would get are one.
Threat families A01 to A06, A09 and A10. Rows are added, never removed.
"""

import gzip
import json
import zlib
from decimal import Decimal

import pytest

from vendorgate.catalog.load import load_catalog
from vendorgate.catalog.match import Matcher, VendorEntry
from vendorgate.model import Call, Refusal
from vendorgate.testing.builders import build_caller, build_request
from vendorgate.wire.form_tree import read_form

CATALOG = """
vendor: pay
attach: bearer
functions:
  - name: form.pay
    match: POST /form
    body: form
    params: {amount: integer, currency: string, destination: string, metadata: object}
    money: {amount: amount, currency: currency}
    idempotency: Idempotency-Key
  - name: json.pay
    match: POST /json
    body: json
    params: {amount: integer, currency: string, destination: string, order.total: number}
    money: {amount: amount, currency: currency}
  - {name: list, match: GET /list, params: {limit: integer}}
"""
MATCHER = Matcher([VendorEntry("pay", load_catalog(CATALOG, "test"), "pay.test", "")], json_depth=64)
FORM_TYPE = (b"content-type", b"application/x-www-form-urlencoded")
JSON_TYPE = (b"content-type", b"application/json")
JSON_BODY = b'{"amount":5,"currency":"usd"}'
FORM_BODY = b"amount=5&currency=usd"


def match(
    path: str, body: bytes, headers: tuple[tuple[bytes, bytes], ...], *, method: str = "POST", query: str = ""
) -> Call:
    return MATCHER.match(
        build_request(method, path, vendor="pay", body=body, headers=headers, query=query), build_caller()
    )


def refusal(
    path: str, body: bytes, headers: tuple[tuple[bytes, bytes], ...], *, method: str = "POST", query: str = ""
) -> Refusal:
    with pytest.raises(Refusal) as caught:
        match(path, body, headers, method=method, query=query)
    return caught.value


def test_control_the_plain_spellings_pass() -> None:
    for path, body, header in (("/json", JSON_BODY, JSON_TYPE), ("/form", FORM_BODY, FORM_TYPE)):
        call = match(path, body, (header,))
        assert call.params == {"amount": 5, "currency": "usd"}
        assert call.canonical.body == body


A01 = [
    b'{"amount":5,"amount":9,"currency":"usd"}',
    b'{"amount":5,"am\\u006funt":9,"currency":"usd"}',
    b'{"\\u0061mount":5,"amount":9,"currency":"usd"}',
    b'{"amount":5,"Amount":9,"currency":"usd"}',
    b'{"Amount":9,"currency":"usd"}',
    b'{"AMOUNT":9}',
    '{"amount":5,"ａmount":9,"currency":"usd"}'.encode(),
    '{"ａmount":9}'.encode(),
    '{"amo\u200bunt":9}'.encode(),
    '{"amount\u00ad":9}'.encode(),
    '{"\ufeffamount":9}'.encode(),
    '{"amount\ufe0f":9}'.encode(),
    '{"de\u017ftination":"acct"}'.encode(),
    b'{"amount ":9}',
    b'{" amount":9}',
    b'{"amount\\t":9}',
    b'{"currency":"usd","Currency":"jpy","amount":5}',
    b'{"x":{"a":1,"A":2}}',
    b'{"x":[{"a":{"b":1,"B":2}}]}',
    '{"x":{"é":1,"e\u0301":2}}'.encode(),
    '{"x":{"straße":1,"STRASSE":2}}'.encode(),
    b'{"order":{"total":1,"Total":2}}',
    b'{"order":{"Total":2}}',
    b'{"order.total":2}',
    b'{"order":{"total":1},"order.total":2}',
    b'{"ORDER":{"total":2}}',
]


@pytest.mark.parametrize("body", A01)
def test_a01_twins_of_a_key_are_refused(body: bytes) -> None:
    found = refusal("/json", body, (JSON_TYPE,))
    assert (found.reason, found.status) == ("ambiguous_body", 422)


@pytest.mark.parametrize(
    "body",
    [b'{"Amount2":1}', b'{"x":{"amount":1},"y":{"Amount":2}}', b'{"X":1,"y":2}', '{"x":{"कि":1,"कु":2}}'.encode()],
)
def test_a01_control_other_keys_pass(body: bytes) -> None:
    assert match("/json", body, (JSON_TYPE,)).params == json.loads(body)


A01_FORM = [
    b"amount=5&Amount=9&currency=usd",
    b"AMOUNT=9",
    b"amount+=9",
    b"+amount=9",
    b"%EF%BD%81mount=9",
    b"amo%E2%80%8Bunt=9",
    b"metadata[a]=1&metadata[A]=2",
    b"Metadata[a]=1",
    b"x=1&X=2",
]


@pytest.mark.parametrize("body", A01_FORM)
def test_a01_twins_of_a_form_name_are_refused(body: bytes) -> None:
    assert refusal("/form", body, (FORM_TYPE,)).reason == "ambiguous_body"


A02_REFUSED = [
    b"-0", b"1E400", b"1e-400", b"0x10", b"010", b"+5", b".5", b"5.", b"1_000", b'"5"', b'"10000"', b"5.5", b"NaN", b"Infinity",
    b"-Infinity", b"9223372036854775808", b"99999999999999999999", b"1e19", b"[5]", b"true", b"null", b'{"$numberLong":"5"}',
    "５".encode(), "٥".encode(), b"0.1e1e1", b"1e", b"--5", b"5L", b"10000000000000000.0",
]  # fmt: skip


@pytest.mark.parametrize("number", A02_REFUSED)
def test_a02_odd_amounts_are_refused(number: bytes) -> None:
    found = refusal("/json", b'{"amount":%b,"currency":"usd"}' % number, (JSON_TYPE,))
    assert (found.reason, found.status) == ("unreadable_body", 422)


@pytest.mark.parametrize(
    ("number", "value"),
    [(b"10000", 10000), (b"1e4", 10000), (b"10000.0", 10000), (b"1E+4", 10000), (b"-5", -5), (b"0", 0), (b"0.0", 0)],
)
def test_a02_control_one_exact_meaning_passes_and_is_what_is_sent(number: bytes, value: int) -> None:
    call = match("/json", b'{"amount":%b,"currency":"usd"}' % number, (JSON_TYPE,))
    assert call.params["amount"] == value
    assert call.money is not None
    assert call.money.value == Decimal(value) / 100
    assert json.loads(call.canonical.body, parse_float=Decimal)["amount"] == value
    assert b"e" not in call.canonical.body.replace(b"currency", b"").lower()


@pytest.mark.parametrize(
    "currency",
    [
        b'""',
        b'"us"',
        b'"usdd"',
        b'"XXX"',
        b'"XAU"',
        b'"US "',
        b"840",
        b"null",
        b'["usd"]',
        b'"u\\u0000d"',
        '"usｄ"'.encode(),
        '"ußd"'.encode(),
    ],
)
def test_a02_an_amount_without_a_plain_currency_is_refused(currency: bytes) -> None:
    assert refusal("/json", b'{"amount":5,"currency":%b}' % currency, (JSON_TYPE,)).status == 422
    assert refusal("/json", b'{"amount":5}', (JSON_TYPE,)).status == 422
    assert match("/json", b'{"currency":"XXX"}', (JSON_TYPE,)).money is None


A03 = [
    ((),),
    (((b"content-type", b""),)),
    ((b"content-type", b"application/json"), (b"content-type", b"application/json")),
    ((b"content-type", b"application/json"), (b"content-type", b"application/x-www-form-urlencoded")),
    ((b"content-type", b"application/json, application/json"),),
    ((b"content-type", b"application/json; charset=utf-16"),),
    ((b"content-type", b"application/json; charset=iso-8859-1"),),
    ((b"content-type", b"application/json; charset=utf-7"),),
    ((b"content-type", b"application/json; charset=utf-8; charset=utf-16"),),
    ((b"content-type", b"application/json; charset"),),
    ((b"content-type", b"application/jsom"),),
    ((b"content-type", b"application /json"),),
    ((b"content-type", b"json"),),
    ((b"content-type", b"text/json"),),
    ((b"content-type", b"text/plain"),),
    ((b"content-type", b"application/x-www-form-urlencoded"),),
    ((b"content-type", b"multipart/form-data; boundary=x"),),
    ((b"content-type", b"application/octet-stream"),),
    ((b"content_type", b"application/json"),),
]


@pytest.mark.parametrize("headers", A03)
def test_a03_a_body_whose_type_is_in_doubt_is_refused(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    found = refusal("/json", JSON_BODY, tuple(header for header in headers if header))
    assert (found.reason, found.status) in (("unreadable_body", 415), ("bad_request", 400))


@pytest.mark.parametrize(
    "value",
    [
        b"application/json",
        b"Application/JSON",
        b"application/json; charset=utf-8",
        b'application/json;charset="UTF-8"',
        b"application/vnd.api+json",
        b"application/json ;  charset=utf-8",
    ],
)
def test_a03_control_plain_types_pass(value: bytes) -> None:
    assert match("/json", JSON_BODY, ((b"content-type", value),)).params["amount"] == 5


@pytest.mark.parametrize(
    "body",
    [
        JSON_BODY.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + JSON_BODY,
        JSON_BODY + b"\x00",
        JSON_BODY.replace(b"usd", b"us\xff"),
    ],
)
def test_a03_other_encodings_than_utf8_are_refused(body: bytes) -> None:
    assert refusal("/json", body, (JSON_TYPE,)).reason == "unreadable_body"


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(JSON_BODY)),
        (b"deflate", zlib.compress(JSON_BODY)),
        (b"br", JSON_BODY),
        (b"zstd", JSON_BODY),
        (b"gzip, identity", gzip.compress(JSON_BODY)),
        (b"identity, gzip", JSON_BODY),
        (b"x-unknown", JSON_BODY),
        (b"gzip", JSON_BODY),
        (b"", JSON_BODY),
    ],
)
def test_a04_coded_bodies_are_refused(coding: bytes, body: bytes) -> None:
    assert match("/json", JSON_BODY, (JSON_TYPE, (b"content-encoding", b"identity"))).params["amount"] == 5
    for path in ("/json", "/unlisted"):
        found = refusal(path, body, (JSON_TYPE, (b"content-encoding", coding)))
        assert (found.reason, found.status) == ("unreadable_body", 415)


def test_a05_padding_does_not_hide_what_follows() -> None:
    padding = b'"p":"' + b"x" * 2_000_000 + b'",'
    call = match("/json", b"{" + padding + b'"amount":9,"currency":"usd"}', (JSON_TYPE,))
    assert call.params["amount"] == 9
    assert refusal("/json", b"{" + padding + b'"amount":9,"amount":5}', (JSON_TYPE,)).reason == "ambiguous_body"
    assert refusal("/json", b" " * 2_000_000 + b'{"amount":9,"amount":5}', (JSON_TYPE,)).reason == "ambiguous_body"
    many = b"&".join(b"p%d=1" % i for i in range(3_000))
    assert refusal("/form", b"amount=5&" + many + b"&amount=9", (FORM_TYPE,)).reason == "ambiguous_body"


A06 = [
    b"amount=5&amount=9", b"amount=5&amount[]=9", b"amount[]=9&amount=5", b"amount=5&amount[0]=9", b"amount[0]=9", b"amount[]=9",
    b"amount[amount]=9", b"amount=5;amount=9", b"amount=5%00&currency=usd", b"amount%00=9", b"amount=%C0%B5&currency=usd",
    b"amount=%F0%80%80%B5&currency=usd", b"amount=5&%61mount=9", b"amount=5&amoun%74=9", b"amount=5%26amount=9&currency=usd",
    b"amount=5&amount%5B%5D=9", b"amount=%35%", b"amount=5\r\n&currency=usd", b"amount=5 &currency=usd", b"amount=5%20&currency=usd",
    b"amount==5&currency=usd", b"amount=5&amount", b"amount&amount=5",
]  # fmt: skip


@pytest.mark.parametrize("body", A06)
def test_a06_polluted_forms_are_refused(body: bytes) -> None:
    assert refusal("/form", body, (FORM_TYPE,)).status == 422
    assert refusal("/form", b"", (), query=body.decode("latin-1")).status == 422


def test_a06_query_and_body_do_not_both_speak() -> None:
    assert match("/form", FORM_BODY, (FORM_TYPE,), query="other=1").params["other"] == "1"
    assert refusal("/form", FORM_BODY, (FORM_TYPE,), query="amount=9").reason == "ambiguous_body"
    assert refusal("/json", JSON_BODY, (JSON_TYPE,), query="amount=9").reason == "ambiguous_body"
    assert refusal("/json", JSON_BODY, (JSON_TYPE,), query="Amount=9").reason == "ambiguous_body"


@pytest.mark.parametrize("body", [b"%61mount=%35&currency=usd", b"amount=5&&currency=%75sd&", b"amount=5&currency=usd"])
def test_a06_control_what_is_sent_is_what_was_read(body: bytes) -> None:
    call = match("/form", body, (FORM_TYPE,))
    assert call.canonical.body == FORM_BODY
    assert read_form(call.canonical.body) == {"amount": "5", "currency": "usd"}


@pytest.mark.parametrize("name", [b"x-http-method-override", b"x-http-method", b"x-method-override"])
def test_a09_method_override_fields_do_not_reach_the_vendor(name: bytes) -> None:
    assert match("/json", JSON_BODY, (JSON_TYPE, (name, b"DELETE"))).canonical.headers == (JSON_TYPE,)


def test_a09_method_override_parameters_are_refused() -> None:
    assert refusal("/form", FORM_BODY + b"&_method=DELETE", (FORM_TYPE,)).reason == "ambiguous_body"
    assert refusal("/json", b'{"_method":"PUT"}', (JSON_TYPE,)).reason == "ambiguous_body"
    assert refusal("/other", b"", (), query="_method=DELETE").reason == "ambiguous_body"
    assert match("/other", b"", (), query="method=DELETE").params == {"method": "DELETE"}


def test_a09_a_body_where_none_belongs_is_refused() -> None:
    assert match("/list", b"", (), method="GET", query="limit=1").params == {"limit": 1}
    for path in ("/list", "/unlisted"):
        found = refusal(path, FORM_BODY, (FORM_TYPE,), method="GET")
        assert (found.reason, found.status) == ("unreadable_body", 415)


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
def test_a09_trace_is_refused(method: str) -> None:
    assert match("/list", b"", (), method="OPTIONS").function.name == "unlisted"
    assert refusal("/list", b"", (), method=method).status == 400


A10 = [
    ((b"idempotency-key", b"a"), (b"idempotency-key", b"b")),
    ((b"idempotency-key", b"a"), (b"idempotency-key", b"a")),
    ((b"host", b"a"), (b"host", b"b")),
    ((b"content-length", b"5"), (b"content-length", b"5")),
    ((b"content-encoding", b"identity"), (b"content-encoding", b"gzip")),
    ((b"idempotency_key", b"a"),),
    ((b"x_forwarded_for", b"a"),),
    ((b"transfer_encoding", b"chunked"),),
    ((b"connection", b"content-type"),),
    ((b"connection", b"close, Idempotency-Key"), (b"idempotency-key", b"a")),
]


@pytest.mark.parametrize("headers", A10)
def test_a10_fields_with_two_readings_are_refused(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    assert match("/form", FORM_BODY, (FORM_TYPE, (b"idempotency-key", b"a"))).params["amount"] == 5
    assert refusal("/form", FORM_BODY, (FORM_TYPE, *headers)).reason == "bad_request"

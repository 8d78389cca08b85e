"""Evasions on the wire, through the real gateway: A03, A06, A08–A13, A21, A22, A38, A39 of the threat table.

The oracle is the stub vendor's byte log and the record, never the status alone. An attack is refused (nothing of it
reaches the vendor) or neutralised (what reaches the vendor is exactly what was judged). Every family has a control
that is allowed, sent by the same caller in the same way. Rows are added, never removed.
"""

import gzip
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.e2e.raw_http import Conversation, request, talk
from tests.wire.test_request_reader import vectors as framing_vectors
from tests.wire.test_target import BAD as BAD_TARGETS

from vendorgate.testing.fake_vendor import FakeRequest, FakeVendor
from vendorgate.testing.running_gateway import RunningGateway

SECRET = "sk_live_wire0123456789"
CATALOG = """\
vendor: pay
base_url: https://pay.example.test
attach: bearer
functions:
  - name: transfers.create
    match: POST /v1/transfers
    access: write
    body: form
    params: {amount: integer, currency: string, destination: string, description: string, "tags[]": string, source.account: string}
    money: {amount: amount, currency: currency, unit: minor}
  - name: orders.create
    match: POST /v1/orders
    access: write
    body: json
    params: {amount: integer, currency: string, note: string}
    money: {amount: amount, currency: currency, unit: minor}
  - name: transfers.list
    match: GET /v1/transfers
    access: read
    params: {limit: integer}
  - name: transfers.delete
    match: DELETE /v1/transfers/{id}
    access: write
  - name: graph
    match: POST /graphql
    access: write
    body: graphql
"""
CONFIG = """\
version: 1
listen: {gateway: "{gateway}", admin: "{admin}"}
credentials: {key: {from: env, name: PAY_KEY}}
vendors:
  pay: {catalog: pay.yaml, base_url: VENDOR, allow_private: true, credential: key}
rules:
  - {id: small, who: ["group:wire"], call: ["pay.transfers.create", "pay.orders.create"], when: call.money.value <= 100 && call.money.currency == "USD", effect: allow}
  - {id: list, who: ["group:wire"], call: ["pay.transfers.list", "pay.graph"], effect: allow}
  - {id: anything-else, who: ["group:unlisted"], call: ["pay.unlisted"], effect: allow}
limits: {body: 256KiB, header_timeout: 1s, body_timeout: 1s, idle_timeout: 1s, connections_per_peer: 40}
"""
FORM = "Content-Type: application/x-www-form-urlencoded"
JSON = "Content-Type: application/json"
PAY = "/pay/v1/transfers"
ORDERS = "/pay/v1/orders"
GOOD = b"amount=100&currency=usd&destination=acct_1"
EVIL = b"amount=9000000&currency=usd&destination=acct_evil"
SMUGGLED = b"amount=1&currency=usd&destination=smuggled"
TOKEN = "@"
"""Stands for the caller's Authorization field until there is a token."""


class Attack(NamedTuple):
    """Bytes that must be refused: nothing of them is sent."""

    family: str
    name: str
    data: bytes
    statuses: tuple[int, ...] = (400,)


class Disarmed(NamedTuple):
    """Bytes that may pass, because what reaches the vendor is the judged call and nothing else."""

    family: str
    name: str
    data: bytes
    absent: tuple[bytes, ...] = ()
    method: str = "POST"
    target: str = "/v1/transfers"
    body: bytes = GOOD


def post(*fields: str, target: str | bytes = PAY, body: bytes = GOOD, method: str = "POST") -> bytes:
    return request(method, target, TOKEN, *fields, body=body)


def forms(*rows: tuple[str, bytes]) -> list[Attack]:
    return [Attack("A06", name, post(FORM, body=body), (422,)) for name, body in rows]


def typed(*rows: tuple[str, tuple[str, ...]]) -> list[Attack]:
    return [Attack("A03", name, post(*fields), (400, 415)) for name, fields in rows]


def headers(family: str, *rows: tuple[str, str | bytes], status: int = 400) -> list[Attack]:
    return [
        Attack(family, name, request("POST", PAY, TOKEN, FORM, field, body=GOOD), (status,)) for name, field in rows
    ]


def orders(*rows: tuple[str, bytes]) -> list[Attack]:
    return [Attack("A39", name, post(JSON, target=ORDERS, body=body), (422,)) for name, body in rows]


def framing() -> list[Attack]:
    """The reader's own vectors, aimed at a call that is allowed and with a second such call right behind."""
    rows = []
    for name, data in framing_vectors():
        aimed = data.replace(b" /a ", f" {PAY} ".encode(), 1)
        aimed = aimed.replace(b"Host: gate\r\n", f"Host: gate\r\n{TOKEN}\r\n{FORM}\r\n".encode(), 1)
        rows.append(Attack("A12", name, aimed + post(FORM, body=SMUGGLED), (400, 413)))
    return rows


def targets() -> list[Attack]:
    return [
        Attack(
            "A08", repr(raw)[2:40], b"GET " + raw.replace(b"/stripe", b"/pay") + b" HTTP/1.1\r\nHost: gate\r\n@\r\n\r\n"
        )
        for raw in BAD_TARGETS
    ]


ATTACKS = [
    *typed(
        ("missing", ()),
        ("empty", ("Content-Type:",)),
        ("doubled", (FORM, FORM)),
        ("contradictory", (FORM, JSON)),
        ("list", (FORM + ", application/json",)),
        ("json instead", (JSON,)),
        ("text", ("Content-Type: text/plain",)),
        ("multipart", ("Content-Type: multipart/form-data; boundary=x",)),
        ("misspelt", ("Content-Type: application/x-www-form-urlencode",)),
        ("space inside", ("Content-Type: application/ x-www-form-urlencoded",)),
        ("no subtype", ("Content-Type: application",)),
        ("utf-16", (FORM + "; charset=utf-16",)),
        ("utf-7", (FORM + "; charset=utf-7",)),
        ("latin-1", (FORM + "; charset=iso-8859-1",)),
        ("two charsets", (FORM + "; charset=utf-8; charset=utf-16",)),
        ("charset in odd case", (FORM + "; charset=utf-8; CHARSET=utf-16",)),
        ("quoted charset", (FORM + '; charset="utf-16"',)),
        ("escaped charset", (FORM + '; charset="utf\\-8"',)),
        ("gzip", (FORM, "Content-Encoding: gzip")),
        ("unknown coding", (FORM, "Content-Encoding: x-rot13")),
        ("coding twice", (FORM, "Content-Encoding: identity", "Content-Encoding: gzip")),
        ("stacked codings", (FORM, "Content-Encoding: identity, gzip")),
    ),
    *forms(
        ("repeat", GOOD + b"&amount=9000000"),
        ("repeat before", b"amount=9000000&" + GOOD),
        ("repeat escaped", GOOD + b"&%61mount=9000000"),
        ("list", GOOD + b"&amount[]=9000000"),
        ("list only", b"amount[]=1&amount[]=9000000&currency=usd"),
        ("index", GOOD + b"&amount[0]=9000000"),
        ("key", GOOD + b"&amount[x]=9000000"),
        ("escaped brackets", GOOD + b"&amount%5B%5D=9000000"),
        ("case", GOOD + b"&Amount=9000000"),
        ("full width", GOOD + "&ａmount=9000000".encode()),
        ("padded name", GOOD + b"&amount+=9000000"),
        ("leading blank", GOOD + b"&+amount=9000000"),
        ("semicolon", GOOD + b";amount=9000000"),
        ("nul", b"amount=1%00&currency=usd"),
        ("nul in name", GOOD + b"&amount%00=9000000"),
        ("overlong", GOOD + b"&%c1%a1mount=9000000"),
        ("overlong slash", GOOD + b"&description=%c0%af"),
        ("surrogate", GOOD + b"&description=%ed%a0%80"),
        ("broken escape", GOOD + b"&description=%4"),
        ("utf-16 escape", GOOD + b"&%u0061mount=9000000"),
        ("dotted twin", GOOD + b"&source[account]=a&source.account=b"),
        ("both ways", GOOD + b"&source=a&source[account]=b"),
        ("list in two ways", GOOD + b"&tags[]=a&tags[0]=b"),
        ("gap", GOOD + b"&tags[5]=a"),
        ("exponent", b"amount=1e2&currency=usd"),
        ("hexadecimal", b"amount=0x10&currency=usd"),
        ("plus", b"amount=%2B100&currency=usd"),
        ("blank before", b"amount=+100&currency=usd"),
        ("leading zero", b"amount=0100&currency=usd"),
        ("full-width digits", "amount=１００&currency=usd".encode()),
        ("fraction", b"amount=100.5&currency=usd"),
        ("beyond 64 bit", b"amount=18446744073709551716&currency=usd"),
    ),
    Attack("A06", "query and body", post(FORM, target=PAY + "?amount=9000000"), (422,)),
    Attack("A06", "query alone twice", request("GET", PAY + "?limit=1&limit=100", TOKEN), (422,)),
    Attack("A06", "query list", request("GET", PAY + "?limit[]=1", TOKEN), (422,)),
    Attack("A06", "query semicolon", request("GET", PAY + "?limit=1;limit=2", TOKEN), (422,)),
    *targets(),
    Attack("A08", "trailing slash", post(FORM, target=PAY + "/")),
    Attack("A08", "case", post(FORM, target="/pay/v1/Transfers")),
    Attack("A08", "trailing dot", post(FORM, target=PAY + ".")),
    Attack("A08", "trailing blank", post(FORM, target=PAY + "%20")),
    Attack("A08", "extension", post(FORM, target=PAY + ".json"), (403,)),
    Attack("A09", "trace", request("TRACE", PAY, TOKEN)),
    Attack("A09", "unknown method", request("PURGE", PAY, TOKEN), (403,)),
    Attack("A09", "lower case", request("post", PAY, TOKEN, FORM, body=GOOD)),
    Attack("A09", "body on get", request("GET", PAY, TOKEN, FORM, body=EVIL), (415,)),
    Attack("A09", "delete", request("DELETE", PAY + "/tr_1", TOKEN), (403,)),
    *headers(
        "A10",
        ("underscore", "Content_Type: application/json"),
        ("underscored length", "Content_Length: 0"),
        ("underscored token", "X_Forwarded_For: 10.0.0.1"),
        ("blank before colon", "Content-Type : application/json"),
        ("blank in name", "Content Type: application/json"),
        ("tab in name", "Content-Type\t: application/json"),
        ("nul in name", b"X\x00A: b"),
        ("nul in value", b"X-A: a\x00b"),
        ("bare cr", b"X-A: a\rX-B: c"),
        ("bare lf", b"X-A: a\nX-B: c"),
        ("folded", "X-A: a\r\n b"),
        ("empty name", ": a"),
        ("type again", "content-type: application/json"),
        ("host again", "host: pay.example.test"),
        ("idempotency key twice", "Idempotency-Key: 1\r\nIdempotency-Key: 2"),
    ),
    *headers("A10", ("token twice", TOKEN), ("two own tokens", "Vendorgate-Token: eyJhbGciOiJub25lIn0.e30."), status=401),
    Attack("A11", "mutation", post(JSON, target="/pay/graphql", body=b'{"query":"mutation{pay}"}'), (415,)),
    Attack("A11", "batch", post(JSON, target="/pay/graphql", body=b'[{"query":"{a}"},{"query":"mutation{pay}"}]'), (415,)),
    Attack("A11", "persisted", post(JSON, target="/pay/graphql", body=b'{"extensions":{"persistedQuery":{"sha256Hash":"0"}}}'), (415,)),
    Attack("A11", "as graphql", post("Content-Type: application/graphql", target="/pay/graphql", body=b"mutation{pay}"), (415,)),
    Attack("A11", "over get", request("GET", "/pay/graphql?query=mutation%7Bpay%7D", TOKEN), (403,)),
    *framing(),
    Attack("A12", "hidden in a body that is none", request("GET", PAY, TOKEN, "Content-Length: 0, 5") + post(FORM)),
    Attack("A13", "connect", request("CONNECT", "pay.example.test:443", TOKEN)),
    Attack("A13", "connect to itself", request("CONNECT", "127.0.0.1:8080", TOKEN)),
    *headers(
        "A13",
        ("websocket", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x"),
        ("h2c", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk"),
        ("tls", "Connection: Upgrade\r\nUpgrade: TLS/1.2"),
        ("without connection", "Upgrade: websocket"),
    ),
    Attack("A13", "h2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Attack("A21", "absolute target", post(FORM, target="http://evil.example.test/v1/transfers")),
    Attack("A21", "absolute target of the vendor", post(FORM, target="https://pay.example.test/v1/transfers")),
    Attack("A21", "user in the target", post(FORM, target="//evil@pay/v1/transfers")),
    Attack("A21", "two hosts", post(FORM, "Host: evil.example.test")),
    Attack("A21", "another vendor", post(FORM, target="/evil.example.test/v1/transfers"), (400, 403)),
    *headers(
        "A22",
        ("type", "Connection: content-type"),
        ("length", "Connection: close, Content-Length"),
        ("host", "Connection: keep-alive,host"),
        ("idempotency", "Connection: idempotency-key"),
        ("in the second field", "Connection: keep-alive\r\nConnection: content-type"),
    ),
    Attack("A39", "gzip bomb", post(JSON, "Content-Encoding: gzip", target=ORDERS, body=gzip.compress(b"0" * 2**24)), (415,)),
    Attack("A39", "body over the limit", post(FORM, body=b"description=" + b"x" * 2**18), (413,)),
    Attack("A39", "fields", post(FORM, body=b"&".join([b"a%d=" % n for n in range(20_000)])), (422,)),
    Attack("A39", "brackets", post(FORM, body=GOOD + b"&a" + b"[b]" * 160 + b"=1"), (422,)),
    Attack("A39", "long name", post(FORM, body=GOOD + b"&[" + b"a" * 10_000 + b"=1"), (422,)),
    Attack("A39", "digits in a form", post(FORM, body=b"currency=usd&amount=" + b"9" * 200_000), (422,)),
    *orders(
        ("depth", b'{"note":' * 10_000 + b"1" + b"}" * 10_000),
        ("depth of lists", b'{"amount":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        ("unclosed", b"[" * 200_000),
        ("keys", b"{" + b",".join([b'"%d":1' % n for n in range(20_000)]) + b"}"),
        ("digits", b'{"currency":"usd","amount":' + b"9" * 200_000 + b"}"),
        ("decimals", b'{"currency":"usd","amount":1.' + b"0" * 200_000 + b"}"),
        ("exponent", b'{"currency":"usd","amount":1e999999999}'),
        ("quotes", b'"' * 200_000),
        ("backslashes", b'{"note":"' + b"\\" * 200_001),
        ("duplicates", b'{"amount":1,"currency":"usd","amount":9000000}'),
        ("escaped duplicates", b'{"amount":1,"currency":"usd","am\\u006funt":9000000}'),
    ),
]  # fmt: skip

DISARMED = [
    Disarmed("A03", "control", post(FORM)),
    Disarmed("A03", "charset named", post(FORM + "; charset=UTF-8")),
    Disarmed("A06", "control", post(FORM, body=GOOD + b"&tags[]=a&tags[]=b"), body=GOOD + b"&tags[]=a&tags[]=b"),
    Disarmed("A06", "one escaped name", post(FORM, body=b"%61mount=100&currency=usd"), body=b"amount=100&currency=usd"),
    Disarmed("A06", "read over query", request("GET", PAY + "?limit=3", TOKEN), (), "GET", "/v1/transfers?limit=3", b""),
    Disarmed("A08", "control", post(FORM, target="/pay/v1/transfers")),
    Disarmed("A08", "encoded letters are routed and sent decoded", post(FORM, target="/pay/v1/%74ransfers")),
    Disarmed("A09", "override field", post(FORM, "X-HTTP-Method-Override: DELETE"), (b"override", b"DELETE")),
    Disarmed("A09", "other override fields", post(FORM, "X-Method-Override: PUT", "X-HTTP-Method: PUT"), (b"override", b"PUT")),
    Disarmed("A09", "another path", post(FORM, "X-Original-URL: /v1/payouts", "X-Rewrite-URL: /v1/payouts"), (b"payouts",)),
    Disarmed("A10", "control: repeats of harmless fields all arrive", post(FORM, "X-A: 1", "X-A: 2")),
    Disarmed("A12", "length", post(FORM)),
    Disarmed(
        "A12", "chunks are framed anew",
        request("POST", PAY, TOKEN, FORM, "Transfer-Encoding: chunked") + b"2a\r\n" + GOOD + b"\r\n0\r\n\r\n",
        (b"ransfer-", b"chunked"),
    ),
    Disarmed(
        "A12", "one-byte chunks",
        request("POST", PAY, TOKEN, FORM, "Transfer-Encoding: chunked")
        + b"".join([b"1\r\n%c\r\n" % byte for byte in GOOD]) + b"0\r\n\r\n",
    ),
    Disarmed("A12", "a pipelined call is not read", post(FORM) + post(FORM, body=SMUGGLED), (b"smuggled",)),
    Disarmed("A12", "nor are bytes behind a get", request("GET", PAY, TOKEN) + SMUGGLED, (b"smuggled",), "GET", body=b""),
    Disarmed("A12", "hop-by-hop framing fields", post(FORM, "TE: trailers", "Trailer: X-A", "Keep-Alive: 5"), (b"railer", b"eep-")),
    Disarmed("A13", "control: connection options", post(FORM, "Connection: keep-alive")),
    Disarmed("A21", "another host", post(FORM).replace(b"Host: gate", b"Host: evil.example.test"), (b"evil",)),
    Disarmed("A21", "forwarding fields", post(FORM, "X-Forwarded-Host: evil", "X-Forwarded-For: evil", "Forwarded: host=evil", "X-Host: evil", "X-Forwarded-Proto: evil"), (b"evil", b"orwarded")),
    Disarmed("A21", "addresses of the caller", post(FORM, "X-Real-IP: 1.2.3.4", "True-Client-IP: 1.2.3.4", "CF-Connecting-IP: 1.2.3.4", "Via: 1.1 x"), (b"1.2.3.4", b"Via", b"via")),
    Disarmed("A21", "address in the body", post(FORM, body=GOOD + b"&base_url=http://evil"), body=GOOD + b"&base_url=http://evil"),
    Disarmed("A22", "authorization", post(FORM, "Connection: authorization")),
    Disarmed("A22", "a field of the caller", post(FORM, "Connection: X-Drop", "X-Drop: dropped"), (b"dropped",)),
    Disarmed("A22", "in odd case and twice", post(FORM, "CONNECTION: close", "connection: x-drop", "X-DROP: dropped"), (b"dropped",)),
    Disarmed("A22", "the caller's cookies", post(FORM, "Cookie: session=of-another-site"), (b"of-another-site",)),
    Disarmed("A39", "control", post(JSON, target=ORDERS, body=b'{"amount":100,"currency":"usd"}'), target="/v1/orders", body=b'{"amount":100,"currency":"usd"}'),
]  # fmt: skip


class Outcome(NamedTuple):
    """What came back, what the vendor got, what the record says."""

    talk: Conversation
    sent: list[FakeRequest]
    row: dict[str, Any]


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(vendor: FakeVendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    folder: Path = tmp_path_factory.mktemp("gateway")
    (folder / "pay.yaml").write_text(CATALOG)
    with RunningGateway(CONFIG.replace("VENDOR", vendor.url), folder, environ={"PAY_KEY": SECRET}) as running:
        yield running


@pytest.fixture(scope="module")
def token(gateway: RunningGateway) -> str:
    return gateway.token("wire-job", "wire")


def signed(data: bytes, token: str) -> bytes:
    return data.replace(b"\r\n@\r\n", b"\r\nAuthorization: Bearer " + token.encode() + b"\r\n")


@pytest.fixture(scope="module")
def outcomes(gateway: RunningGateway, vendor: FakeVendor, token: str) -> dict[tuple[str, str], Outcome]:
    """Everything is sent, one after the other on connections of their own; the record is read once."""
    found = {}
    rows_sent: list[Attack | Disarmed] = [*ATTACKS, *DISARMED]
    for row in rows_sent:
        before = len(vendor.requests)
        # "@" twice in a row shares its line end: the second pass takes what the first one could not.
        conversation = talk(gateway, signed(signed(row.data, token), token))
        found[row.family, row.name] = (conversation, before)
    ends = [*[before for _, before in found.values()][1:], len(vendor.requests)]
    rows = {row["id"]: row for row in gateway.calls("--limit", "100000")}
    return {
        key: Outcome(conversation, vendor.requests[before:end], rows[conversation.answers[-1].call_id])
        for (key, (conversation, before)), end in zip(found.items(), ends, strict=True)
    }


def _id(row: Attack | Disarmed) -> str:
    return f"{row.family} {row.name}"


def test_every_family_has_a_control() -> None:
    assert len({_id(row) for row in ATTACKS} | {_id(row) for row in DISARMED}) == len(ATTACKS) + len(DISARMED)
    assert {row.family for row in ATTACKS} - {row.family for row in DISARMED} == {"A11"}, "no reader for GraphQL yet"


@pytest.mark.parametrize("attack", ATTACKS, ids=_id)
def test_it_is_refused_and_nothing_of_it_is_sent(outcomes: dict[tuple[str, str], Outcome], attack: Attack) -> None:
    outcome = outcomes[attack.family, attack.name]
    answer = outcome.talk.only
    assert answer.status in attack.statuses, answer.body
    assert outcome.sent == []
    assert outcome.row["state"] == "refused"
    assert outcome.row["reason"] == answer.json()["reason"]
    assert outcome.row["vendor_status"] is None
    if answer.status in (400, 413):
        assert outcome.talk.closed, "nobody knows where the next request begins"


@pytest.mark.parametrize("row", DISARMED, ids=_id)
def test_what_is_sent_is_what_was_judged(
    outcomes: dict[tuple[str, str], Outcome], vendor: FakeVendor, token: str, row: Disarmed
) -> None:
    outcome = outcomes[row.family, row.name]
    assert outcome.talk.only.status == 200, outcome.talk.only.body
    (sent,) = outcome.sent
    assert (sent.method, sent.target, sent.body) == (row.method, row.target, row.body)
    assert sent.headers["host"] == f"127.0.0.1:{vendor.port}"
    assert sent.headers["authorization"] == f"Bearer {SECRET}"
    if row.body:
        assert sent.headers["content-length"] == str(len(row.body))
    for value in (*row.absent, token.encode(), b"gate\r\n"):
        assert value not in sent.raw, value
    assert (outcome.row["state"], outcome.row["path"]) == ("closed", row.target.partition("?")[0])


def test_no_byte_of_an_attack_is_in_the_vendors_log(
    outcomes: dict[tuple[str, str], Outcome], vendor: FakeVendor
) -> None:
    for word in (b"smuggled", b"acct_evil", b"9000000", b"mutation"):
        assert word not in vendor.wire
    assert vendor.wire.count(b"acct_1") > 10, "the control: the log was kept"
    assert len(vendor.requests) == len(DISARMED)
    assert len(outcomes) == len(ATTACKS) + len(DISARMED)


def test_repeated_harmless_fields_keep_every_value(outcomes: dict[tuple[str, str], Outcome]) -> None:
    (sent,) = outcomes["A10", "control: repeats of harmless fields all arrive"].sent
    assert sent.headers["x-a"] == "1, 2"


TWINS = ["/v1/Transfers", "/V1/transfers", "/v1/transfers/", "/v1/transfers.", "/v1/transfers%20", "/v1/transfer%53"]
UNLISTED = ["/v1/transferz", "/v1/transfers/a/b/c", "/v1/a%2Cb", "/v1/x:y@z", "/v2/%C3%A4", "/v1/a%20b"]


def test_route_rule_and_wire_use_one_string(gateway: RunningGateway, vendor: FakeVendor) -> None:
    """A08: who may call what no catalogue lists is sent to exactly the path that was judged and recorded.

    What a server may take for a listed path is no way around that path's rules, not even for this caller.
    """
    explorer = gateway.token("explorer", "unlisted")
    before = len(vendor.requests)
    for path in TWINS:
        answer = talk(gateway, signed(post(FORM, target="/pay" + path, body=EVIL), explorer)).only
        assert answer.status == 400, (path, answer.body)
    assert len(vendor.requests) == before
    ids = {}
    for path in UNLISTED:
        answer = talk(gateway, signed(post(FORM, target="/pay" + path), explorer)).only
        assert answer.status == 200, (path, answer.body)
        ids[answer.call_id] = path
    assert [sent.target for sent in vendor.requests[before:]] == UNLISTED
    rows = {row["id"]: row for row in gateway.calls("--limit", "50") if row["id"] in ids}
    assert {(row["function"], row["path"]) for row in rows.values()} == {("unlisted", path) for path in UNLISTED}


# --- A38: slow and many


def trickle(data: bytes) -> Iterator[bytes]:
    """One byte at a time, too slowly to end in time."""
    for index in range(len(data)):
        yield data[index : index + 1]
        time.sleep(0.1)


def test_a_head_that_trickles_is_cut_off(gateway: RunningGateway, vendor: FakeVendor, token: str) -> None:
    before = len(vendor.requests)
    conversation = talk(gateway, trickle(signed(post(FORM), token)[:60]))
    assert (conversation.only.status, conversation.closed) == (400, True)
    assert "in time" in conversation.only.json()["detail"]
    assert len(vendor.requests) == before


def test_a_body_that_trickles_is_cut_off(gateway: RunningGateway, vendor: FakeVendor, token: str) -> None:
    before = len(vendor.requests)
    head, body = signed(post(FORM), token).split(b"\r\n\r\n")

    def pieces() -> Iterator[bytes]:
        yield head + b"\r\n\r\n"
        yield from trickle(body)

    conversation = talk(gateway, pieces())
    assert (conversation.only.status, conversation.closed) == (400, True)
    assert len(vendor.requests) == before


def test_small_pieces_in_time_are_a_request(gateway: RunningGateway, vendor: FakeVendor, token: str) -> None:
    """The control: it is the time that counts, not the pieces."""
    data = signed(post(FORM), token)
    assert talk(gateway, (data[i : i + 1] for i in range(len(data)))).only.status == 200
    assert vendor.requests[-1].body == GOOD


def test_silence_is_closed_before_and_after_a_call(gateway: RunningGateway, token: str) -> None:
    assert talk(gateway, b"") == Conversation([], True)
    conversation = talk(gateway, signed(post(FORM), token), until_close=True)
    assert (conversation.only.status, conversation.closed) == (200, True)


def test_one_peers_connections_are_capped_and_come_back(gateway: RunningGateway, token: str) -> None:
    address = ("127.0.0.1", gateway.gateway_port)
    held = [socket.create_connection(address, timeout=10) for _ in range(40)]
    try:
        over = talk(gateway, b"").only
        assert (over.status, over.json()["reason"], over.json()["retryable"]) == (503, "overloaded", True)
    finally:
        for connection in held:
            connection.close()
    for _ in range(100):
        answer = talk(gateway, signed(post(FORM), token)).only
        if answer.status == 200:
            break
        time.sleep(0.02)
    assert answer.status == 200


def test_afterwards_the_gateway_is_as_it_was(gateway: RunningGateway, token: str) -> None:
    assert talk(gateway, signed(post(FORM), token)).only.status == 200
    assert gateway.cli("audit", "verify").returncode == 0
    log = gateway.log.read_text()
    for word in ("Traceback", "started again", "connection failed", token, SECRET):
        assert word not in log

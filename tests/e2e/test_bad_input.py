"""Everything a caller can send wrong has an answer: a status, a reason, a sentence that says what to do, and a row.

Never a dropped connection without an answer, never a traceback in the log, never a word of it at the vendor.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from vendorgate.testing.fake_issuer import FakeIssuer
from vendorgate.testing.fake_vendor import FakeVendor
from vendorgate.testing.running_gateway import RunningGateway

from .conftest import CONFIG, SECRET
from .raw_http import Conversation, RawAnswer, request, talk

FORM = "Content-Type: application/x-www-form-urlencoded"
JSON = "Content-Type: application/json"
GOOD = b"amount=100&currency=usd&destination=acct_1"
CHAT = "/openai/chat/completions"
LIMITS = "limits: {body: 64KiB, header: 8KiB, headers: 20, json_depth: 8, header_timeout: 1s, body_timeout: 1s}\n"


class Case(NamedTuple):
    """What is sent, and what must come back."""

    name: str
    data: bytes
    status: int
    reason: str
    says: str
    """Words of the ``detail`` that point at the problem."""


def form(name: str, body: bytes, status: int, reason: str, says: str) -> Case:
    return Case(name, request("POST", "/stripe/v1/transfers", "@", FORM, body=body), status, reason, says)


def chat(name: str, body: bytes, status: int, reason: str, says: str, *fields: str) -> Case:
    return Case(name, request("POST", CHAT, "@", *(fields or (JSON,)), body=body), status, reason, says)


def head(name: str, lines: bytes, status: int, reason: str, says: str) -> Case:
    return Case(name, lines.replace(b"\n", b"\r\n") + b"\r\n\r\n", status, reason, says)


def get(name: str, target: bytes, status: int, reason: str, says: str) -> Case:
    return Case(name, request("GET", target, "@"), status, reason, says)


def bearer(name: str, value: str, says: str) -> Case:
    return Case(name, request("GET", "/stripe/v1/balance", f"Authorization: {value}"), 401, "unauthenticated", says)


UNSIGNED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."
CASES = [
    # framing
    head("no http", b"hello", 400, "bad_request", "request line"),
    head("tls on the plain port", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "bad_request", "request line"),
    head("http/2 preface", b"PRI * HTTP/2.0", 400, "bad_request", "request line"),
    head("no host", b"GET /stripe/v1/balance HTTP/1.1", 400, "bad_request", "Host"),
    head("two hosts", b"GET /stripe/v1/balance HTTP/1.1\nHost: a\nHost: b", 400, "bad_request", "Host"),
    head("folded line", b"GET / HTTP/1.1\nHost: a\n b", 400, "bad_request", "folded"),
    head("lower-case method", b"get /stripe/v1/balance HTTP/1.1\nHost: a", 400, "bad_request", "request line"),
    head("control in a field", b"GET / HTTP/1.1\nHost: a\nX-A: \x07", 400, "bad_request", "control"),
    head("trace", b"TRACE /stripe/v1/balance HTTP/1.1\nHost: a", 400, "bad_request", "TRACE"),
    head("connect", b"CONNECT api.stripe.com:443 HTTP/1.1\nHost: api.stripe.com:443", 400, "bad_request", "CONNECT"),
    head("upgrade", b"GET /stripe/v1/balance HTTP/1.1\nHost: a\nUpgrade: websocket", 400, "bad_request", "Upgrade"),
    head("odd expectation", b"POST /a HTTP/1.1\nHost: a\nExpect: cake", 400, "bad_request", "Expect"),
    head("two lengths", b"POST /a HTTP/1.1\nHost: a\nContent-Length: 1\nContent-Length: 1", 400, "bad_request", "Content-Length"),
    head("length in words", b"POST /a HTTP/1.1\nHost: a\nContent-Length: many", 400, "bad_request", "Content-Length"),
    head("length and chunks", b"POST /a HTTP/1.1\nHost: a\nContent-Length: 1\nTransfer-Encoding: chunked", 400, "bad_request", "together"),
    head("gzip coding", b"POST /a HTTP/1.1\nHost: a\nTransfer-Encoding: gzip", 400, "bad_request", "chunked"),
    head("chunk size", b"POST /a HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\nzz", 400, "bad_request", "chunk"),
    # limits
    head("too many fields", b"GET /a HTTP/1.1\nHost: a" + b"\nX: y" * 20, 400, "bad_request", "20 field lines"),
    head("head too large", b"GET /a HTTP/1.1\nHost: a\nX: " + b"y" * 9000, 400, "bad_request", "8192 bytes"),
    head("target too long", b"GET /" + b"a" * 9000 + b" HTTP/1.1\nHost: a", 400, "bad_request", "8192 bytes"),
    head("body too large", b"POST /a HTTP/1.1\nHost: a\nContent-Length: 70000", 413, "too_large", "65536 bytes"),
    head("chunks too large", b"POST /a HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\nFFFFF", 413, "too_large", "65536 bytes"),
    Case("head that stops", b"GET /stripe/v1/bal", 400, "bad_request", "in time"),
    Case("body that stops", request("POST", "/stripe/v1/transfers", "@", FORM, "Content-Length: 50"), 400, "bad_request", "in time"),
    # target
    get("no vendor", b"/", 400, "bad_request", "names no vendor"),
    get("absolute target", b"http://api.stripe.com/v1/balance", 400, "bad_request", "must be a path"),
    get("dots", b"/stripe/v1/../v1/balance", 400, "bad_request", "dot segments"),
    get("doubled slash", b"/stripe//v1/balance", 400, "bad_request", "empty segment"),
    get("encoded slash", b"/stripe/v1%2Fbalance", 400, "bad_request", "encoded"),
    get("semicolon", b"/stripe/v1/balance;a=1", 400, "bad_request", "semicolon"),
    get("unknown vendor", b"/nowhere/v1/x", 403, "unknown_vendor", "base URL"),
    get("unlisted function", b"/stripe/v1/brand/new", 403, "no_rule", ""),
    get("query twice", b"/stripe/v1/customers?limit=1&limit=2", 422, "ambiguous_body", "query $.limit"),
    get("query escape", b"/stripe/v1/customers?a=%zz", 422, "unreadable_body", "%25"),
    get("query type", b"/stripe/v1/customers?limit=all", 422, "unreadable_body", "whole number"),
    # caller
    Case("no token", request("GET", "/stripe/v1/balance"), 401, "unauthenticated", "no token"),
    bearer("vendor key", "Bearer sk_live_contractor", "static vendor keys"),
    bearer("three words", "Bearer a.b.c", "token"),
    bearer("unsigned token", f"Bearer {UNSIGNED}", ""),
    bearer("broken base64", "Basic ???", "base64"),
    bearer("stranger's token", "Bearer " + FakeIssuer("https://stranger.test").mint(), ""),
    Case("two tokens", request("GET", "/stripe/v1/balance", "@", f"Vendorgate-Token: {UNSIGNED}"), 401, "unauthenticated", "two different"),
    # fields
    Case("underscore", request("GET", "/stripe/v1/balance", "@", "X_Method: DELETE"), 400, "bad_request", "underscore"),
    Case("two types", request("POST", "/stripe/v1/transfers", "@", FORM, JSON, body=GOOD), 400, "bad_request", "content-type"),
    Case("key twice", request("POST", "/stripe/v1/transfers", "@", FORM, *["Idempotency-Key: 1"] * 2, body=GOOD), 400, "bad_request", "idempotency-key"),
    Case("connection names", request("GET", "/stripe/v1/balance", "@", "Connection: host"), 400, "bad_request", "Connection"),
    # body
    Case("no type", request("POST", "/stripe/v1/transfers", "@", body=GOOD), 415, "unreadable_body", "Content-Type"),
    Case("odd type", request("POST", "/stripe/v1/transfers", "@", "Content-Type: form", body=GOOD), 415, "unreadable_body", "Content-Type"),
    Case("other type", request("POST", "/stripe/v1/transfers", "@", JSON, body=b"{}"), 415, "unreadable_body", "form-urlencoded"),
    Case("charset", request("POST", "/stripe/v1/transfers", "@", FORM + "; charset=utf-7", body=GOOD), 415, "unreadable_body", "UTF-8"),
    Case("gzip", request("POST", "/stripe/v1/transfers", "@", FORM, "Content-Encoding: gzip", body=b"\x1f\x8b"), 415, "unreadable_body", "Content-Encoding"),
    form("amount twice", GOOD + b"&amount=1", 422, "ambiguous_body", "$.amount"),
    form("amount as words", b"amount=ten&currency=usd", 422, "unreadable_body", "$.amount"),
    form("amount as list", b"amount[]=1&currency=usd", 422, "unreadable_body", "$.amount"),
    form("other spelling", b"Amount=1&currency=usd", 422, "ambiguous_body", "amount"),
    form("semicolon in form", b"amount=1;currency=usd", 422, "unreadable_body", "%3B"),
    form("not utf-8", b"amount=1&currency=\xff", 422, "unreadable_body", "UTF-8"),
    form("control in form", b"amount=1&currency=us%00d", 422, "unreadable_body", "control"),
    form("no name", b"=1&currency=usd", 422, "unreadable_body", "no name"),
    form("binary", bytes(range(256)), 422, "unreadable_body", ""),
    chat("no json", b"{", 422, "unreadable_body", "not JSON"),
    chat("text behind json", b"{} {}", 422, "unreadable_body", "follows"),
    chat("byte order mark", b"\xef\xbb\xbf{}", 422, "unreadable_body", "byte order mark"),
    chat("utf-16", '{"model":"x"}'.encode("utf-16"), 422, "unreadable_body", "UTF-8"),
    chat("json list", b"[]", 422, "unreadable_body", "object"),
    chat("json too deep", b'{"a":' + b"[" * 20 + b"]" * 20 + b"}", 422, "unreadable_body", "8 levels"),
    chat("duplicate keys", b'{"model":"a","model":"b"}', 422, "ambiguous_body", "$.model"),
    chat("not a number", b'{"temperature":NaN}', 422, "unreadable_body", "NaN"),
    chat("number too large", b'{"n":1e400}', 422, "unreadable_body", "range"),
    chat("lone surrogate", b'{"model":"\\ud800"}', 422, "unreadable_body", "surrogate"),
    chat("form for json", b"model=x", 415, "unreadable_body", "application/json", FORM),
    # policy and set-up
    form("no rule", b"amount=100&currency=eur", 403, "no_rule", ""),
    form("denied", b"amount=9000000&currency=usd", 403, "denied", "treasury portal"),
    get("no credential", b"/nokey/user", 503, "credential_unavailable", ""),
]  # fmt: skip


class Outcome(NamedTuple):
    """What a case led to."""

    talk: Conversation
    sent: list[Any]
    row: dict[str, Any] | None


@pytest.fixture(scope="module")
def gateway(vendor: FakeVendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    config = CONFIG.replace("VENDOR", vendor.url) + LIMITS
    running = RunningGateway(config, tmp_path_factory.mktemp("gateway"), environ={"OPENAI_KEY": "sk-proj-bad-input"})
    running.cli("credentials", "set", "stripe-live", stdin=SECRET.encode())
    with running:
        yield running


@pytest.fixture(scope="module")
def token(gateway: RunningGateway) -> str:
    return gateway.token("careless-job", "payroll", "ops")


@pytest.fixture(scope="module")
def outcomes(gateway: RunningGateway, vendor: FakeVendor, token: str) -> dict[str, Outcome]:
    """All cases, sent one after the other; the record is read once."""
    found: dict[str, tuple[Conversation, list[Any]]] = {}
    for case in CASES:
        before = len(vendor.requests)
        conversation = talk(gateway, _signed(case.data, token))
        found[case.name] = (conversation, vendor.requests[before:])
    rows = {row["id"]: row for row in gateway.calls("--limit", "10000")}
    return {
        name: Outcome(conversation, sent, rows.get(conversation.answers[-1].call_id if conversation.answers else ""))
        for name, (conversation, sent) in found.items()
    }


def _signed(data: bytes, token: str) -> bytes:
    return data.replace(b"\r\n@\r\n", b"\r\nAuthorization: Bearer " + token.encode() + b"\r\n")


def test_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_it_is_answered_recorded_and_not_sent(outcomes: dict[str, Outcome], case: Case) -> None:
    outcome = outcomes[case.name]
    answer = outcome.talk.only
    problem = _problem(answer)
    assert (problem["status"], problem["reason"]) == (case.status, case.reason), problem
    assert case.says in problem["detail"], problem["detail"]
    assert outcome.sent == []
    assert outcome.row is not None, "no row in the record"
    effect = "allow" if case.reason == "credential_unavailable" else "deny"
    assert (outcome.row["state"], outcome.row["reason"], outcome.row["effect"]) == ("refused", case.reason, effect)
    assert outcome.row["vendor_status"] is None
    assert outcome.talk.closed == (answer.headers.get("connection") == "close")
    if case.reason in ("bad_request", "too_large"):
        assert outcome.talk.closed, "nobody knows where the next request begins"


def _problem(answer: RawAnswer) -> dict[str, Any]:
    """The problem document, checked for what every refusal has in common."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status
    assert problem["type"] == f"urn:vendorgate:problem:{problem['reason']}"
    assert problem["instance"] == f"urn:vendorgate:call:{answer.call_id}"
    assert problem["title"]
    assert problem["detail"].endswith(".") or "Run: vendorgate " in problem["detail"], problem["detail"]
    assert len(problem["detail"]) > 15
    assert answer.headers["proxy-status"].startswith("vendorgate; error=")
    assert (answer.headers.get("x-should-retry") == "false") == (not problem["retryable"])
    assert ("www-authenticate" in answer.headers) == (answer.status == 401)
    return problem


def test_the_details_repeat_nothing_of_the_request(outcomes: dict[str, Outcome], token: str) -> None:
    text = b"".join(outcome.talk.answers[-1].body for outcome in outcomes.values())
    for value in (token, "sk_live_contractor", "api.stripe.com", "nowhere", "cake", "acct_1", "stranger.test"):
        assert value.encode() not in text, value


def test_the_log_has_no_traceback_and_no_worker_died(
    gateway: RunningGateway, outcomes: dict[str, Outcome], token: str
) -> None:
    log = gateway.log.read_text()
    assert "serving" in log, "the control: this is the log"
    for word in ("Traceback", "started again", "connection failed", "Error(", token):
        assert word not in log
    assert len(outcomes) == len(CASES)


def test_the_same_caller_is_served_afterwards(
    gateway: RunningGateway, vendor: FakeVendor, token: str, outcomes: dict[str, Outcome]
) -> None:
    """The control: it was the input that was refused, not the caller, nor everything."""
    before = len(vendor.requests)
    call = _signed(request("POST", "/stripe/v1/transfers", "@", FORM, body=GOOD), token)
    chat_call = _signed(request("POST", CHAT, "@", JSON, body=b'{"model":"x","messages":[]}'), token)
    for data in (call, chat_call, _signed(request("GET", "/stripe/v1/balance", "@"), token)):
        assert talk(gateway, data).only.status == 200
    assert [sent.target for sent in vendor.requests[before:]] == [
        "/v1/transfers",
        "/v1/chat/completions",
        "/v1/balance",
    ]
    assert gateway.cli("audit", "verify").returncode == 0
    assert len(outcomes) == len(CASES)

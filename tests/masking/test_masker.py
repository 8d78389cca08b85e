"""Bodies by format, parameters, field rules, the end of long bodies, and bounded work."""

import base64
import json
from decimal import Decimal

import orjson
import pytest

from vendorgate.masking import ALL_DETECTORS, Masker, MaskingRefused, MaskSpec
from vendorgate.model import Function

JSON = b"application/json"
PAN = "4242424242424242"


def stored(out) -> object:
    return orjson.loads(orjson.dumps(out.body))


def answering(*fields: tuple[str, str], detect: tuple[str, ...] = ALL_DETECTORS) -> Masker:
    return Masker(key=b"k", record=MaskSpec(), response=MaskSpec(detect, fields), capture=1000)


# -- parameters and field rules


def test_clean_parameters_come_back_as_they_are(masker, function):
    params = {"amount": 12000, "rate": Decimal("1.10"), "nested": {"list": [1, None, True]}}
    assert masker.mask_params(function, params) == (params, {})


def test_field_rules_and_sensitive_paths(masker, function):
    params = {
        "a": {"b": [{"client_secret": "one"}]},
        "client_secret": "two",
        "shipping": {"name": "Ada", "lines": ["x", 5, Decimal("1.5"), None, False]},
        "statement_descriptor": "Rent",
        "other": "Rent",
    }
    out = masker.mask_params(function, params)
    assert out.counts == {"field": 8}
    text = json.dumps(out.value)
    assert not any(word in text for word in ("one", "two", "Ada", "1.5"))
    assert out.value["other"] == "Rent"
    assert out.value["shipping"]["lines"][3] is None
    other = masker.mask_params(Function("twilio", "x", "read", "form"), params)
    assert "Ada" in json.dumps(other.value, default=str)
    assert other.counts == {"secret": 2}  # by name, not by rule


@pytest.mark.parametrize(
    ("path", "masked"),
    [("a.b", {"ab"}), ("a.*", {"ab", "ac"}), ("**.d", {"d", "ld"}), ("**", {"ab", "ac", "d", "ld"}), ("l.d", {"ld"}),
     ("l.*.d", {"ld"}), ("l.0.d", {"ld"}), ("l.1.d", set()), ("a.b*", {"ab"}), ("*.d", {"ld"}), ("a", {"ab", "ac"}), ("a.**", {"ab", "ac"})],
)  # fmt: skip
def test_path_globs(path, masked):
    masker = Masker(key=b"k", record=MaskSpec((), (("v.*", path),)), response=MaskSpec(), capture=1000)
    params = {"a": {"b": "ab", "c": "ac"}, "d": "d", "l": [{"d": "ld"}]}
    text = json.dumps(masker.mask_params(Function("v", "f", "read", "json"), params).value)
    assert {word for word in ("ab", "ac", "d", "ld") if f'"{word}"' not in text.replace('"d": ', "")} == masked


# -- answers for the record


def test_clean_json_is_embedded_on_one_line_with_its_numbers(masker, function):
    body = b'{\n\t"amount": 1.10,\r\n\t"big": 123456789012345678901234567890, "t": 1e2\n}'
    out = masker.mask_body(function, JSON, body)
    assert out.counts == {}
    line = orjson.dumps({"body": out.body})
    assert b"\n" not in line
    assert b"1.10" in line
    assert b"123456789012345678901234567890" in line


def test_masked_json_keeps_other_numbers(masker, function):
    out = masker.mask_body(function, JSON, b'{"e": "joe@example.com", "a": 1.10, "b": 123456789012345678901234567890}')
    line = orjson.dumps(out.body)
    assert b'"a":1.10,"b":123456789012345678901234567890' in line


def test_escaped_names_do_not_get_round_a_rule(masker, function):
    assert masker.mask_body(function, JSON, b'{"client\\u005fsecret": "abc"}').counts == {"field": 1}
    assert masker.mask_body(function, JSON, b'{"pass\\u0077ord": "abc"}').counts == {"secret": 1}


def test_json_in_a_secret_field_is_masked_whole(masker, function):
    out = masker.mask_params(function, {"credentials": '{"user": "joe@example.com", "pin": "abc"}'})
    assert out.counts == {"secret": 1}
    assert "abc" not in str(out.value)


def test_a_finding_that_reaches_into_base64_covers_it(masker, function):
    text = "joe@example.com" + base64.b64encode(b" other words here").decode()
    stored_text, _ = masker.mask_text(f"{text} password=QmFzZSA2NDogNDI0MjQyNDI0MjQyNDI0MiBhbmQg|x")
    assert "QmFz" not in stored_text
    assert "joe@" not in stored_text


FORMATS = [
    (b"application/x-www-form-urlencoded", b"a=1&card=%34242+4242+4242+4242&email=joe%40example.com&password=hunter2", 3),
    (b"application/x-www-form-urlencoded", b"shipping[name]=Ada&items[0][client_secret]=x&a=b", 2),
    (b"text/event-stream", b'event: a\ndata: {"x": "4242424242424242"}\n\ndata: joe@example.com\n\n', 2),
    (b"text/event-stream", b'data: 4242 4242\ndata: 4242 4242\n\n', 1),
    (b"application/x-ndjson", b'{"x": "4242424242424242"}\n{"client_secret": "x"}\n', 2),
    (b"text/plain", b"card 4242 4242 4242 4242", 1),
    (b"application/xml", b"<card>4242424242424242</card><email>joe&#64;example.com</email>", 2),
    (b"text/plain; charset=utf-16", "card 4242 4242 4242 4242".encode("utf-16"), 1),
    (b'multipart/form-data; boundary="b"', b'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nhunter2\r\n--b\r\n'
     b'Content-Disposition: form-data; name="client_secret"\r\n\r\nabc\r\n--b\r\nContent-Type: application/json\r\n\r\n'
     b'{"x": "4242424242424242"}\r\n--b\r\nContent-Type: image/png\r\n\r\n\x89PNG\x00\x01\r\n--b--\r\n', 3),
    (None, b'{"x": "4242424242424242"}', 1),
    (None, b"joe@example.com", 1),
    (JSON, b'{"x": "4242424242424242"', 1),
    (JSON, b"\xff{'x': '4242424242424242'}", 1),
]  # fmt: skip


@pytest.mark.parametrize(("content_type", "body", "count"), FORMATS)
def test_every_format(masker, function, content_type, body, count):
    out = masker.mask_body(function, content_type, body)
    text = json.dumps(stored(out))
    assert sum(out.counts.values()) == count
    assert not any(v in text for v in (PAN, "4242 4242", "4242+4242", "hunter2", "joe@", "Ada", "joe&#64;", "joe%40"))


@pytest.mark.parametrize(("content_type", "body", "count"), FORMATS)
def test_every_format_for_the_caller(content_type, body, count):
    masker = answering(("*", "**.client_secret"), ("*", "shipping.**"))
    out = masker.mask_answer(Function("v", "f", "read", "json"), content_type, body)
    assert out != body
    assert not any(v in out for v in (b"4242424242424242", b"hunter2", b"joe@", b"Ada"))
    if content_type == JSON and body.endswith(b"}") and body.startswith(b"{"):
        orjson.loads(out)


def test_binary_is_not_stored_and_not_touched(masker, function):
    for content_type in (b"image/png", b"application/pdf", None):
        body = b"\x89PNG\x00\x004242424242424242"
        assert masker.mask_body(function, content_type, body) == (None, {}, False)
        assert answering().mask_answer(function, content_type, body) is body


@pytest.mark.parametrize("size", [0, 1, 37, 512, 5000])
@pytest.mark.parametrize(
    ("content_type", "template"),
    [
        (JSON, b'{"pad": "%s", "x": "4242424242424242", "c": ["joe@example.com"], "password": "hunter2hunter2", "end": 1}'),
        (b"text/plain", b"%s pays 4242 4242 4242 4242 by joe@example.com with password=hunter2hunter2 and sk_live_abcdefghijklmnop"),
        (b"text/plain", b"%s QmFzZSA2NDogNDI0MjQyNDI0MjQyNDI0MiBhbmQgam9lQGV4YW1wbGUuY29tIGFuZCBwYXNzd29yZD1odW50ZXIyaHVudGVyMg== x"),
        (b"application/x-www-form-urlencoded", b"pad=%s&x=4242424242424242&email=joe%%40example.com&password=hunter2hunter2"),
        (b"text/event-stream", b'data: %s\n\ndata: {"x": "4242424242424242", "e": "joe@example.com"}\n\ndata: {"password": "hunter2hunter2"}\n\n'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("more", [1, 4096])
def test_nothing_survives_in_part_at_the_cut(function, content_type, template, size, more):
    body = template % (b"word " * (size // 5))
    words = ("424", "joe", "hunt", "sk_live_a", "NDI0MjQyNDI", "am9lQ")
    for capture in range(max(1, len(body) - 140), len(body)):
        masker = Masker(key=b"k", record=MaskSpec(ALL_DETECTORS), response=MaskSpec(), capture=capture)
        out = masker.mask_body(function, content_type, body[: capture + more])
        assert out.truncated
        text = orjson.dumps(out.body).decode().replace("[card:4242:", "")
        assert not any(word in text for word in words), (capture, text[-200:])


def test_a_cut_document_keeps_its_beginning(function):
    masker = Masker(key=b"k", record=MaskSpec(ALL_DETECTORS), response=MaskSpec(), capture=40)
    out = masker.mask_body(function, JSON, b'{"object": "list", "data": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}')
    assert stored(out) == {"object": "list", "data": [{"id": "a"}]}
    assert out.truncated


# -- answers for the caller


def test_answer_rules():
    function = Function("stripe", "x", "read", "none", sensitive=("a",))
    assert not answering(detect=()).answer_rules(function)
    assert answering().answer_rules(function)
    assert answering(("stripe.*", "a"), detect=()).answer_rules(function)
    assert not answering(("twilio.*", "a"), detect=()).answer_rules(function)


def test_a_clean_answer_is_the_same_bytes():
    body = b'{"a": 1.10,\n "b": [1, 2]}'
    assert answering().mask_answer(Function("v", "f", "read", "none"), JSON, body) is body


def test_events_are_masked_one_by_one_at_every_split(function):
    body = b'data: {"x": "4242424242424242"}\n\nevent: b\r\ndata: joe@example.com\r\n\r\ndata: plain\n\ndata: tail'
    whole = None
    for size in range(1, len(body) + 1):
        stream = answering().answer_stream(function, b"text/event-stream")
        out = b"".join(stream.feed(body[i : i + size]) for i in range(0, len(body), size)) + stream.flush()
        assert whole in (None, out)
        whole = out
    assert whole.count(b"\n\n") == 2
    assert b"4242424242424242" not in whole
    assert b"joe@" not in whole
    assert b"data: plain\n\ndata: tail" in whole


def test_an_event_flows_as_soon_as_it_ends(function):
    stream = answering().answer_stream(function, b"text/event-stream")
    assert stream.feed(b"data: one\n") == b""
    assert stream.feed(b"\nda") == b"data: one\n\n"


def test_other_streams_are_held_to_a_bound(function):
    stream = answering().answer_stream(function, JSON)
    assert stream.feed(b'{"x": "42424242') == b""
    assert stream.feed(b'42424242"}') == b""
    assert b"[card:4242:" in stream.flush()
    for content_type in (JSON, b"text/event-stream"):
        stream = answering().answer_stream(function, content_type)
        for _ in range(10):
            assert stream.feed(b"x" * 100_000) == b""
        with pytest.raises(MaskingRefused) as refused:
            stream.feed(b"x" * 100_000)
        assert refused.value.reason == "vendor_bad_response"
    picture = answering().answer_stream(function, b"image/png")
    assert picture.feed(b"x" * 2_000_000) == b"x" * 2_000_000


def test_an_unreadable_answer_is_refused(function):
    with pytest.raises(MaskingRefused):
        answering().mask_answer(function, b"application/json; charset=utf-16", b"\x00\xd8\x00")
    assert answering().mask_answer(function, b"application/json; charset=utf-8", b"{}") == b"{}"


# -- bounded work


HOSTILE = [
    b"4242 " * 100_000,
    b"1" * 500_000,
    b"%34" * 200_000,
    b"@" * 300_000,
    b"a@b." * 100_000,
    b"GB82" * 100_000,
    b"+1" * 200_000,
    b"password=" * 50_000,
    b"-----BEGIN PRIVATE KEY-----" * 20_000,
    b"[" * 300_000,
    b'{"a":' * 100_000,
    b"eyJ" * 200_000,
    b"NDI0MjQy" * 60_000,
    "\uff14".encode() * 150_000,
    b"://" * 150_000,
]


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_texts_end(function, body):
    masker = Masker(key=b"k", record=MaskSpec(ALL_DETECTORS), response=MaskSpec(), capture=1_000_000)
    for content_type in (JSON, b"text/plain"):
        masker.mask_body(function, content_type, body)
    masker.mask_params(function, {"a": body.decode()})


def test_too_much_work_withholds_the_text():
    masker = answering()
    record = Masker(key=b"k", record=MaskSpec(ALL_DETECTORS), response=MaskSpec(), capture=10_000_000)
    function = Function("v", "f", "read", "none")
    body = b"joe@example.com " * 60_000
    assert record.mask_body(function, b"text/plain", body).counts == {"withheld": 1}
    assert record.mask_params(function, {"x": body.decode()}).counts == {"withheld": 1}
    with pytest.raises(MaskingRefused):
        masker.mask_answer(function, b"text/plain", body)


def test_deep_parameters_cost_no_stack(function):
    tree: object = "joe@example.com"
    for _ in range(5000):
        tree = [tree]
    masker = Masker(key=b"k", record=MaskSpec(ALL_DETECTORS), response=MaskSpec(), capture=1000)
    assert masker.mask_params(function, {"a": tree}).counts == {"email": 1}


def test_json_in_base64_in_json_without_end(function):
    text = "joe@example.com"
    for _ in range(20):
        text = base64.b64encode(json.dumps({"x": text}).encode()).decode()
    masker = Masker(key=b"k", record=MaskSpec(ALL_DETECTORS), response=MaskSpec(), capture=1_000_000)
    masker.mask_params(function, {"a": text})

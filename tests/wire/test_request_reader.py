"""Framing by RFC 9112: what is read, however it is cut into pieces, and what is refused."""

import pytest

from vendorgate.wire.errors import FramingError
from vendorgate.wire.limits import Limits
from vendorgate.wire.request_reader import RawRequest, RequestReader

HOST = b"Host: gate\r\n"
GOOD = {
    "get": (b"GET /stripe/v1/x HTTP/1.1\r\n" + HOST + b"\r\n", b""),
    "length": (b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello", b"hello"),
    "chunked": (
        b"POST /a HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
        b"hello",
    ),
    "chunk case": (
        b"POST /a HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
        b"0123456789",
    ),
    "empty length": (b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n", b""),
    "whitespace": (b"GET /a HTTP/1.1\r\nHost:\t gate \r\nX-A:\r\n\r\n", b""),
    "http/1.0": (b"GET /a HTTP/1.0\r\n" + HOST + b"\r\n", b""),
}


def read(data: bytes, *, step: int = 0, limits: Limits | None = None) -> RawRequest | None:
    reader = RequestReader(limits or Limits())
    if not step:
        return reader.feed(data)
    result = None
    for start in range(0, len(data), step):
        result = reader.feed(data[start : start + step])
    return result


@pytest.mark.parametrize("name", GOOD)
def test_good_requests_are_read_whole_and_byte_by_byte(name: str) -> None:
    data, body = GOOD[name]
    for step in (0, 1, 2, 3, 7):
        request = read(data, step=step)
        assert request is not None, step
        assert (request.body, request.host) == (body, b"gate")


def vectors() -> list[tuple[str, bytes]]:
    p = b"POST /a HTTP/1.1\r\n"
    chunked = p + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    rows = [
        ("cl.te", p + HOST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("te.cl", p + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"),
        ("two cl", p + HOST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
        ("cl list", p + HOST + b"Content-Length: 5, 5\r\n\r\nhello"),
        ("cl plus", p + HOST + b"Content-Length: +5\r\n\r\nhello"),
        ("cl minus", p + HOST + b"Content-Length: -5\r\n\r\nhello"),
        ("cl hex", p + HOST + b"Content-Length: 0x5\r\n\r\nhello"),
        ("cl empty", p + HOST + b"Content-Length:\r\n\r\nhello"),
        ("cl space inside", p + HOST + b"Content-Length: 1 0\r\n\r\nhellohello"),
        ("cl superscript", p + HOST + "Content-Length: ²\r\n\r\nhe".encode("latin-1")),
        ("cl huge", p + HOST + b"Content-Length: " + b"9" * 20 + b"\r\n\r\n"),
        ("te twice", p + HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("te gzip", p + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        ("te identity", p + HOST + b"Transfer-Encoding: identity\r\n\r\n"),
        ("te xchunked", p + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        ("te vtab", p + HOST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"),
        ("te space before colon", p + HOST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
        ("te in 1.0", b"POST /a HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("obs-fold", p + HOST + b"X-A: b\r\n c\r\n\r\n"),
        ("obs-fold first", p + b" Host: gate\r\n\r\n"),
        ("bare lf", b"POST /a HTTP/1.1\nHost: gate\n\n"),
        ("bare lf in fields", p + b"Host: gate\nX-A: b\r\n\r\n"),
        ("bare cr", p + b"Host: gate\rX-A: b\r\n\r\n"),
        ("nul in value", p + HOST + b"X-A: a\x00b\r\n\r\n"),
        ("nul in name", p + HOST + b"X\x00A: b\r\n\r\n"),
        ("no colon", p + HOST + b"broken\r\n\r\n"),
        ("empty name", p + HOST + b": x\r\n\r\n"),
        ("space in name", p + HOST + b"X A: b\r\n\r\n"),
        ("no host", p + b"X-A: b\r\n\r\n"),
        ("two hosts", p + HOST + HOST + b"\r\n"),
        ("host with path", p + b"Host: gate/x\r\n\r\n"),
        ("host with user", p + b"Host: a@gate\r\n\r\n"),
        ("empty host", p + b"Host:\r\n\r\n"),
        ("two spaces", b"GET  /a HTTP/1.1\r\n" + HOST + b"\r\n"),
        ("tab", b"GET\t/a HTTP/1.1\r\n" + HOST + b"\r\n"),
        ("http/2", b"GET /a HTTP/2.0\r\n" + HOST + b"\r\n"),
        ("http/0.9", b"GET /a\r\n\r\n"),
        ("http/1.11", b"GET /a HTTP/1.11\r\n" + HOST + b"\r\n"),
        ("lower method", b"get /a HTTP/1.1\r\n" + HOST + b"\r\n"),
        ("leading crlf", b"\r\nGET /a HTTP/1.1\r\n" + HOST + b"\r\n"),
        ("trace", b"TRACE /a HTTP/1.1\r\n" + HOST + b"\r\n"),
        ("connect", b"CONNECT a:443 HTTP/1.1\r\n" + HOST + b"\r\n"),
        ("upgrade", b"GET /a HTTP/1.1\r\n" + HOST + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n"),
        ("expect other", p + HOST + b"Expect: 200-ok\r\nContent-Length: 1\r\n\r\nx"),
        ("space in target", b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n"),
        ("utf-8 target", "GET /ä HTTP/1.1\r\n".encode() + HOST + b"\r\n"),
        ("chunk ext", chunked + b"3;a=b\r\nhel\r\n0\r\n\r\n"),
        ("chunk ext long", chunked + b"3;" + b"a" * 64 + b"\r\nhel\r\n0\r\n\r\n"),
        ("chunk 0x", chunked + b"0x3\r\nhel\r\n0\r\n\r\n"),
        ("chunk space", chunked + b"3 \r\nhel\r\n0\r\n\r\n"),
        ("chunk minus", chunked + b"-3\r\nhel\r\n0\r\n\r\n"),
        ("chunk plus", chunked + b"+3\r\nhel\r\n0\r\n\r\n"),
        ("chunk underscore", chunked + b"1_0\r\n0123456789012345\r\n0\r\n\r\n"),
        ("chunk empty size", chunked + b"\r\nhel\r\n0\r\n\r\n"),
        ("chunk too long", chunked + b"2\r\nhel\r\n0\r\n\r\n"),
        ("chunk lf", chunked + b"3\nhel\n0\n\n          "),
        ("chunk huge size", chunked + b"FFFFFFFF\r\n"),
        ("trailer", chunked + b"3\r\nhel\r\n0\r\nX-A: b\r\n\r\n"),
        ("too many fields", p + HOST + b"X: y\r\n" * 101 + b"\r\n"),
        ("head too large", p + HOST + b"X: " + b"y" * 40_000 + b"\r\n\r\n"),
        ("endless head", p + b"X: " + b"y" * 40_000),
    ]
    return rows


@pytest.mark.parametrize(("name", "data"), vectors(), ids=[name for name, _ in vectors()])
def test_ambiguous_or_broken_framing_is_refused_however_it_arrives(name: str, data: bytes) -> None:
    for step in (0, 1, 5):
        with pytest.raises(FramingError) as caught:
            assert read(data, step=step) is None, "accepted"
        assert caught.value.close


def test_a_body_over_the_limit_is_too_large_before_it_has_arrived() -> None:
    limits = Limits(body=10)
    assert read(b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 10\r\n\r\n0123456789", limits=limits) is not None
    for data in (
        b"Content-Length: 11\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n",
    ):
        with pytest.raises(FramingError) as caught:
            read(b"POST /a HTTP/1.1\r\n" + HOST + data, limits=limits)
        assert caught.value.reason == "too_large"


def test_bytes_behind_a_request_are_not_kept() -> None:
    reader = RequestReader(Limits())
    assert reader.feed(GOOD["length"][0] + GOOD["get"][0]) is not None
    assert reader.extra


def test_one_connection_carries_many_requests() -> None:
    reader = RequestReader(Limits())
    for data, body in GOOD.values():
        request = reader.feed(data)
        assert request is not None
        assert request.body == body
        assert not reader.extra
        reader.next()


def test_what_decides_keep_alive() -> None:
    for fields, version, expected in (
        (b"", b"1.1", True),
        (b"Connection: close\r\n", b"1.1", False),
        (b"Connection: x, Close\r\n", b"1.1", False),
        (b"Connection: x\r\nConnection: close\r\n", b"1.1", False),
        (b"", b"1.0", False),
        (b"Connection: keep-alive\r\n", b"1.0", True),
    ):
        request = read(b"GET /a HTTP/" + version + b"\r\n" + HOST + fields + b"\r\n")
        assert request is not None
        assert request.keep_alive is expected

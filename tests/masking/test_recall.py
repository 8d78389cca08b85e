"""Planted values in every encoding and place: none may be readable in what is stored."""

import base64
import binascii
import html
import json
import re
from urllib.parse import unquote

import orjson
import pytest
from planted import ENCODINGS, values

from vendorgate.masking import Masker
from vendorgate.model import Function

VALUES = values()
# Base64 of text in which non-ASCII bytes leave no readable stretch is not found; the page on masking says so.
LIMITS = {
    (value, encoding) for value in ("andré@exämple.de",) for encoding in ("base64 alone", "base64url", "base64 twice")
}
LIMITS |= {(v, e) for _, v in VALUES if re.search("[\u0660-\u0669]", v) for e in ENCODINGS if "base64" in e}


def readings(text: str, depth: int = 3) -> list[str]:
    """Everything a reader who tries could make of ``text``."""
    found = [text]
    if not depth:
        return found
    tried = {unquote(text), html.unescape(text)}
    tried.add(re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text))
    tried.add(text.replace('\\"', '"').replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\"))
    for run in re.findall(r"[A-Za-z0-9+/_\-]{8,}", text):
        try:
            tried.add(
                base64.urlsafe_b64decode(run.replace("+", "-").replace("/", "_") + "=" * (-len(run) % 4)).decode()
            )
        except (binascii.Error, UnicodeDecodeError):
            continue
    for other in tried - {text}:
        found += readings(other, depth - 1)
    return found


def squeeze(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def store(masker: Masker, function: Function, place: str, text: str) -> tuple[str, dict[str, int]]:
    if place == "value":
        out = masker.mask_body(function, b"application/json", json.dumps({"note": text}).encode())
        return orjson.dumps(out.body).decode(), out.counts
    if place == "name":
        out = masker.mask_body(function, b"application/json", json.dumps({text: [1]}, ensure_ascii=False).encode())
        return orjson.dumps(out.body).decode(), out.counts
    if place == "parameter":
        tree = masker.mask_params(function, {"a": [{"b": text}], "n": 5})
        return json.dumps(tree.value, ensure_ascii=False), tree.counts
    if place == "text":
        return masker.mask_text(text)
    out = masker.mask_body(function, b"text/plain; charset=utf-8", text.encode())
    assert isinstance(out.body, str)
    return out.body, out.counts


@pytest.mark.parametrize("place", ["value", "name", "parameter", "text", "text body"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_planted_value_is_readable(masker, function, encoding, place):
    assert len(VALUES) >= 200
    readable = []
    for kind, value in VALUES:
        if (value, encoding) in LIMITS:
            continue
        stored, counts = store(masker, function, place, ENCODINGS[encoding](value))
        if not counts or any(squeeze(value) in squeeze(reading) for reading in readings(stored)):
            readable.append((kind, value, stored))
    assert readable == []


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_oracle_reads_what_is_not_masked(encoding):
    """The positive control: without masking every value is readable in every encoding."""
    for _, value in VALUES:
        reading = readings(json.dumps({"note": ENCODINGS[encoding](value)}, ensure_ascii=False))
        assert any(squeeze(value) in squeeze(text) for text in reading), (encoding, value)


@pytest.mark.parametrize(
    "number", [value for kind, value in VALUES if kind == "card" and value.isdigit() and value.isascii()]
)
def test_cards_as_numbers(masker, function, number):
    for spelling in (number, number + ".0", f"{number[0]}.{number[1:]}e{len(number) - 1}"):
        body = b'{"amount": 5, "n": [%s]}' % spelling.encode()
        out = masker.mask_body(function, b"application/json", body)
        assert out.counts == {"card": 1}, spelling
        assert number not in orjson.dumps(out.body).decode()
    assert masker.mask_params(function, {"n": int(number)}).counts == {"card": 1}

"""Every encoding in which a vendor may echo the secret is found; what is public is not."""

import base64
import html
import json
import re
import urllib.parse

import pytest

from vendorgate.credentials.needles import find_needles

from .fakes import authorized, stripe_credentials

AWKWARD = "sk_live/+<\"Ké'&>\\=~ z9"


def lease(attach, value):
    return stripe_credentials("env", "KEY", attach=attach, environ={"KEY": value}).lease(authorized()).needles


def leaks(text, needles):
    return not any(needle in text for needle in needles)


def json_html_safe(text):
    out = json.dumps(text, ensure_ascii=False)[1:-1]
    for character in "<>&'":
        out = out.replace(character, f"\\u{ord(character):04x}")
    return out


ECHOES = {
    "raw": lambda s: s,
    "quote": urllib.parse.quote,
    "quote all": lambda s: urllib.parse.quote(s, safe=""),
    "quote_plus": urllib.parse.quote_plus,
    "quote lower": lambda s: re.sub("%..", lambda found: found[0].lower(), urllib.parse.quote(s, safe="")),
    "every byte quoted": lambda s: "".join(f"%{b:02X}" for b in s.encode()),
    "json": lambda s: json.dumps(s)[1:-1],
    "json utf-8": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "json slashes": lambda s: json.dumps(s)[1:-1].replace("/", "\\/"),
    "json html-safe": json_html_safe,
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: s.encode().hex().upper(),
    "html": html.escape,
    "html without quotes": lambda s: html.escape(s, quote=False),
    "html decimal": lambda s: html.escape(s).replace("&#x27;", "&#39;"),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 unpadded": lambda s: base64.b64encode(s.encode()).decode().rstrip("="),
    "base64 url": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "base64 in a link": lambda s: urllib.parse.quote(base64.b64encode(s.encode()).decode(), safe=""),
    "base64 in PHP's json": lambda s: base64.b64encode(s.encode()).decode().replace("/", "\\/"),
}


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("secret", ["sk_live_51HyAbCdEfGhIjKlMnOpQr", AWKWARD, "ÿÿÿÿ>>>>????ÿÿÿÿ"])
def test_an_echo_is_found(echo, secret):
    needles = find_needles([secret.encode()])
    text = f"before {ECHOES[echo](secret)} after".encode()
    assert not leaks(text, needles)
    assert leaks(f"before {ECHOES[echo]('an innocent text of its own')} after".encode(), needles)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", [b"", b"x", b"xy", b"xyz", b"Bearer ", b"key="])
@pytest.mark.parametrize("after", [b"", b"!", b"!!", b"!!!", b":password"])
def test_base64_is_found_wherever_the_secret_stands_in_it(encode, before, after):
    secret = b"sk_live_51HyAbCdEfGhIjKl\xff\xfe>?"
    assert not leaks(encode(before + secret + after), find_needles([secret]))


def test_a_basic_header_is_found_whole():
    needles = lease("basic-user", "sk_live_51HyAbCdEf")
    assert base64.b64encode(b"sk_live_51HyAbCdEf:").rstrip(b"=") in needles


def test_a_bearer_header_is_found_whole_in_base64():
    assert base64.b64encode(b"Bearer sk_live_51HyAbCdEf").rstrip(b"=") in lease("bearer", "sk_live_51HyAbCdEf")


def test_the_password_alone_is_found_and_the_account_stays_readable():
    needles = lease("basic", "AC0123456789abcdef:0123secret4567")
    assert not leaks(b"token 0123secret4567", needles)
    assert not leaks(b"Authorization: Basic " + base64.b64encode(b"AC0123456789abcdef:0123secret4567"), needles)
    assert leaks(b"/2010-04-01/Accounts/AC0123456789abcdef/Messages.json", needles)


def test_a_user_name_is_found_when_the_password_is_not_the_secret():
    assert not leaks(b"sk_live_51HyAbCdEf", lease("basic", "sk_live_51HyAbCdEf:"))
    assert not leaks(b"sk_live_51HyAbCdEf", lease("basic", "sk_live_51HyAbCdEf:x"))


def test_needles_are_distinct_longest_first_and_not_too_short():
    needles = find_needles([AWKWARD.encode()])
    assert len(set(needles)) == len(needles)
    assert [len(needle) for needle in needles] == sorted((len(needle) for needle in needles), reverse=True)
    assert all(len(needle) >= 8 for needle in needles)


def test_a_short_secret_is_still_found_raw():
    assert b"hunter2" in find_needles([b"hunter2"])
    assert all(len(needle) >= 8 for needle in find_needles([b"hunter2"]) if needle != b"hunter2")


def test_an_ordinary_key_needs_few_needles():
    """Each costs a scan of every answer."""
    assert len(lease("bearer", "sk_live_51HyAbCdEfGhIjKlMnOpQrStUvWxYz")) <= 12

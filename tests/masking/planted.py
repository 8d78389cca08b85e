"""Sensitive values and look-alikes, made from a fixed seed, and every place and encoding a value can hide in."""

import base64
import json
import random
import string
import uuid
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

CARD_RANGES = [
    ("4", 16), ("4", 13), ("4", 19), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("2500", 16), ("34", 15),
    ("37", 15), ("36", 14), ("38", 14), ("300", 14), ("305", 14), ("3095", 14), ("6011", 16), ("644", 16), ("649", 16),
    ("65", 16), ("3528", 16), ("3589", 16), ("62", 16), ("62", 19), ("81", 16), ("50", 16), ("5018", 12), ("56", 16),
    ("58", 18), ("6759", 16), ("6304", 19), ("6521", 16), ("82", 16), ("508", 16), ("60", 16), ("2200", 16),
    ("2204", 16), ("636297", 16), ("606282", 16), ("9792", 16), ("5061", 16), ("5061", 18), ("5019", 16), ("1", 15),
]  # fmt: skip


def luhn_complete(body: str) -> str:
    total = 0
    for index, char in enumerate(reversed(body)):
        digit = int(char)
        if index % 2 == 0:
            digit = digit * 2 - 9 if digit > 4 else digit * 2
        total += digit
    return body + str(-total % 10)


def card(rng: random.Random, prefix: str, length: int) -> str:
    return luhn_complete(prefix + "".join(rng.choices(string.digits, k=length - 1 - len(prefix))))


def group(number: str, sizes: list[int], separator: str) -> str:
    parts, place = [], 0
    for size in sizes:
        parts.append(number[place : place + size])
        place += size
    if place < len(number):
        parts.append(number[place:])
    return separator.join(part for part in parts if part)


IBANS = [
    "GB82WEST12345698765432", "DE89370400440532013000", "FR1420041010050500013M02606", "NL91ABNA0417164300",
    "NO9386011117947", "MT84MALT011000012345MTLCAST001S", "CH9300762011623852957", "ES9121000418450200051332",
    "PL61109010140000071219812874", "SE4550000000058398257466", "BE68539007547034", "IT60X0542811101000000123456",
]  # fmt: skip
EMAILS = [
    "joe@example.com", "Jane.Doe+tag@mail.example.co.uk", "o'brien@example.ie", "x_1-2@sub.domain.example.org",
    "andré@exämple.de", "a@b.co", "JOHN@EXAMPLE.COM", '"john smith"@example.com',
]  # fmt: skip
PHONES = [
    "+1 415 555 2671",
    "+14155552671",
    "+44 20 7946 0958",
    "+49-30-901820",
    "+33 (0)1 42 68 53 00",
    "(415) 555-2671",
    "+81.3.1234.5678",
]
SSNS = ["123-45-6789", "078-05-1120", "899-99-9999"]
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq0\nzzzz\n-----END RSA PRIVATE KEY-----"


def secrets(rng: random.Random) -> list[str]:
    def word(size: int, alphabet: str = string.ascii_letters + string.digits) -> str:
        return "".join(rng.choices(alphabet, k=size))

    return [
        "sk_" + "live_" + word(24), "rk_" + "test_" + word(24), "whsec_" + word(32), "sk-ant-" + "api03-" + word(40),
        "sk-" + "proj-" + word(40), "ghp_" + word(36), "github_pat_" + word(22) + "_" + word(40),
        "xoxb-" + word(11, string.digits) + "-" + word(24), "AKIA" + word(16, string.ascii_uppercase + string.digits),
        "AIza" + word(35), "SG." + word(22) + "." + word(43), "key-" + word(32, "0123456789abcdef"),
        "eyJhbGciOiJIUzI1NiJ9." + base64.urlsafe_b64encode(b'{"sub":"12345678"}').decode().rstrip("=") + "." + word(43),
        PEM,
    ]  # fmt: skip


def cards(rng: random.Random) -> list[str]:
    found = []
    for prefix, length in CARD_RANGES:
        number = card(rng, prefix, length)
        found += [number, group(number, [4, 4, 4, 4], " "), group(number, [4, 6, 5], "-")]
    number = card(rng, "4", 16)
    for separator in (".", "/", "\u00a0", "_", " - ", "\u2013", "\u2009", "*", "|", ",", ":", "\t", "\n", "+"):
        found.append(group(number, [4, 4, 4], separator))
    found += [" ".join(number), "-".join(number), group(number, [2] * 8, " "), group(number, [3, 3, 3, 3, 3, 1], " ")]
    found.append(number.translate({48 + d: 0xFF10 + d for d in range(10)}))
    found.append(number.translate({48 + d: 0x0660 + d for d in range(10)}))
    found.append("\u200b".join(group(number, [4, 4, 4], " ").split(" ")))
    return found


def values(seed: int = 7) -> list[tuple[str, str]]:
    """(kind, value) of every planted value."""
    rng = random.Random(seed)
    out = [("card", v) for v in cards(rng)]
    for iban in IBANS:
        out += [("iban", iban), ("iban", iban.lower()), ("iban", group(iban, [4] * 8, " "))]
    out += [("email", v) for v in EMAILS] + [("phone", v) for v in PHONES] + [("ssn", v) for v in SSNS]
    out += [("secret", v) for v in secrets(rng)]
    return out


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _b64url(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda v: v,
    "in prose": lambda v: f"Customer wrote: {v}, please call back.",
    "in json in string": lambda v: json.dumps({"note": v, "n": 1}),
    "in json in json": lambda v: json.dumps({"inner": json.dumps({"deep": [v]})}),
    "in form in string": lambda v: "a=1&note=" + quote_plus(v) + "&b=2",
    "percent": lambda v: quote(v, safe=""),
    "percent all": lambda v: "".join(f"%{b:02X}" for b in v.encode()),
    "percent twice": lambda v: quote(quote(v, safe=""), safe=""),
    "base64": lambda v: _b64(f"note for the customer {v} end of it"),
    "base64 alone": lambda v: _b64(v if len(v) > 8 else "value " + v),
    "base64url": lambda v: _b64url(f"x {v} yy"),
    "base64 twice": lambda v: _b64(_b64(f"the {v} end")),
    "json in base64": lambda v: _b64(json.dumps({"note": v})),
    "unicode escapes": lambda v: "".join(f"\\u{ord(c):04x}" for c in v),
    "html": lambda v: "".join(f"&#{ord(c)};" for c in v),
    "url": lambda v: "https://example.com/pay?x=1&v=" + quote(v, safe="") + "#end",
}  # fmt: skip


def lookalikes(seed: int = 11) -> Iterator[tuple[str, str, object]]:
    """(family, field name, value) that must stay readable."""
    rng = random.Random(seed)

    def digits(size: int) -> str:
        return str(rng.randint(1, 9)) + "".join(rng.choices(string.digits, k=size - 1))

    def word(size: int, alphabet: str = string.ascii_letters + string.digits) -> str:
        return "".join(rng.choices(alphabet, k=size))

    for _ in range(100):
        now = rng.randint(1_500_000_000, 1_900_000_000)
        yield "unix seconds", "created", now
        yield "unix milliseconds", "timestamp", now * 1000 + rng.randint(0, 999)
        yield "unix microseconds", "ts", now * 1_000_000 + rng.randint(0, 999_999)
        yield "unix nanoseconds", "time", str(now * 1_000_000_000 + rng.randint(0, 999_999_999))
        yield "stripe id", "id", rng.choice(["ch_3", "pi_3", "cus_", "txn_1", "acct_1", "in_1", "evt_1"]) + word(22)
        yield "uuid", "id", str(uuid.UUID(int=rng.getrandbits(128), version=4))
        yield "order number", "order_number", digits(rng.randint(6, 16))
        yield "order number text", "reference", f"ORD-{now % 10**4}-{digits(7)}"
        yield "amazon order", "order", f"{digits(3)}-{digits(7)}-{digits(7)}"
        yield "sha256", "digest", word(64, "0123456789abcdef")
        yield "git sha", "commit", word(40, "0123456789abcdef")
        yield "md5", "etag", word(32, "0123456789abcdef")
        yield "isbn", "isbn", "978" + digits(10)
        yield "ean", "ean", digits(13)
        yield "ups", "tracking_number", "1Z" + word(16, string.ascii_uppercase + string.digits)
        yield "fedex", "tracking_number", digits(rng.choice([12, 15]))
        yield "usps", "tracking", "9400" + digits(18)
        yield "snowflake", "id", str(rng.randint(10**17, 2 * 10**18))
        yield (
            "date time",
            "at",
            f"20{rng.randint(10, 29)}-0{rng.randint(1, 9)}-{rng.randint(10, 28)} 10:{rng.randint(10, 59)}:12.123456",
        )
        yield (
            "iso",
            "at",
            f"20{rng.randint(10, 29)}-0{rng.randint(1, 9)}-{rng.randint(10, 28)}T10:{rng.randint(10, 59)}:12.123456+02:00",
        )
        yield "fraction", "score", rng.random()
        yield "amount", "amount", rng.randint(1, 10**9)
        yield "ip", "ip", ".".join(str(rng.randint(1, 255)) for _ in range(4))
        yield "base64 bytes", "blob", base64.b64encode(rng.randbytes(48)).decode()
        yield "version", "version", f"{rng.randint(1, 99)}.{rng.randint(0, 99)}.{rng.randint(0, 9999)}"
        yield "tokens used", "total_tokens", rng.randint(1, 10**6)
        yield "latitude", "position", f"{rng.uniform(-90, 90):.7f},{rng.uniform(-180, 180):.7f}"
        yield (
            "name",
            "name",
            rng.choice(["Ada Lovelace", "token ring", "Hotel Adlon", "secretary of state", "Intel 8086"]),
        )

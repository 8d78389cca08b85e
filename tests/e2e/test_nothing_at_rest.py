"""200 planted values, sent and answered in many spellings: none is at rest, in clear, base64 or percent-encoded."""

import base64
import json
import random
import urllib.parse
from pathlib import Path

from vendorgate.testing.fake_vendor import FakeRequest, FakeResponse, FakeVendor
from vendorgate.testing.running_gateway import RunningGateway, http

from .conftest import CONFIG, SECRET, bearer, read_store


def _card(rng: random.Random) -> str:
    body = [int(c) for c in rng.choice(("4", "51", "2221", "37", "6011", "3530", "62"))]
    length = 15 if body[:2] == [3, 7] else 16
    while len(body) < length - 1:
        body.append(rng.randrange(10))
    total = sum(d if i % 2 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(reversed(body)))
    return "".join(map(str, body)) + str(-total % 10)


def planted() -> list[tuple[str, str]]:
    rng = random.Random(20)
    letters = "abcdefghijklmnopqrstuvwxyz"
    rows = [("card", _card(rng)) for _ in range(80)]
    rows += [
        ("email", "".join(rng.choices(letters, k=9)) + "@" + "".join(rng.choices(letters, k=6)) + ".com")
        for _ in range(60)
    ]
    rows += [("key", "sk_live_" + "".join(rng.choices(letters + "0123456789", k=28))) for _ in range(30)]
    rows += [("key", "ghp_" + "".join(rng.choices(letters + "0123456789", k=36))) for _ in range(29)]
    return rows


def _spell(number: int, kind: str, value: str) -> str:
    if kind == "card":
        groups = [value[i : i + 4] for i in range(0, len(value), 4)]
        value = (value, " ".join(groups), "-".join(groups))[number % 3]
    forms = (
        value,
        f"paid by {value}, thanks",
        json.dumps({"note": value}),
        base64.b64encode(f"note: {value}".encode()).decode(),
        urllib.parse.quote(f"a={value}"),
    )
    return forms[number % len(forms)]


def test_planted_values_are_nowhere_at_rest(tmp_path: Path) -> None:
    rows = planted()
    assert len(rows) + 1 == 200  # the vendor's credential is the two-hundredth

    def respond(request: FakeRequest) -> FakeResponse:
        # An echo: what was sent comes back, with the credential, as careless vendors do.
        fields = dict(urllib.parse.parse_qsl(request.body.decode()))
        body = {"echo": fields.get("description"), "auth": request.headers.get("authorization")}
        return FakeResponse(
            body=json.dumps(body).encode(), headers={"x-echo": request.headers.get("authorization", "")}
        )

    with FakeVendor(respond) as vendor:
        gateway = RunningGateway(CONFIG.replace("VENDOR", vendor.url), tmp_path, environ={"OPENAI_KEY": "sk-proj-x"})
        gateway.cli("credentials", "set", "stripe-live", stdin=SECRET.encode())
        with gateway:
            token = gateway.token("payroll-job", "payroll")
            for number, (kind, value) in enumerate(rows):
                form = {"amount": "100", "currency": "usd", "description": _spell(number, kind, value)}
                query = urllib.parse.urlencode({"expand[]": _spell(number, kind, value)}) if number % 10 == 0 else ""
                answer = http(
                    "POST",
                    f"{gateway.url}/stripe/v1/transfers" + ("?" + query if query else ""),
                    headers={**bearer(token), "User-Agent": f"job/1 ({value})"},
                    body=urllib.parse.urlencode(form).encode(),
                )
                assert answer.status == 200, answer.body
                assert SECRET.encode() not in answer.body
                assert SECRET not in str(answer.headers)
            exports = [gateway.cli("calls", "export", "--format", kind).stdout for kind in ("jsonl", "csv")]
            assert all(len(export.splitlines()) >= len(rows) for export in exports)
            at_rest = b"\0".join((read_store(gateway.data), gateway.log.read_bytes(), *exports))
            assert b"payroll-job" in at_rest, "the control: something is there"
            found = []
            for kind, value in [*rows, ("credential", SECRET)]:
                spellings = {value, urllib.parse.quote(value), value.replace("@", "%40")}
                if kind == "card":
                    groups = [value[i : i + 4] for i in range(0, len(value), 4)]
                    spellings |= {" ".join(groups), "-".join(groups), "%20".join(groups), "+".join(groups)}
                needles = [s.encode() for s in spellings]
                for text in list(spellings):
                    for pad in range(3):
                        coded = base64.b64encode(b"\0" * pad + text.encode())
                        needles.append(coded[4 if pad else 0 : len(coded) - 4])
                found += [(kind, value) for needle in needles if len(needle) >= 8 and needle in at_rest]
            assert found == []
            card = next(value for kind, value in rows if kind == "card")
            assert len(gateway.calls("--touching", card)) == 1

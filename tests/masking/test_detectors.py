"""Each detector on its own: what it finds, and next to it what it leaves."""

import pytest

from vendorgate.masking import Masker, MaskSpec
from vendorgate.model import Function

FUNCTION = Function("v", "f", "write", "json")


def counts(kind: str, value: object, name: str = "x") -> dict[str, int]:
    masker = Masker(key=b"k", record=MaskSpec((kind,)), response=MaskSpec(), capture=1000)
    return masker.mask_params(FUNCTION, {name: value}).counts  # type: ignore[dict-item]


FOUND = [
    ("card", "x", "4242424242424242"), ("card", "x", "card4242424242424242"), ("card", "x", "PAN:4242-4242-4242-4242,exp 12/27"),
    ("card", "x", "pan_4242424242424242"), ("card", "x", "4242424242424242 12/25 123"), ("card", "x", 4242424242424242),
    ("card", "order_id", "4242424242424242"), ("card", "tracking_number", "6759649826438453"), ("card", "id", 378282246310005),
    ("card", "x", "1,4242424242424242,100.00,EUR"), ("card", "x", "two: 4242424242424242 5555555555554444"),
    ("card", "x", "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2"), ("card", "x", "(4242)(4242)(4242)(4242)"),
    ("iban", "x", "GB82WEST12345698765432"), ("iban", "x", "pay to gb82 west 1234 5698 7654 32 please"),
    ("iban", "x", "IBANGB82WEST12345698765432"), ("iban", "x", "be 10 GB82WEST12345698765432"),
    ("email", "x", "Joe <joe@example.com>"), ("email", "x", "email=joe@example.com"), ("email", "x", "mailto:joe@example.com?x=1"),
    ("phone", "x", "+14155552671"), ("phone", "x", "call +44 20 7946 0958!"), ("phone", "mobile", "0151 23456789"),
    ("phone", "phoneNumber", 4155552671), ("phone", "x", "phone=4155552671"), ("phone", "x", "tel:+1-415-555-2671"),
    ("phone", "x", "0044 20 7946 0958 or 00 44 20 7946 0958"), ("phone", "x", "415-555-2671"),
    ("ssn", "x", "123-45-6789"), ("ssn", "ssn", "123456789"), ("ssn", "social_security_number", 123456789),
    ("ssn", "x", "ssn=123456789"), ("ssn", "x", "123\u201145\u20116789"),
    ("secret", "password", "hunter2"), ("secret", "api_key", "abc"), ("secret", "apiKey", "abc"), ("secret", "X-Api-Key", "abc"),
    ("secret", "client_secret", "pi_1_secret_2"), ("secret", "access_token", "abc"), ("secret", "refreshToken", "abc"),
    ("secret", "Authorization", "Bearer abc"), ("secret", "pass_word", "abc"), ("secret", "cvc", "123"), ("secret", "cvv", 123),
    ("secret", "x", "password=hunter2&x=1"), ("secret", "x", "Authorization: Bearer abcdef"), ("secret", "x", "https://joe:hunter2@example.com/"),
    ("secret", "x", "{'password': 'hunter2'}"), ("secret", "x", '{"password": "hunter2", truncated'),
    ("secret", "secrets", ["a", "b"]), ("secret", "secret", {"value": "abc"}),
]  # fmt: skip
LEFT = [
    ("card", "x", "4242424242424241"), ("card", "x", "ch_4539578763621486x"), ("card", "x", "a4242424242424242"),
    ("card", "x", "9242424242424242"), ("card", "x", "42424242424242424242424242424242"), ("card", "x", 0.4242424242424242),
    ("card", "x", "12345678-4111-4111-8111-123456789012"), ("card", "x", 1700000000000), ("card", "ean", "4006381333931"),
    ("card", "x", "[card:4242:AAAAAAAAAAAAAAAA]"),
    ("iban", "x", "GB82WEST12345698765431"), ("iban", "x", "XGB82WEST12345698765432"), ("iban", "x", "GB82WEST1234569876543"),
    ("email", "x", "@scope/package"), ("email", "x", "logo@2x.png"), ("email", "x", "root@localhost"), ("email", "x", "a @ b"),
    ("phone", "x", "2024-01-01T00:00:00+01:00"), ("phone", "x", "1+2345678901"), ("phone", "x", "4155552671"),
    ("phone", "hotel", "4155552671"), ("phone", "phone", "unknown"), ("phone", "phone", None),
    ("ssn", "x", "666-45-6789"), ("ssn", "x", "900-45-6789"), ("ssn", "x", "123-00-6789"), ("ssn", "x", "123-45-0000"),
    ("ssn", "x", "123456789"), ("ssn", "x", "5123-45-6789"), ("ssn", "x", "978-123-45-6789"),
    ("secret", "total_tokens", 12), ("secret", "token_type", "bearer"), ("secret", "next_page_token", "abc"),
    ("secret", "password_changed_at", "2024"), ("secret", "secretary", "Ann"), ("secret", "cvc_check", "pass"),
    ("secret", "password", ""), ("secret", "password", None), ("secret", "has_password", True),
    ("secret", "x", "a basic understanding of things"), ("secret", "x", "pk_live_abcdefghijklmnop"), ("secret", "x", "task-forceabcdefghijklmnopqrstuv"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "value"), FOUND)
def test_found(kind, name, value):
    assert set(counts(kind, value, name)) == {kind}


@pytest.mark.parametrize(("kind", "name", "value"), LEFT)
def test_left(kind, name, value):
    assert counts(kind, value, name) == {}


@pytest.mark.parametrize(("kind", "name", "value"), FOUND)
def test_only_the_configured_detectors_run(kind, name, value):
    others = {"card": "ssn", "iban": "ssn", "email": "card", "phone": "iban", "ssn": "email", "secret": "iban"}
    assert kind not in counts(others[kind], value, name)

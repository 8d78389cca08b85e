import pytest

from vendorgate.masking import ALL_DETECTORS, Masker, MaskSpec
from vendorgate.masking.tokens import Tokeniser, is_token


def test_a_token_is_deterministic_and_keyed():
    one, other = Tokeniser(b"a"), Tokeniser(b"b")
    token = one.token("card", "4242 4242 4242 4242")
    assert token == one.token("card", "4242-4242-4242-4242") != other.token("card", "4242424242424242")
    assert token.startswith("[card:4242:")
    assert is_token(token)
    assert not is_token("x" + token)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("4242 4242-4242.4242", "4242424242424242"),
        ("gb82 west 1234 5698 7654 32", "GB82WEST12345698765432"),
        ("JOE@Example.com", "joe@example.com"),
        ("+1 (415) 555-2671", "4155552671"),
        ("(415) 555-2671", "+1 415 555 2671"),
        ("123-45-6789", "123456789"),
        ("sk_live_abcdefghijklmnop", "sk_live_abcdefghijklmnop"),
        ("\uff14242 4242 4242 4242", "4242-4242-4242-4242"),
    ],
)
def test_tokens_for_finds_every_spelling(written, asked):
    masker = Masker(key=b"k", record=MaskSpec(ALL_DETECTORS), response=MaskSpec(), capture=1000)
    stored, found = masker.mask_text(f"note: {written} end")
    assert found
    assert any(token in stored for token in masker.tokens_for(asked))
    assert not any(token in stored for token in masker.tokens_for("5555555555554444"))


def test_field_and_named_values_are_found_too(masker, function):
    stored = masker.mask_params(function, {"shipping": {"name": "Ada", "zip": 12345}, "password": "Bearer abc"}).value
    assert stored["shipping"]["name"] in masker.tokens_for("Ada")
    assert stored["shipping"]["zip"] in masker.tokens_for("12345")
    assert stored["password"].removeprefix("Bearer ") in masker.tokens_for("abc")

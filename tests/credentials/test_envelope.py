"""Sealed values open only as what they were sealed as."""

import pytest

from vendorgate.credentials import CredentialRefused, SealedSecret, seal, unseal

KEY = bytes(range(32))


def sealed(**changes):
    nonce, ciphertext = seal(KEY, "stripe-live", 3, b"sk_live_secret")
    return SealedSecret("stripe-live", 3, nonce, ciphertext, 0.0)._replace(**changes)


def flipped(value):
    return bytes([value[0] ^ 1]) + value[1:]


def test_what_is_sealed_opens():
    assert unseal(KEY, sealed()).reveal() == b"sk_live_secret"


def test_the_value_is_not_in_the_ciphertext_and_no_two_are_equal():
    assert b"sk_live_secret" not in sealed().ciphertext
    assert len({sealed().nonce for _ in range(50)}) == 50
    assert len(sealed().nonce) == 12


@pytest.mark.parametrize(
    "altered",
    [
        lambda: sealed(name="stripe-test"),
        lambda: sealed(version=4),
        lambda: sealed(name="stripe-live\x003", version=1),
        lambda: sealed(nonce=flipped(sealed().nonce)),
        lambda: sealed(nonce=b""),
        lambda: sealed(ciphertext=flipped(sealed().ciphertext)),
        lambda: sealed(ciphertext=sealed().ciphertext[:-1]),
        lambda: sealed(ciphertext=b""),
    ],
)
def test_what_was_altered_or_moved_does_not_open(altered):
    with pytest.raises(CredentialRefused, match="does not open") as refused:
        unseal(KEY, altered())
    assert refused.value.reason == "credential_unavailable"


def test_another_key_does_not_open_it():
    with pytest.raises(CredentialRefused, match=r"keys/seal\.key"):
        unseal(bytes(32), sealed())


def test_nothing_shows_the_value_by_accident():
    assert "sk_live_secret" not in f"{unseal(KEY, sealed())!r} {unseal(KEY, sealed())}"
    assert "ciphertext" not in repr(sealed())

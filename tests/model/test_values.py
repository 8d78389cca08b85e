"""What the shared values promise: ids that sort, secrets that stay shut, reasons that all have a status."""

import pickle

import pytest

from vendorgate.model import REASONS, Refusal, Secret, new_call_id


def test_call_ids_are_unique_and_sort_by_time() -> None:
    ids = [new_call_id(1_700_000_000 + number / 10) for number in range(500)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 500
    assert all(len(call_id) == 32 and int(call_id, 16) for call_id in ids)


def test_a_secret_shows_itself_to_nobody_by_accident() -> None:
    secret = Secret(b"sk_live_x")
    assert secret.reveal() == b"sk_live_x"
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret:>20}", repr([secret]), "%s" % secret):  # noqa: UP031
        assert "sk_live" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_every_reason_has_a_status_of_a_refusal() -> None:
    for reason, spec in REASONS.items():
        refusal = Refusal(reason, "Do something else.")
        assert refusal.status == spec.status
        assert 400 <= spec.status <= 504
    with pytest.raises(KeyError):
        Refusal("no such reason", "x")

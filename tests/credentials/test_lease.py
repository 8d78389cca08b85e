"""Leasing: cached, fresh within two seconds, and refused with a remedy when there is nothing to lease."""

import pytest

from vendorgate.credentials import CredentialProblem, CredentialRefused, CredentialSpec, StoreUnavailable
from vendorgate.model import RequestDraft

from .fakes import SECRET, Clock, MemoryStore, authorized, stripe_credentials

DRAFT = RequestDraft("/v1/transfers", ((b"accept", b"*/*"),))


def sent(credential):
    return dict(credential.attach(DRAFT).headers)[b"authorization"]


def test_a_lease_is_bound_to_the_vendors_host_and_says_which_version_it_is():
    store = MemoryStore()
    store.set("stripe-live", "old")
    store.set("stripe-live", SECRET)
    credential = stripe_credentials("store", store=store).lease(authorized())
    assert (credential.name, credential.version, credential.host) == ("stripe-live", 2, "api.stripe.com")
    assert sent(credential) == b"Bearer " + SECRET.encode()
    assert SECRET.encode() in credential.needles
    assert SECRET not in repr(credential)


def test_a_vendor_without_a_credential_leases_nothing():
    assert stripe_credentials("store", store=MemoryStore()).lease(authorized("open")) is None


def test_within_two_seconds_the_store_is_not_asked_again():
    store, clock = MemoryStore(), Clock()
    store.set("stripe-live", SECRET)
    credentials = stripe_credentials("store", store=store, clock=clock)
    first = credentials.lease(authorized())
    clock.now += 1.999
    assert credentials.lease(authorized()) is first
    assert store.reads == 1
    clock.now += 0.001
    assert credentials.lease(authorized()) is first, "nothing changed: nothing is built again"
    assert store.reads == 2


def test_a_rotated_credential_is_used_after_two_seconds():
    store, clock = MemoryStore(), Clock()
    store.set("stripe-live", SECRET)
    credentials = stripe_credentials("store", store=store, clock=clock)
    credentials.lease(authorized())
    store.set("stripe-live", "sk_live_rotated")
    clock.now += 2
    rotated = credentials.lease(authorized())
    assert (rotated.version, sent(rotated)) == (2, b"Bearer sk_live_rotated")
    assert SECRET.encode() not in rotated.needles


def test_one_removed_and_set_again_is_not_mistaken_for_the_old_one():
    store, clock = MemoryStore(), Clock()
    store.set("stripe-live", SECRET)
    credentials = stripe_credentials("store", store=store, clock=clock)
    credentials.lease(authorized())
    store.remove("stripe-live")
    store.set("stripe-live", "sk_live_again")
    clock.now += 2
    assert sent(credentials.lease(authorized())) == b"Bearer sk_live_again"


def test_a_removed_credential_is_no_longer_used_and_one_set_later_is_used_at_once():
    store, clock = MemoryStore(), Clock()
    store.set("stripe-live", SECRET)
    credentials = stripe_credentials("store", store=store, clock=clock)
    credentials.lease(authorized())
    store.remove("stripe-live")
    clock.now += 2
    for _ in range(2):
        with pytest.raises(CredentialRefused, match="vendorgate credentials set stripe-live"):
            credentials.lease(authorized())
    store.set("stripe-live", SECRET)
    assert sent(credentials.lease(authorized())) == b"Bearer " + SECRET.encode()


def test_a_lost_store_refuses_and_does_not_fall_back_to_what_it_last_said():
    store, clock = MemoryStore(), Clock()
    store.set("stripe-live", SECRET)
    credentials = stripe_credentials("store", store=store, clock=clock)
    credentials.lease(authorized())
    store.broken = True
    clock.now += 2
    with pytest.raises(CredentialRefused) as refused:
        credentials.lease(authorized())
    assert refused.value.reason == "credential_unavailable"
    assert refused.value.status == 503
    assert isinstance(refused.value.__cause__, StoreUnavailable)
    store.broken = False
    assert credentials.lease(authorized()) is not None


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"", "is empty"),
        (b"sk_live\r\nX-Evil: 1", "line break"),
        (b"sk_live\nx", "line break"),
        (b"sk_live\rx", "line break"),
        (b"sk_live\x00x", "control"),
        (b"sk_live\tx", "control"),
        (b"sk_live\x7fx", "control"),
        (b" sk_live", "begins or ends with a blank"),
        (b"sk_live ", "begins or ends with a blank"),
        (b"x" * 16385, "longer than 16,384 bytes"),
        (b"sk live", "blank"),
        ("sk_livé".encode(), "not ASCII"),
    ],
)
def test_a_value_that_cannot_be_sent_is_refused_at_lease_without_being_repeated(value, why):
    store = MemoryStore()
    store.set("stripe-live", value)
    with pytest.raises(CredentialRefused, match=why) as refused:
        stripe_credentials("store", store=store).lease(authorized())
    assert "'stripe-live'" in refused.value.detail
    assert not value or value.decode() not in refused.value.detail


@pytest.mark.parametrize(
    ("attach", "why"),
    [
        ("sigv4", "not a scheme"),
        ("", "not a scheme"),
        ("Bearer", "not a scheme"),
        ("bearer:x", "takes nothing after a colon"),
        ("basic:", "takes nothing after a colon"),
        ("header", "needs the name"),
        ("header:", "needs the name"),
        ("header:x key", "needs the name"),
        ("header:x\r\ny", "needs the name"),
        ("header:Host", "gateway itself"),
        ("header:content-length", "gateway itself"),
        ("query", "needs the name"),
        ("query:a&b", "needs the name"),
    ],
)
def test_an_attach_that_makes_no_sense_is_a_problem_at_construction(attach, why):
    with pytest.raises(CredentialProblem, match=why):
        stripe_credentials("env", "KEY", attach=attach)


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (CredentialSpec("stripe-live", "vault", "x"), "unknown source"),
        (CredentialSpec("stripe-live", "store"), "no store"),
        (CredentialSpec("stripe-live", "env"), "variable's name"),
        (CredentialSpec("stripe-live", "file"), "path"),
        (CredentialSpec("other", "env", "KEY"), "not under credentials"),
    ],
)
def test_settings_that_make_no_sense_are_a_problem_at_construction(spec, why):
    with pytest.raises(CredentialProblem, match=why):
        stripe_credentials("", specs=[spec])

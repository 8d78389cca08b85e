"""Stripe's own SDK, understood by the built-in catalogue."""

from decimal import Decimal

import pytest
import stripe

from vendorgate.model import Money
from vendorgate.testing.fake_vendor import FakeVendor

from .sdk_wire import Wire


@pytest.fixture(scope="module")
def wire():
    with FakeVendor() as server:
        yield Wire("stripe", server)


@pytest.fixture(scope="module")
def client(wire):
    return stripe.StripeClient("sk_test_x", base_addresses={"api": wire.url}, max_network_retries=0).v1


PAYMENT = {"amount": 120_00, "currency": "usd"}


@pytest.mark.parametrize(
    ("send", "name", "access", "params"),
    [
        (lambda c: c.transfers.retrieve("tr_1"), "transfers.retrieve", "read", {"transfer": "tr_1"}),
        (lambda c: c.transfers.list({"limit": 3}), "transfers.list", "read", {"limit": 3}),
        (
            lambda c: c.transfers.update("tr_1", {"metadata": {"a": "b"}}),
            "transfers.update",
            "write",
            {"transfer": "tr_1", "metadata": {"a": "b"}},
        ),
        (
            lambda c: c.transfers.reversals.create("tr_1", {"amount": 5}),
            "transfers.reversals.create",
            "write",
            {"transfer": "tr_1", "amount": 5},
        ),
        (lambda c: c.payouts.cancel("po_1"), "payouts.cancel", "write", {"payout": "po_1"}),
        (
            lambda c: c.refunds.create({"payment_intent": "pi_1", "amount": 500, "reason": "duplicate"}),
            "refunds.create",
            "write",
            {"payment_intent": "pi_1", "amount": 500, "reason": "duplicate"},
        ),
        (lambda c: c.refunds.list({"charge": "ch_1"}), "refunds.list", "read", {"charge": "ch_1"}),
        (
            lambda c: c.payment_intents.confirm("pi_1", {"payment_method": "pm_1", "off_session": True}),
            "payment_intents.confirm",
            "write",
            {"intent": "pi_1", "payment_method": "pm_1", "off_session": "true"},
        ),
        (
            lambda c: c.payment_intents.capture("pi_1", {"amount_to_capture": 900}),
            "payment_intents.capture",
            "write",
            {"intent": "pi_1", "amount_to_capture": 900},
        ),
        (lambda c: c.payment_intents.cancel("pi_1"), "payment_intents.cancel", "write", {"intent": "pi_1"}),
        (lambda c: c.payment_intents.retrieve("pi_1"), "payment_intents.retrieve", "read", {"intent": "pi_1"}),
        (
            lambda c: c.payment_intents.list({"customer": "cus_1"}),
            "payment_intents.list",
            "read",
            {"customer": "cus_1"},
        ),
        (
            lambda c: c.payment_intents.search({"query": "amount>100"}),
            "payment_intents.search",
            "read",
            {"query": "amount>100"},
        ),
        (
            lambda c: c.customers.create({"email": "kim@example.com", "metadata": {"team": "blue"}}),
            "customers.create",
            "write",
            {"email": "kim@example.com", "metadata": {"team": "blue"}},
        ),
        (lambda c: c.customers.retrieve("cus_1"), "customers.retrieve", "read", {"customer": "cus_1"}),
        (
            lambda c: c.customers.update("cus_1", {"balance": -500}),
            "customers.update",
            "write",
            {"customer": "cus_1", "balance": -500},
        ),
        (lambda c: c.customers.delete("cus_1"), "customers.delete", "destroy", {"customer": "cus_1"}),
        (lambda c: c.customers.list(), "customers.list", "read", {}),
        (
            lambda c: c.payment_methods.attach("pm_1", {"customer": "cus_1"}),
            "payment_methods.attach",
            "write",
            {"payment_method": "pm_1", "customer": "cus_1"},
        ),
        (
            lambda c: c.setup_intents.create({"automatic_payment_methods": {"enabled": True}}),
            "setup_intents.create",
            "write",
            {"automatic_payment_methods": {"enabled": True}},
        ),
        (
            lambda c: c.subscriptions.create({"customer": "cus_1", "items": [{"price": "price_1"}]}),
            "subscriptions.create",
            "write",
            {"customer": "cus_1", "items": [{"price": "price_1"}]},
        ),
        (lambda c: c.subscriptions.cancel("sub_1"), "subscriptions.cancel", "destroy", {"subscription": "sub_1"}),
        (lambda c: c.invoices.finalize_invoice("in_1"), "invoices.finalize", "write", {"invoice": "in_1"}),
        (lambda c: c.invoices.void_invoice("in_1"), "invoices.void", "destroy", {"invoice": "in_1"}),
        (lambda c: c.invoices.pay("in_1"), "invoices.pay", "write", {"invoice": "in_1"}),
        (lambda c: c.products.create({"name": "Tea"}), "products.create", "write", {"name": "Tea"}),
        (
            lambda c: c.prices.create({"currency": "usd", "unit_amount_decimal": "0.5", "product": "prod_1"}),
            "prices.create",
            "write",
            {"currency": "usd", "unit_amount_decimal": Decimal("0.5"), "product": "prod_1"},
        ),
        (
            lambda c: c.checkout.sessions.create(
                {
                    "mode": "payment",
                    "line_items": [{"price": "price_1", "quantity": 2}],
                    "success_url": "https://a.example/?s={ID}",
                }
            ),
            "checkout.sessions.create",
            "write",
            {
                "mode": "payment",
                "line_items": [{"price": "price_1", "quantity": "2"}],
                "success_url": "https://a.example/?s={ID}",
            },
        ),
        (lambda c: c.checkout.sessions.expire("cs_1"), "checkout.sessions.expire", "write", {"session": "cs_1"}),
        (lambda c: c.accounts.delete("acct_1"), "accounts.delete", "destroy", {"account": "acct_1"}),
        (lambda c: c.balance.retrieve(), "balance.retrieve", "read", {}),
        (lambda c: c.disputes.close("dp_1"), "disputes.close", "write", {"dispute": "dp_1"}),
        (lambda c: c.events.list({"type": "charge.failed"}), "events.list", "read", {"type": "charge.failed"}),
    ],
)
def test_a_request_of_the_sdk_is_understood(wire, client, send, name, access, params):
    call = wire.match(lambda: send(client))
    assert (call.function.name, call.function.access) == (name, access)
    assert call.params == params
    assert call.money is None


@pytest.mark.parametrize(
    ("send", "name"),
    [
        (lambda c: c.transfers.create(PAYMENT | {"destination": "acct_1"}), "transfers.create"),
        (lambda c: c.payouts.create(PAYMENT), "payouts.create"),
        (lambda c: c.topups.create(PAYMENT), "topups.create"),
        (
            lambda c: c.payment_intents.create(PAYMENT | {"payment_method_types": ["card", "link"]}),
            "payment_intents.create",
        ),
        (lambda c: c.charges.create(PAYMENT | {"source": "tok_visa"}), "charges.create"),
    ],
)
def test_money_is_read_in_major_units(wire, client, send, name):
    call = wire.match(lambda: send(client))
    assert call.function.name == name
    assert call.money == Money(Decimal("120.00"), "USD")
    assert call.params["amount"] == 12000
    assert call.function.idempotency == "Idempotency-Key"


def test_a_currency_without_decimals_has_no_minor_unit(wire, client):
    call = wire.match(lambda: client.transfers.create({"amount": 500, "currency": "jpy", "destination": "acct_1"}))
    assert call.money == Money(Decimal(500), "JPY")


def test_lists_and_booleans_have_their_types(wire, client):
    call = wire.match(
        lambda: client.payment_intents.create(
            PAYMENT
            | {
                "payment_method_types": ["card", "link"],
                "confirm": True,
                "transfer_data": {"destination": "acct_1", "amount": 100},
                "expand": ["customer"],
            }
        )
    )
    assert call.params["payment_method_types"] == ["card", "link"]
    assert call.params["confirm"] is True
    assert call.params["transfer_data"] == {"destination": "acct_1", "amount": 100}
    assert call.params["expand"] == ["customer"]


def test_card_numbers_are_sensitive(wire, client):
    call = wire.match(
        lambda: client.tokens.create(
            {"card": {"number": "4242424242424242", "exp_month": "12", "exp_year": "2030", "cvc": "123"}}
        )
    )
    assert call.function.name == "tokens.create"
    assert {"card.number", "card.cvc"} <= set(call.function.sensitive)


def test_what_is_not_listed_is_unlisted(wire, client):
    call = wire.match(lambda: client.issuing.cards.list())
    assert (call.function.name, call.function.listed) == ("unlisted", False)

"""Payments of invoices, and what stands behind them: intents, charges, Stripe's own ledger."""

from stripe.params import (
    BalanceTransactionListParams,
    BalanceTransactionRetrieveParams,
    ChargeRetrieveParams,
    InvoicePaymentListParams,
    InvoicePaymentRetrieveParams,
    PaymentIntentRetrieveParams,
)

from billing.sandbox.listing import page
from billing.sandbox.routing import Route
from billing.sandbox.store import Json
from billing.sandbox.world import World


def list_payments(world: World, params: Json) -> Json:
    """List payments of invoices."""
    intent = params.get("payment", {}).get("payment_intent")
    found = world.store.all(
        "invoice_payment",
        lambda each: (
            params.get("invoice") in (None, each["invoice"])
            and params.get("status") in (None, each["status"])
            and intent in (None, each["payment"].get("payment_intent"))
        ),
    )
    return page(found, params, "/v1/invoice_payments")


def retrieve_payment(world: World, params: Json, key: str) -> Json:
    """Give a payment of an invoice."""
    return world.store.get("invoice_payment", key)


def retrieve_intent(world: World, params: Json, key: str) -> Json:
    """Give a payment intent."""
    return world.store.get("payment_intent", key)


def retrieve_charge(world: World, params: Json, key: str) -> Json:
    """Give a charge."""
    return world.store.get("charge", key)


def list_transactions(world: World, params: Json) -> Json:
    """List the rows of Stripe's own ledger."""
    found = world.store.all(
        "balance_transaction",
        lambda each: (
            params.get("source") in (None, each["source"])
            and params.get("type") in (None, each["type"])
        ),
    )
    return page(found, params, "/v1/balance_transactions")


def retrieve_transaction(world: World, params: Json, key: str) -> Json:
    """Give a row of Stripe's own ledger."""
    return world.store.get("balance_transaction", key)


_PAGE = "created limit starting_after ending_before"
ROUTES = [
    Route("GET", "/v1/invoice_payments", InvoicePaymentListParams, list_payments,
          _PAGE + " invoice status payment"),
    Route("GET", "/v1/invoice_payments/{id}", InvoicePaymentRetrieveParams, retrieve_payment),
    Route("GET", "/v1/payment_intents/{id}", PaymentIntentRetrieveParams, retrieve_intent),
    Route("GET", "/v1/charges/{id}", ChargeRetrieveParams, retrieve_charge),
    Route("GET", "/v1/balance_transactions", BalanceTransactionListParams, list_transactions,
          _PAGE + " source type"),
    Route("GET", "/v1/balance_transactions/{id}", BalanceTransactionRetrieveParams,
          retrieve_transaction),
]  # fmt: skip

"""Every call that the sandbox answers."""

from billing.sandbox.resources import (
    catalogue,
    checkout,
    credit_notes,
    customers,
    events,
    invoice_items,
    invoices,
    payments,
    portal,
    refunds,
    schedules,
    subscription_changes,
    subscription_pauses,
    subscriptions,
)
from billing.sandbox.routing import Route

_FILES = (
    customers,
    catalogue,
    checkout,
    subscriptions,
    subscription_changes,
    subscription_pauses,
    schedules,
    invoices,
    invoice_items,
    payments,
    refunds,
    credit_notes,
    portal,
    events,
)
ROUTES: list[Route] = [route for file in _FILES for route in file.ROUTES]

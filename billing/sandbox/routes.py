"""Every call that the sandbox answers."""

from billing.sandbox.resources import (
    catalogue,
    checkout,
    customers,
    events,
    invoice_items,
    invoices,
    payments,
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
    events,
)
ROUTES: list[Route] = [route for file in _FILES for route in file.ROUTES]

"""Every call that the sandbox answers."""

from billing.sandbox.resources import (
    catalogue,
    checkout,
    customers,
    events,
    invoice_items,
    invoices,
    payments,
    subscriptions,
)
from billing.sandbox.routing import Route

_FILES = (
    customers,
    catalogue,
    checkout,
    subscriptions,
    invoices,
    invoice_items,
    payments,
    events,
)
ROUTES: list[Route] = [route for file in _FILES for route in file.ROUTES]

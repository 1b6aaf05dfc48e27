"""Every call that the sandbox answers."""

from billing.sandbox.resources import catalogue, customers, events
from billing.sandbox.routing import Route

ROUTES: list[Route] = [*customers.ROUTES, *catalogue.ROUTES, *events.ROUTES]

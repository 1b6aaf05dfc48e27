"""Which page an address shows."""

from billing.sandbox.api import Answer, Request
from billing.sandbox.world import World


def hosted(world: World, request: Request) -> Answer:
    """Show the page of an address, or do what its button says."""
    return Answer(404, b"There is no such page.", {"Content-Type": "text/plain"})

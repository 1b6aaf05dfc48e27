"""The sandbox's own controls, at ``/_sandbox/``: what a test in another process turns and reads.

Each takes and gives JSON: ``POST /_sandbox/clock {"days": 31}``.
"""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, replace
from typing import Any

from billing.sandbox.api import Answer, Request
from billing.sandbox.books.cards import DECLINES, give_card
from billing.sandbox.books.due import travel
from billing.sandbox.clock import DAY
from billing.sandbox.failures import Failure, Rule
from billing.sandbox.faults import ApiFault
from billing.sandbox.store import Json
from billing.sandbox.world import World


def controlled(world: World, request: Request) -> Answer:
    """Turn what was asked to be turned, and tell how it stands."""
    control = CONTROLS.get((request.method, request.path.removeprefix("/_sandbox/")))
    if control is None:
        return _told(404, {"controls": sorted(f"{how} {name}" for how, name in CONTROLS)})
    try:
        given = json.loads(request.form or "{}") if request.method == "POST" else {}
        with nullcontext() if control is wait_for_deliveries else world.lock:
            return _told(200, control(world, given))
    except ApiFault as fault:
        return _told(fault.status, fault.body)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return _told(400, {"error": f"{type(error).__name__}: {error}"})


def _told(status: int, body: Any) -> Answer:
    return Answer(status, json.dumps(body, indent=2).encode())


def move_clock(world: World, given: Json) -> Json:
    """Move the clock by ``days`` and ``seconds`` or to ``to``; what falls due happens."""
    ahead = given.get("days", 0) * DAY + given.get("seconds", 0)
    travel(world, int(given.get("to", world.now() + ahead)))
    return {"now": world.now()}


def tell_clock(world: World, given: Json) -> Json:
    """Tell the time."""
    return {"now": world.now()}


def order_failure(world: World, given: Json) -> Json:
    """Let calls fail: ``failure``, and for which ``method`` and ``path``, how many ``times``."""
    world.failures.add(Rule(**{**given, "failure": Failure(given["failure"])}))
    return {"rules": [asdict(rule) for rule in world.failures.rules if rule.times]}


def clear_failures(world: World, given: Json) -> Json:
    """Let nothing fail any more."""
    world.failures.clear()
    return {"rules": []}


def set_endpoints(world: World, given: Json) -> Json:
    """Deliver events to ``url``, signed with ``secret``, and to nowhere else."""
    world.deliveries.endpoints.clear()
    if given.get("url"):
        world.deliveries.add_endpoint(given["url"], given["secret"])
    return {"endpoints": [endpoint.url for endpoint in world.deliveries.endpoints]}


def set_manner(world: World, given: Json) -> Json:
    """Deliver in another manner: copies, shuffled, parallel, late_seconds, held, lost, seed."""
    held = given.pop("held", world.deliveries.manner.held)
    world.deliveries.manner = replace(world.deliveries.manner, **given, held=True)
    if not held:
        world.deliveries.release()
    return asdict(world.deliveries.manner)


def deliver_again(world: World, given: Json) -> Json:
    """Deliver once more: the events named in ``ids``, or all that were never taken."""
    wanted = given.get("ids")
    found = world.store.all(
        "event",
        lambda each: each["id"] in wanted if wanted else each["pending_webhooks"] > 0,
    )
    world.deliveries.again(found)
    return {"events": [event["id"] for event in found]}


def wait_for_deliveries(world: World, given: Json) -> Json:
    """Wait until nothing is under way, for ``seconds`` at most; tell whether that came about.

    Without the world's lock: whoever takes an event may ask the sandbox about it.
    """
    return {"idle": world.deliveries.flush(float(given.get("seconds", 30)))}


def set_card(world: World, given: Json) -> Json:
    """Give a ``customer`` a card that pays, or ``declines`` for a reason."""
    customer = world.store.get("customer", given["customer"])
    declines = given.get("declines", "")
    if declines and declines not in DECLINES:
        raise ValueError(f"a card declines for one of {sorted(DECLINES)}")
    return give_card(world, customer, declines=declines)


def set_habits(world: World, given: Json) -> Json:
    """Change what the account's settings decide: retry_days, after_retries, tax_percent, …"""
    world.habits = replace(world.habits, **given)
    return asdict(world.habits)


def tell_calls(world: World, given: Json) -> Json:
    """Tell which calls came."""
    return {"calls": [asdict(call) for call in world.calls]}


def tell_objects(world: World, given: Json) -> Json:
    """Tell how many objects there are of each kind."""
    return {
        kind: len(table)
        for kind, table in world.store.tables.items()
        if not kind.startswith("sandbox.")
    }


CONTROLS: dict[tuple[str, str], Callable[[World, Json], Json]] = {
    ("GET", "clock"): tell_clock,
    ("POST", "clock"): move_clock,
    ("POST", "failures"): order_failure,
    ("POST", "failures/clear"): clear_failures,
    ("POST", "endpoints"): set_endpoints,
    ("POST", "manner"): set_manner,
    ("POST", "deliver"): deliver_again,
    ("POST", "wait"): wait_for_deliveries,
    ("POST", "cards"): set_card,
    ("POST", "habits"): set_habits,
    ("GET", "calls"): tell_calls,
    ("GET", "objects"): tell_objects,
}

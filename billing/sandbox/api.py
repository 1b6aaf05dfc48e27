"""One call from its bytes to its answer: key, version, parameters, idempotency, failures."""

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

from billing.sandbox.books.due import catch_up
from billing.sandbox.failures import Failure, Rule
from billing.sandbox.faults import ApiFault
from billing.sandbox.idempotency import Kept
from billing.sandbox.listing import presented
from billing.sandbox.parameters import read
from billing.sandbox.routes import ROUTES
from billing.sandbox.routing import Route
from billing.sandbox.store import Json, new_id
from billing.sandbox.world import API_VERSION, Call, World


@dataclass(frozen=True)
class Request:
    """A request as it came. Header names are in small letters."""

    method: str
    path: str
    form: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What goes back. Without a status the connection is closed instead."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


DROPPED = Answer(0)


def answer(world: World, request: Request) -> Answer:
    """Answer a call, or fail as it was ordered."""
    key = request.headers.get("idempotency-key", "") if request.method == "POST" else ""
    request_id = new_id("req")
    rule = world.failures.next_for(request.method, request.path)
    given = _failed_before(rule) or _answered(world, request, request_id, key, rule)
    if rule is not None and rule.failure is Failure.DELAY:
        time.sleep(rule.seconds)
    world.calls.append(Call(request.method, request.path, key, given.status))
    if rule is not None and rule.failure is Failure.DROP_AFTER:
        return DROPPED
    told = {"Request-Id": request_id, "Stripe-Version": API_VERSION}
    if key:
        told["Idempotency-Key"] = key
    return Answer(given.status, given.body, {**told, **given.headers})


def _failed_before(rule: Rule | None) -> Answer | None:
    if rule is None:
        return None
    if rule.failure is Failure.DROP_BEFORE:
        return DROPPED
    if rule.failure is Failure.RATE_LIMIT:
        headers = {"Retry-After": str(int(rule.seconds))} if rule.seconds else {}
        fault = ApiFault(
            "Too many requests hit the API too quickly.", status=429, code="rate_limit"
        )
        return Answer(429, _json(fault.body), headers)
    if rule.failure is Failure.SERVER_ERROR:
        return _SERVER_ERROR
    return None


def _answered(
    world: World, request: Request, request_id: str, key: str, rule: Rule | None
) -> Answer:
    try:
        _check_headers(request)
        route, ids = _route(request)
        params = read(request.form, route.params)
        route.check(params)
        asked = [request.method, request.path, request.form]
        kept = world.keys.begin(key, asked, now=world.now()) if key else None
    except ApiFault as fault:
        return Answer(fault.status, _json(fault.body))
    if kept is not None:
        return Answer(kept.status, kept.body.encode(), {"Idempotent-Replayed": "true"})
    given: Answer | None = None
    with world.lock:
        try:
            given = _done(world, route, ids, params, (request_id, key or None))
            if rule is not None and rule.failure is Failure.SERVER_ERROR_AFTER:
                given = _SERVER_ERROR
        finally:
            if key:
                kept = (
                    Kept(asked, given.status, given.body.decode(), world.now()) if given else None
                )
                world.keys.end(key, kept)
        # The deed and what its key gives from now on are kept together, or neither is.
        if route.method != "GET":
            world.save()
    return given


def _done(
    world: World, route: Route, ids: list[str], params: Json, request: tuple[str, str | None]
) -> Answer:
    """Do what the call asks, and give its answer; whoever calls holds the world's lock."""
    catch_up(world)
    world.request = request
    expand = params.pop("expand", [])
    try:
        done = route.answer(world, params, *ids)
        body = presented(done, world, expand)
    except ApiFault as fault:
        return Answer(fault.status, _json(fault.body))
    finally:
        world.request = (None, None)
    return Answer(200, _json(body))


def _check_headers(request: Request) -> None:
    key = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not re.match(r"[sr]k_test_\w", key):
        raise ApiFault("Invalid API Key provided: the sandbox takes test keys.", status=401)
    version = request.headers.get("stripe-version", API_VERSION)
    if version != API_VERSION:
        raise ApiFault(f"Invalid Stripe API version: the sandbox speaks {API_VERSION}.")


def _route(request: Request) -> tuple[Route, list[str]]:
    for route in ROUTES:
        found = route.pattern.fullmatch(request.path)
        if found and route.method == request.method:
            return route, list(found.groups())
    raise ApiFault(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)


def _json(body: Any) -> bytes:
    return json.dumps(body, indent=2).encode()


_SERVER_ERROR = Answer(
    500,
    _json(ApiFault("An unknown error occurred.", kind="api_error").body),
)

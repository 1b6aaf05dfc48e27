"""What is timed inside the product's own process: the next ticket, and one more promise."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from clients.backends import GroupsBackend
from clients.models import User
from core.calendars import MINUTE, micros
from tickets.actions import take_next
from tickets.models import Engineer, Ticket
from tickets.queries.promises import plan_of
from tickets.rules.queue.forward import Job
from tickets.rules.states import TicketState

_MANY = 30_000


def takes(*, times: int, warm_up: int) -> dict[str, Any]:
    """Let an engineer take so many tickets, and put them back; gives the milliseconds of each."""
    mail = "engineer0@bench.example"
    engineer = User.objects.get(email=mail)
    Engineer.objects.update_or_create(user=engineer, defaults={"wip_limit": _MANY})
    before = set(_in_hand(engineer))
    took, statements = [], []
    for _ in range(warm_up + times):
        # Read anew as each request does: nothing else is known of them yet.
        actor = GroupsBackend().get_user(engineer.pk)
        assert isinstance(actor, User)
        with _counting() as counted:
            began = perf_counter()
            take_next(actor=actor, now=timezone.now())
            took.append((perf_counter() - began) * 1000)
        statements.append(len(counted))
    back = set(_in_hand(engineer)) - before
    Ticket.objects.filter(pk__in=back).update(state=TicketState.QUEUED, assignee=None)
    return {"ms": took[warm_up:], "queries": statements[warm_up:]}


def page_queries(*, path: str, cookie: str) -> dict[str, Any]:
    """Count the statements of a console page."""
    name, _, value = cookie.partition("=")
    browser = Client()
    browser.cookies[name] = value
    browser.get(path, headers={"host": "localhost"})
    with _counting() as counted:
        answer = browser.get(path, headers={"host": "localhost"})
    assert answer.status_code == 200
    return {"queries": len(counted)}


def feasibility(*, times: int) -> dict[str, Any]:
    """Ask whether one more promise can be kept, from the rows on; gives the milliseconds of each.

    ``simulation`` are the milliseconds of the simulation alone.
    """
    took, alone = [], []
    for turn in range(times):
        began = perf_counter()
        now = timezone.now()
        plan = plan_of(now)
        simulating = perf_counter()
        job = Job(0, micros(now) + (8 + turn % 20) * 1440 * MINUTE, 60 * MINUTE)
        refused = plan.trial(job).refused_for(job)
        done = perf_counter()
        assert refused is None, "the set is made so that there is room"
        took.append((done - began) * 1000)
        alone.append((done - simulating) * 1000)
    return {"ms": took, "simulation": alone, "promises": len(plan.jobs)}


def _in_hand(engineer: User) -> list[int]:
    mine = Ticket.objects.filter(assignee=engineer, state=TicketState.IN_PROGRESS)
    return list(mine.values_list("pk", flat=True))


@contextmanager
def _counting() -> Iterator[list[str]]:
    statements: list[str] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield statements

"""That the lists of big tables have an index that gives them their order, or their search."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory

from clients.models import Client, Project, User
from tests import factories
from tickets.models import Report, Ticket
from tickets.queries.pressing import pressing_tickets


def _plan(rows: Any, *, without: tuple[str, ...]) -> str:
    """Give the plan, without the ways that the planner prefers for the few rows of a test."""
    with connection.cursor() as cursor:
        for way in without:
            cursor.execute(f"SET LOCAL enable_{way} = off")
    return str(rows.explain())


def test_what_presses_a_client_comes_in_order_from_an_index(
    project: Project, acme: Client, alice: User, engineer: User
) -> None:
    asked = factories.make_ticket(project=project, engineer=engineer, state="waiting")
    old = factories.make_ticket(project=project, engineer=engineer)
    urgent = factories.make_ticket(project=project, engineer=engineer, severity="S1")
    young = factories.make_ticket(project=project, engineer=engineer)

    assert list(pressing_tickets(alice, client_id=acme.pk)) == [asked, urgent, young, old]
    first = pressing_tickets(alice, client_id=acme.pk)[:7]
    plan = _plan(first, without=("seqscan", "sort", "bitmapscan"))
    assert "client_pressing" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize(
    ("model", "index"), [(Report, "report_title_trigram"), (Ticket, "ticket_title_trigram")]
)
def test_words_of_a_title_are_found_by_an_index(
    db: None, model: type[Report] | type[Ticket], index: str
) -> None:
    console: Any = admin.site.get_model_admin(model)
    request = RequestFactory().get("/")
    found, _ = console.get_search_results(request, model.objects.all(), "export")
    ways = ("seqscan", "indexscan", "indexonlyscan")
    assert index in _plan(found.order_by("-pk")[:50], without=ways)

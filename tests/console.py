"""What tests of the console share."""

from typing import Any

from django.test import Client as Browser

from clients.models import User
from tests.portal import signed_in


def post(user: User, path: str, do: str = "", **data: Any) -> Any:
    """Send one of the console's forms and follow where it leads."""
    return signed_in(user).post(path, {"do": do, **data}, follow=True)


def said(response: Any) -> str:
    """Give the messages and the refusal that the page shows."""
    messages = [str(message) for message in response.context["messages"]]
    refusal = response.context.get("refusal")
    return " ".join([*messages, refusal.message if refusal else ""]).strip()


def queries_of(browser: Browser, path: str, django_assert_max_num_queries: Any, most: int) -> int:
    """Open a page within a number of queries; gives how many it took."""
    with django_assert_max_num_queries(most) as captured:
        assert browser.get(path).status_code == 200
    return len(captured)

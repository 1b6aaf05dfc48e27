"""What tests of the console share."""

from typing import Any

from clients.models import User
from tests.portal import signed_in


def post(user: User, path: str, do: str = "", /, **data: Any) -> Any:
    """Send one of the console's forms and follow where it leads."""
    return signed_in(user).post(path, {"do": do, **data}, follow=True)


def said(response: Any) -> str:
    """Give the messages, the offer to undo and the refusal that the page shows."""
    messages = [str(message) for message in response.context["messages"]]
    refusal = response.context.get("refusal")
    undo = response.context.get("undo")
    messages += [undo["said"]] if undo else []
    return " ".join([*messages, refusal.message if refusal else ""]).strip()

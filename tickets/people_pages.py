"""What the pages about people share, in portal and console: one row each, and three buttons."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse

from clients import actions as client_actions
from clients.models import User
from clients.pages import number_in
from clients.queries import all_projects
from core.errors import InvalidInput
from core.limits import check_limit
from core.text import clean_text
from tickets import actions
from tickets.models import Reporter
from tickets.queries.rights import people_of, requests_of

MOST_PEOPLE = 50
MOST_REQUESTS = 20
EXPORTS_AN_HOUR = 30


def facts_of(client_id: int, wanted: str) -> dict[str, Any]:
    """Give what the page lists."""
    wanted = clean_text(wanted).strip()[:100]
    people = list(people_of(client_id, wanted)[: MOST_PEOPLE + 1])
    return {
        "people": people[:MOST_PEOPLE],
        "has_more": len(people) > MOST_PEOPLE,
        "q": wanted,
        "requests": list(requests_of(client_id)[:MOST_REQUESTS]),
    }


def export(
    client_id: int, data: Mapping[str, str], actor: User, now: datetime
) -> StreamingHttpResponse:
    """Answer with the archive of one person."""
    check_limit("person.export", str(actor.pk), most=EXPORTS_AN_HOUR, seconds=3600, now=now)
    person = _person(client_id, data)
    pieces = actions.export_person(client_id=client_id, reporter_id=person.pk, actor=actor, now=now)
    answer = StreamingHttpResponse(pieces, content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="person-{person.pk}.zip"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def erase(client_id: int, data: Mapping[str, str], actor: User, now: datetime) -> str:
    """Have a person be erased whose address was typed; gives what to say of it."""
    person = _person(client_id, data)
    if data.get("confirm", "").strip().lower() != confirm_word(person).lower():
        raise InvalidInput(f"Type {confirm_word(person)} to erase this person.", field="confirm")
    actions.erase_person(client_id=client_id, reporter_id=person.pk, actor=actor, now=now)
    return "It is being erased. Below you see when all of it is gone."


def set_retention(client_id: int, data: Mapping[str, str], actor: User, now: datetime) -> str:
    """Keep what people said of an app for so many days; nothing typed is for ever."""
    project = all_projects(client_id).get(pk=number_in(data.get("project", "")) or 0)
    typed = data.get("retention_days", "").strip()
    days = number_in(typed)
    if typed and days is None:
        raise InvalidInput("Give a whole number of days.", field="retention_days")
    client_actions.set_retention(project_id=project.pk, days=days, actor=actor, now=now)
    if days is None:
        return f"What people say about {project.name} is kept."
    return f"What people say about {project.name} is blanked {days} days after the end of its work."


def confirm_word(person: Reporter) -> str:
    """Give what has to be typed before somebody is erased."""
    named = (person.user.email if person.user else person.email) or person.name
    return named or person.signed_id


def _person(client_id: int, data: Mapping[str, str]) -> Reporter:
    """Give the row that is named; raises Reporter.DoesNotExist for a foreign one."""
    return people_of(client_id).get(pk=number_in(data.get("person", "")) or 0)

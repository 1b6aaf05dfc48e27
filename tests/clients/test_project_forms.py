"""The questions of a project: published, kept in versions, edited in the console."""

from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clients.actions import archive_project, publish_form
from clients.models import ClientEvent, Project, ProjectForm, User
from clients.queries import form_of, schema_for
from core.errors import InvalidInput, MoveRefused
from tests.console import post, said
from tests.portal import signed_in

ORDER = "- {name: order, type: text, label: Order number, required: yes}"


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


def _publish(project: Project, source: str, now: datetime) -> ProjectForm | None:
    return publish_form(project_id=project.pk, source=source, actor=None, now=now)


def test_each_change_is_a_version_and_the_newest_is_asked(project: Project, now: datetime) -> None:
    assert form_of(project.pk) is None and schema_for(project.pk)["version"] == 0
    first = _publish(project, ORDER, now)
    assert first and first.number == 1
    assert _publish(project, f"{ORDER}\r\n", now) == first
    second = _publish(project, "", now)
    assert second and (second.number, second.questions) == (2, [])
    assert form_of(project.pk) == second and form_of(project.pk, 1) == first
    events = ClientEvent.objects.filter(kind="form.published").order_by("pk")
    assert [event.data for event in events] == [
        {"version": 1, "questions": 1}, {"version": 2, "questions": 0},
    ]  # fmt: skip


def test_no_questions_at_first_are_no_version(project: Project, now: datetime) -> None:
    assert _publish(project, "  ", now) is None and not ProjectForm.objects.exists()


def test_a_version_never_changes(project: Project, now: datetime) -> None:
    _publish(project, ORDER, now)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ProjectForm.objects.update(asked=[])


def test_an_archived_project_asks_nothing_new(
    project: Project, ops_admin: User, now: datetime
) -> None:
    archive_project(project_id=project.pk, actor=ops_admin, now=now)
    with pytest.raises(MoveRefused):
        _publish(project, ORDER, now)


def test_what_is_wrong_changes_nothing(project: Project, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        _publish(project, "- x", now)
    assert not ProjectForm.objects.exists()


def test_staff_publish_questions_after_a_look_at_them(project: Project, engineer: User) -> None:
    path = f"/console/projects/{project.pk}/form/"
    seen = signed_in(engineer).post(
        path, {"do": "preview", "source": ORDER}, headers={"HX-Request": "true"}
    )
    shown = seen.content.decode()
    assert "Order number" in shown and "<html" not in shown and not ProjectForm.objects.exists()
    page = post(engineer, path, "publish", source=ORDER)
    assert "Published" in said(page) and "v1" in page.content.decode()
    assert "asked 1 question besides" in signed_in(engineer).get(
        f"/console/projects/{project.pk}/"
    ).content.decode().replace("\n", " ")
    assert "Nothing changed" in said(post(engineer, path, "publish", source=ORDER))


def test_a_mistake_is_shown_with_its_line_and_what_was_typed(
    project: Project, engineer: User
) -> None:
    typed = "- name: order\n  type: <b>"
    page = signed_in(engineer).post(
        f"/console/projects/{project.pk}/form/", {"do": "publish", "source": typed}
    )
    assert page.status_code == 400
    assert "Line 2" in said(page) and "&lt;b&gt;" in page.content.decode()


def test_no_client_comes_to_the_console_s_page(project: Project, alice: User) -> None:
    answer = signed_in(alice).get(f"/console/projects/{project.pk}/form/")
    assert answer.status_code in (302, 403)


def test_the_page_costs_the_same_whatever_is_asked(
    project: Project, engineer: User, now: datetime
) -> None:
    browser = signed_in(engineer)
    for n in range(5):
        _publish(project, ORDER.replace("number", str(n)), now)
    with CaptureQueriesContext(connection) as seen:
        browser.get(f"/console/projects/{project.pk}/form/")
    assert len(seen) <= 14

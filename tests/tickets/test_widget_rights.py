"""The rights of whom a client's app vouched for: nothing is kept of them that is not erased."""

import io
import json
import zipfile
from datetime import datetime

import pytest

from clients.models import Project, User
from tests import factories
from tests.portal import signed_in
from tickets import actions, tasks
from tickets.actions import Sender
from tickets.models import PersonRequest, Report, ReportDetails, Reporter, Source
from tickets.queries.people import mail_reporters, reach_of, ships_to_ask

pytestmark = pytest.mark.django_db
KIM = "u-7"


def _report(project: Project, now: datetime, email: str = "", signed_id: str = KIM) -> Report:
    report, _ = actions.receive_report(
        project_id=project.pk, source=Source.WIDGET, text="It broke.", actor=None, now=now,
        sender=Sender(email=email, signed_id=signed_id),
        context={"user": {"id": signed_id, "signed": True}},
    )  # fmt: skip
    return report


def _erase(reporter: Reporter, now: datetime) -> PersonRequest:
    request = actions.erase_person(
        client_id=reporter.client_id, reporter_id=reporter.pk, actor=None, now=now
    )
    tasks.erase_people()
    request.refresh_from_db()
    return request


def test_a_signed_person_is_given_out_and_erased(project: Project, now: datetime) -> None:
    report = _report(project, now, "kim@example.com")
    typed = _report(project, now, "kim@example.com", signed_id="")
    ticket = factories.make_ticket(report, now=now)
    kim = Reporter.objects.get(signed_id=KIM)
    pieces = actions.export_person(
        client_id=kim.client_id, email="kim@example.com", actor=None, now=now
    )
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        rows = json.loads(archive.read("person.json"))
        kept = json.loads(archive.read(f"reports/{report.number}.json"))
    assert {row["signed_id"] for row in rows} == {KIM, ""}
    assert kept["context"]["user"]["id"] == KIM

    assert _erase(kim, now).counts["reports"] == 2
    kim.refresh_from_db()
    assert (kim.signed_id, kim.email, kim.name) == ("", "", "")
    assert not ReportDetails.objects.filter(report__in=[report, typed]).exists()
    assert reach_of([ticket.pk]) == (1, 0), "who counted still does"

    again = _report(project, now)
    assert again.reporter_id != kim.pk


def test_who_is_known_by_an_id_alone_can_be_erased_on_the_page(
    project: Project, alice: User, now: datetime
) -> None:
    kim = _report(project, now).reporter
    assert kim is not None
    browser = signed_in(alice)
    assert f"Type {KIM}" in browser.get("/portal/settings/people/").content.decode()
    browser.post("/portal/settings/people/", {"action": "erase", "person": kim.pk, "confirm": ""})
    assert not PersonRequest.objects.exists()
    browser.post("/portal/settings/people/", {"action": "erase", "person": kim.pk, "confirm": KIM})
    assert PersonRequest.objects.get().reporters == [kim.pk]


def test_an_address_is_mailed_once_though_it_is_two_people_s(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(_report(project, now, "kim@example.com"), engineer=engineer)
    typed = _report(project, now, "kim@example.com", signed_id="")
    actions.propose_triage(report_id=typed.pk, now=now)
    actions.join_report(report_id=typed.pk, number=ticket.number, actor=engineer, now=now)
    assert [person.signed_id for person in mail_reporters(ticket.pk)] == [KIM]
    assert reach_of([ticket.pk]) == (1, 0)
    factories.walk_ticket(ticket, "shipped", engineer=engineer)
    assert ticket.fix_checks.count() == 1
    assert not ships_to_ask(since=now).filter(pk=ticket.pk).exists()

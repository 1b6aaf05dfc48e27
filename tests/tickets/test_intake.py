"""From the first message to a decision: receiving, triage, alerts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_q.models import OrmQ
from pytest_django.fixtures import Settings

from clients import actions as client_actions
from clients.actions import publish_form
from clients.models import ApiKey, Client, ClientEvent, Project, User
from clients.rules.calendars import office_hours
from core.calendars import Calendar
from core.errors import InvalidInput, KeyReused, MoveRefused
from core.models import OutboxMessage
from core.text import render_plain
from tests import factories
from tickets import actions, tasks
from tickets.actions.alerts import raise_alert
from tickets.models import (
    Alert,
    Attachment,
    Comment,
    Report,
    ReportDetails,
    Source,
    Ticket,
    TicketEvent,
    TimeEntry,
    Triage,
)
from tickets.models import TicketEventKind as Kind
from tickets.rules.states import ReportState

DOWN = "URGENT: the whole site is down, nobody can log in, everything shows a 502 since an hour!"


def kinds(about: Report | Ticket) -> list[str]:
    rows = about.events.exclude(kind__startswith="sla.").order_by("pk")
    return list(rows.values_list("kind", flat=True))


def mails(reference: str) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(reference=reference).order_by("pk"))


# --- receiving ---------------------------------------------------------------------------------


def test_a_headline_is_cut_between_words_and_shows_that_it_goes_on(project: Project) -> None:
    text = "Nach dem Klick auf den Link in der Mail lande ich wieder auf der Anmeldeseite. Immer."
    report = Report(project=project, text=f"Anmeldung geht nicht: {text}")
    assert report.headline.endswith("wieder auf der…")
    assert Report(project=project, text="It is  down").headline == "It is down"


def test_a_report_is_kept_exactly_as_it_came(project: Project, bob: User, now: datetime) -> None:
    text = "  It broke:\n\n\t**always** <b>x</b> 🚀\r\nafter paying  "
    report = factories.make_report(
        project, text, by=bob, title="Credits", page_url="https://shop.test/pay/1?x=1",
        user_agent="Firefox", device="Pixel 9", claimed_severity="S2", now=now,
        signals=[("release", "1.2"), ("fingerprint", "abc")],
    )  # fmt: skip
    report.refresh_from_db()
    assert report.text == text.replace("\r\n", "\n")
    assert (report.state, report.number, report.client) == ("received", report.pk, project.client)
    assert (report.page_url, report.device) == ("https://shop.test/pay/1?x=1", "Pixel 9")
    assert report.reporter and report.reporter.user == bob and report.reporter.counts
    assert sorted(report.signals.values_list("kind", "value")) == [
        ("fingerprint", "abc"), ("page", "/pay/*"), ("release", "1.2"),
    ]  # fmt: skip
    (event,) = report.events.all()
    assert (event.kind, event.actor_user, event.client) == (
        Kind.REPORT_RECEIVED, bob, project.client,
    )  # fmt: skip
    assert report.respond_by_at
    assert event.data == {
        "source": "portal", "respond_by_at": report.respond_by_at.isoformat(),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " \n\t\x00 "}, "text"),
        ({"text": "x" * 50_001}, "text"),
        ({"claimed_severity": "S9"}, "claimed_severity"),
        ({"page_url": "https://a.test/" + "x" * 2000}, "page_url"),
        ({"sender": actions.Sender(email="not an address")}, "reporter.email"),
        ({"sender": actions.Sender(email="a" * 300 + "@x.test")}, "reporter.email"),
        ({"signals": [("colour", "red")]}, "signals"),
        ({"signals": [("release", "")]}, "signals"),
        ({"signals": [("release", "x" * 301)]}, "signals"),
        ({"signals": [("release", str(n)) for n in range(51)]}, "signals"),
        ({"attachment_ids": [10**9]}, "attachments"),
        ({"attachment_ids": range(1, 30)}, "attachments"),
        ({"source_key": "k" * 201}, "source_key"),
        ({"source_key": "a\x00b"}, "source_key"),
    ],
)
def test_bad_input_is_refused_by_its_field_and_stores_nothing(
    project: Project, now: datetime, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        actions.receive_report(**{
            "project_id": project.pk, "source": Source.API, "text": "It broke", "actor": None,
            "now": now, **wrong,
        })  # fmt: skip
    assert refusal.value.field == field
    assert not Report.objects.exists() and not TicketEvent.objects.exists()


def test_what_comes_along_is_kept_beside_the_report_and_known_again(
    project: Project, alice: User, now: datetime
) -> None:
    bare = factories.make_report(project, actor=alice, now=now)
    assert not ReportDetails.objects.exists()

    form = "- {name: shop, type: text, label: Shop}"
    publish_form(project_id=project.pk, source=form, actor=None, now=now)
    came: dict[str, Any] = {
        "context": {"console": ["a\x00b", "half \ud83d"], "viewport": {"width": 390}},
        "answers": {"shop": "Berl\x00in"},
    }
    report = factories.make_report(project, actor=alice, now=now, source_key="once", **came)
    again = factories.make_report(project, actor=alice, now=now, source_key="once", **came)
    with pytest.raises(KeyReused):
        factories.make_report(project, actor=alice, now=now, source_key="once")

    kept = ReportDetails.objects.get()
    assert kept.report == report == again != bare
    assert kept.context == {"console": ["ab", "half "], "viewport": {"width": 390}}
    assert kept.answers == {"form": 1, "given": {"shop": "Berlin"}}
    with pytest.raises(InvalidInput) as refusal:
        factories.make_report(project, actor=alice, now=now, context={"console": "x" * 100_001})
    assert refusal.value.field == "context"


def test_a_member_of_another_client_cannot_be_the_reporter(
    project: Project, charlie: User, engineer: User, now: datetime
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        actions.receive_report(
            project_id=project.pk, source=Source.STAFF, text="x", actor=engineer, now=now,
            sender=actions.Sender(user=charlie),
        )  # fmt: skip
    assert refusal.value.field == "reporter"


def test_nothing_comes_in_for_an_archived_project(
    project: Project, ops_admin: User, now: datetime
) -> None:
    client_actions.archive_project(project_id=project.pk, actor=ops_admin, now=now)
    with pytest.raises(MoveRefused):
        factories.make_report(project, now=now)


def test_the_same_key_gives_the_first_report_and_another_content_is_refused(
    project: Project, api_key: ApiKey, now: datetime
) -> None:
    sent: dict[str, Any] = {
        "project_id": project.pk, "source": Source.API, "actor": api_key, "source_key": "a",
        "now": now, "text": "It broke",
    }  # fmt: skip
    first, is_new = actions.receive_report(**sent)
    again, is_new_again = actions.receive_report(**sent)
    assert (is_new, is_new_again, again.pk) == (True, False, first.pk)
    for change in (
        {"text": "Else"}, {"title": "T"}, {"claimed_severity": "S1"},
        {"signals": [("release", "1")]}, {"sender": actions.Sender(email="x@y.test")},
    ):  # fmt: skip
        with pytest.raises(KeyReused):
            actions.receive_report(**{**sent, **change})
    # Other sources and other projects have their own keys.
    assert actions.receive_report(**{**sent, "source": Source.PORTAL, "actor": None})[1]
    sibling = factories.make_project(project.client, now=now)
    assert actions.receive_report(**{**sent, "project_id": sibling.pk, "actor": None})[1]
    assert Report.objects.count() == 3


def test_an_address_is_one_reporter_whatever_its_case_and_never_another_client_s(
    project: Project, foreign_project: Project, now: datetime
) -> None:
    one = factories.make_report(project, email="Ann@X.test", now=now)
    two = factories.make_report(project, email="ann@x.test ", now=now)
    foreign = factories.make_report(foreign_project, email="ann@x.test", now=now)
    assert one.reporter == two.reporter != foreign.reporter


def test_only_the_uploader_may_tie_a_file_and_only_once(
    project: Project, alice: User, bob: User, api_key: ApiKey, now: datetime
) -> None:
    file = factories.make_attachment(actor=alice, now=now)
    for thief in (bob, api_key, None):
        with pytest.raises(InvalidInput):
            actions.receive_report(
                project_id=project.pk, source=Source.API, text="x", actor=thief, now=now,
                attachment_ids=[file.pk],
            )  # fmt: skip
    factories.make_report(project, by=alice, attachment_ids=[file.pk], now=now)
    with pytest.raises(InvalidInput):
        factories.make_report(project, by=alice, attachment_ids=[file.pk], now=now)


def test_a_file_of_one_key_is_not_tied_by_the_key_of_another_client(
    project: Project, foreign_project: Project, api_key: ApiKey, now: datetime
) -> None:
    foreign_key, _ = factories.make_api_key(project=foreign_project, now=now)
    file = factories.make_attachment(actor=foreign_key, now=now)
    with pytest.raises(InvalidInput):
        actions.receive_report(
            project_id=project.pk, source=Source.API, text="x", actor=api_key, now=now,
            attachment_ids=[file.pk],
        )  # fmt: skip


def test_loose_files_are_swept_after_a_day_and_tied_ones_stay(
    project: Project, alice: User, now: datetime
) -> None:
    from django.core.files.storage import default_storage

    loose = factories.make_attachment(actor=alice, now=now)
    tied = factories.make_attachment(actor=alice, now=now)
    factories.make_report(project, by=alice, attachment_ids=[tied.pk], now=now)
    assert actions.sweep_loose_attachments(now=now + timedelta(hours=23)) == 0
    assert actions.sweep_loose_attachments(now=now + timedelta(hours=25)) == 1
    assert list(Attachment.objects.all()) == [tied]
    assert not default_storage.exists(loose.path)
    assert default_storage.exists(tied.path)


# --- the promise -------------------------------------------------------------------------------


def test_the_promised_response_follows_the_plan_and_only_ever_moves_nearer(
    project: Project, engineer: User, now: datetime, settings: Settings
) -> None:
    at = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
    office = Calendar.of(office_hours(settings.OFFICE_TIME_ZONE))

    def promise(priority: str) -> datetime:
        return office.add_minutes(at, factories.TARGETS[priority][0])

    claimed = factories.make_report(project, "A typo", claimed_severity="S1", now=at)
    assert claimed.respond_by_at == promise("P3")
    actions.propose_triage(report_id=claimed.pk, now=at)
    claimed.refresh_from_db()
    assert claimed.respond_by_at == promise("P3")

    down = factories.make_report(project, "The whole shop is down for everybody", now=at)
    actions.propose_triage(report_id=down.pk, now=at)
    actions.accept_report(report_id=down.pk, actor=engineer, severity="S4", now=at)
    down.refresh_from_db()
    assert down.respond_by_at == promise("P1")

    unclaimed = factories.make_report(project, "The text is grey", now=at)
    assert unclaimed.respond_by_at == promise("P3")
    actions.propose_triage(report_id=unclaimed.pk, now=at)
    actions.accept_report(report_id=unclaimed.pk, actor=engineer, severity="S1", now=at)
    unclaimed.refresh_from_db()
    assert unclaimed.respond_by_at == promise("P1")


@pytest.mark.parametrize("state", ["draft", "paused", "suspended", "ended"])
def test_nothing_is_promised_while_no_retainer_is_served(db: None, state: str) -> None:
    client = factories.make_client()
    factories.make_retainer(client=client, state=state)
    report = factories.make_triaged_report(factories.make_project(client))
    assert report.respond_by_at is None


@pytest.mark.parametrize("state", ["trialing", "active", "past_due"])
def test_a_served_retainer_promises(db: None, state: str) -> None:
    client = factories.make_client()
    factories.make_retainer(client=client, state=state)
    assert factories.make_report(factories.make_project(client)).respond_by_at


# --- triage ------------------------------------------------------------------------------------


def test_a_proposal_is_made_once_with_reasons(project: Project, now: datetime) -> None:
    report = factories.make_report(project, "My customer paid and got no credits.", now=now)
    triage = actions.propose_triage(report_id=report.pk, now=now)
    assert triage and triage.kind == "payment" and triage.reasons and triage.title
    assert actions.propose_triage(report_id=report.pk, now=now) is None
    assert kinds(report) == [Kind.REPORT_RECEIVED, Kind.REPORT_PROPOSED]


def test_a_report_not_triaged_yet_cannot_be_judged(
    project: Project, engineer: User, now: datetime
) -> None:
    report = factories.make_report(project, email="r@x.test", now=now)
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    who: dict[str, Any] = {"report_id": report.pk, "actor": engineer, "now": now}
    for judge in (
        lambda: actions.accept_report(**who),
        lambda: actions.join_report(number=ticket.number, **who),
        lambda: actions.decline_report(reason="spam", message="", **who),
        lambda: actions.ask_reporter(question="?", **who),
        lambda: actions.reconsider_report(**who),
    ):
        with pytest.raises(MoveRefused):
            judge()


def test_accepting_opens_a_ticket_under_the_report_s_number(
    project: Project, engineer: User, bob: User, now: datetime
) -> None:
    report = factories.make_triaged_report(project, by=bob, now=now)
    ticket = actions.accept_report(
        report_id=report.pk, actor=engineer, now=now, kind="payment", severity="S2",
        title="  No   credits ", estimate_minutes=90,
    )  # fmt: skip
    report.refresh_from_db()
    assert (ticket.number, ticket.state, ticket.priority) == (report.number, "queued", "P2")
    assert (ticket.title, ticket.reach, ticket.estimate_minutes) == ("No credits", 1, 90)
    assert ticket.severity_confirmed_at == now
    assert (report.state, report.ticket) == ("accepted", ticket)
    triage = report.triage
    assert (triage.decided_kind, triage.decided_severity, triage.decided_by) == (
        "payment", "S2", engineer,
    )  # fmt: skip
    assert (triage.decided_title, triage.decided_estimate_minutes) == ("No credits", 90)
    assert kinds(report)[-1] == Kind.REPORT_ACCEPTED
    assert kinds(ticket) == [Kind.REPORT_ACCEPTED, Kind.TICKET_OPENED, Kind.COMMITTED]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "love"}, "kind"), ({"severity": "S0"}, "severity"), ({"title": "  "}, "title"),
        ({"estimate_minutes": 4}, "estimate_minutes"), ({"estimate_minutes": 0},
        "estimate_minutes"), ({"estimate_minutes": 12_001}, "estimate_minutes"),
        ({"estimate_minutes": -5}, "estimate_minutes"),
    ],
)  # fmt: skip
def test_accepting_names_the_field_at_fault(
    project: Project, engineer: User, now: datetime, wrong: dict[str, Any], field: str
) -> None:
    report = factories.make_triaged_report(project, now=now)
    with pytest.raises(InvalidInput) as refusal:
        actions.accept_report(report_id=report.pk, actor=engineer, now=now, **wrong)
    assert refusal.value.field == field
    assert not Ticket.objects.exists()


def test_the_system_s_acceptance_confirms_nothing_until_a_person_edits(
    project: Project, engineer: User, now: datetime
) -> None:
    report = factories.make_triaged_report(project, source=Source.IMPORT, now=now)
    ticket = actions.accept_report(report_id=report.pk, actor=None, now=now)
    assert ticket.severity_confirmed_at is None
    assert Triage.objects.get(report=report).decided_at is None
    actions.edit_ticket(
        ticket_id=ticket.pk, version=ticket.version, kind="polish", severity="S4",
        title=ticket.title, estimate_minutes=30, actor=engineer, now=now,
    )  # fmt: skip
    triage = Triage.objects.get(report=report)
    assert (triage.decided_kind, triage.decided_severity) == ("polish", "S4")
    assert triage.decided_by == engineer
    assert Kind.SEVERITY_CONFIRMED in kinds(ticket)


def test_joining_counts_each_person_once(
    project: Project, engineer: User, alice: User, bob: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, by=alice, now=now)
    for facts in ({"by": bob}, {"by": bob}, {"email": "ann@x.test"}, {"email": "ann@x.test"}, {}):
        report = factories.make_triaged_report(project, now=now, **facts)
        actions.join_report(report_id=report.pk, number=ticket.number, actor=engineer, now=now)
    ticket.refresh_from_db()
    assert (ticket.reach, ticket.unsigned_reach) == (2, 1)
    assert kinds(ticket).count(Kind.REACH_CHANGED) == 1
    assert ticket.reports.count() == 6


def test_joining_answers_the_reporter_without_another_s_words(
    project: Project, engineer: User, alice: User, now: datetime
) -> None:
    ticket = factories.make_ticket(
        project=project, engineer=engineer, by=alice, title="Jane Doe got no credits", now=now
    )
    report = factories.make_triaged_report(project, email="ann@x.test", now=now)
    actions.join_report(report_id=report.pk, number=ticket.number, actor=engineer, now=now)
    report.refresh_from_db()
    assert report.first_response_at == now
    mail = OutboxMessage.objects.get(recipient="ann@x.test")
    assert f"#{ticket.number}" in mail.text
    assert "Jane Doe" not in mail.text + mail.subject


def test_who_joins_a_shipped_ticket_is_asked_whether_the_fix_works(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, state="shipped", now=now)
    report = factories.make_triaged_report(project, email="late@x.test", now=now)
    later = now + timedelta(days=9)
    actions.join_report(report_id=report.pk, number=ticket.number, actor=engineer, now=later)
    mail = OutboxMessage.objects.get(recipient="late@x.test")
    assert "A fix is live" in mail.text

    nudge = OrmQ.objects.latest("pk").task
    assert nudge["func"] == "tickets.tasks.ask_reporters"
    actions.ask_reporters(now=later, **nudge["kwargs"])
    assert ticket.fix_checks.get(state="asked").reporter.email == "late@x.test"


def test_reach_raises_priority_but_p1_waits_for_a_person(
    project: Project, acme: Client, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, severity="S2", now=now)
    for _ in range(5):
        person = factories.make_member(acme, now=now).user
        report = factories.make_triaged_report(project, by=person, now=now)
        actions.join_report(report_id=report.pk, number=ticket.number, actor=engineer, now=now)
    ticket.refresh_from_db()
    assert (ticket.reach, ticket.priority, ticket.awaits_p1_approval) == (5, "P2", True)
    ticket = actions.approve_p1(ticket_id=ticket.pk, actor=engineer, now=now)
    assert ticket.priority == "P1"
    with pytest.raises(MoveRefused):
        actions.approve_p1(ticket_id=ticket.pk, actor=engineer, now=now)


def test_joining_is_refused_for_another_client_s_or_a_finished_ticket(
    project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    report = factories.make_triaged_report(project, now=now)
    foreign = factories.make_ticket(project=foreign_project, engineer=engineer, now=now)
    closed = factories.make_ticket(project=project, engineer=engineer, state="closed", now=now)
    for number, refusal in (
        (foreign.number, InvalidInput), (10**12, InvalidInput), (closed.number, MoveRefused),
    ):  # fmt: skip
        with pytest.raises(refusal) as caught:
            actions.join_report(report_id=report.pk, number=number, actor=engineer, now=now)
        assert caught.value.field == "number"


def test_declining_tells_the_reporter_and_spam_tells_nobody(
    project: Project, engineer: User, now: datetime
) -> None:
    real = factories.make_triaged_report(project, email="r@x.test", now=now)
    spam = factories.make_triaged_report(project, email="s@x.test", now=now)
    who: dict[str, Any] = {"actor": engineer, "now": now}
    with pytest.raises(InvalidInput):
        actions.decline_report(report_id=real.pk, reason="answered", message=" ", **who)
    with pytest.raises(InvalidInput):
        actions.decline_report(report_id=real.pk, reason="because", message="x", **who)
    actions.decline_report(report_id=real.pk, reason="answered", message="See\x00 docs", **who)
    actions.decline_report(report_id=spam.pk, reason="spam", message="", **who)
    (mail,) = mails(f"ticket:{real.number}")
    assert mail.recipient == "r@x.test" and "See docs" in mail.text
    assert not mails(f"ticket:{spam.number}")
    assert Triage.objects.get(report=spam).decided_kind == "spam"
    assert Report.objects.get(pk=real.pk).first_response_at == now


def test_asking_waits_for_an_answer_which_brings_the_report_back(
    project: Project, engineer: User, bob: User, now: datetime
) -> None:
    report = factories.make_triaged_report(project, by=bob, now=now)
    later = now + timedelta(hours=1)
    actions.ask_reporter(report_id=report.pk, question="Which browser?", actor=engineer, now=now)
    report.refresh_from_db()
    assert (report.state, report.first_response_at) == (ReportState.ASKED, now)
    actions.reply_to_report(report_id=report.pk, body="More of us", actor=engineer, now=later)
    report.refresh_from_db()
    assert (report.state, report.first_response_at) == (ReportState.ASKED, now)
    actions.reply_to_report(report_id=report.pk, body="Firefox", actor=bob, now=later)
    report.refresh_from_db()
    assert report.state == ReportState.PROPOSED
    assert kinds(report)[-1] == Kind.REPORT_ANSWERED
    assert Comment.objects.filter(report=report).count() == 3


@pytest.mark.parametrize("judge", ["accept", "decline", "join"])
def test_a_report_that_waits_for_an_answer_can_still_be_judged(
    project: Project, engineer: User, now: datetime, judge: str
) -> None:
    report = factories.make_triaged_report(project, email="r@x.test", now=now)
    actions.ask_reporter(report_id=report.pk, question="Which?", actor=engineer, now=now)
    who: dict[str, Any] = {"report_id": report.pk, "actor": engineer, "now": now}
    if judge == "accept":
        actions.accept_report(**who)
    elif judge == "decline":
        actions.decline_report(reason="out_of_scope", message="No", **who)
    else:
        ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
        actions.join_report(number=ticket.number, **who)
    assert Report.objects.get(pk=report.pk).state != ReportState.ASKED


def test_nobody_is_asked_where_nobody_is_known(
    project: Project, engineer: User, now: datetime
) -> None:
    report = factories.make_triaged_report(project, now=now)
    with pytest.raises(MoveRefused):
        actions.ask_reporter(report_id=report.pk, question="?", actor=engineer, now=now)
    known = factories.make_triaged_report(project, email="a@x.test", now=now)
    with pytest.raises(InvalidInput):
        actions.ask_reporter(report_id=known.pk, question=" ", actor=engineer, now=now)


def test_a_declined_report_can_be_taken_back_and_then_accepted(
    project: Project, engineer: User, now: datetime
) -> None:
    report = factories.make_declined_report(project, actor=engineer, now=now)
    report = actions.reconsider_report(report_id=report.pk, actor=engineer, now=now)
    assert (report.state, report.decline_reason) == (ReportState.PROPOSED, "")
    assert Triage.objects.get(report=report).decided_at is None
    with pytest.raises(MoveRefused):
        actions.reconsider_report(report_id=report.pk, actor=engineer, now=now)
    assert actions.accept_report(report_id=report.pk, actor=engineer, now=now)


# --- somebody hears it -------------------------------------------------------------------------


def test_a_proposed_s1_wakes_whoever_is_on_call(
    project: Project, engineer: User, engineer2: User, ops_admin: User, now: datetime,
    settings: Settings,
) -> None:  # fmt: skip
    settings.ALERT_WEBHOOK_URL = "https://hooks.test/x"
    factories.make_shift(engineer=engineer, now=now)
    factories.make_shift(engineer=engineer2, now=now - timedelta(days=2))
    report = factories.make_triaged_report(project, text=DOWN, now=now)
    assert report.triage.severity == "S1"
    alert = Alert.objects.get(report=report)
    assert alert.escalate_at == now + timedelta(minutes=15)
    told = mails(f"alert:{alert.pk}")
    assert [(m.channel, m.recipient) for m in told] == [
        ("mail", engineer.email), ("webhook", "alerts"),
    ]  # fmt: skip
    assert f"/triage/{report.number}/" in told[0].whole_text
    raise_alert(report=report, now=now)
    assert len(mails(f"alert:{alert.pk}")) == 2


def test_an_alert_carries_no_link_of_the_reporter(
    project: Project, engineer: User, now: datetime
) -> None:
    factories.make_shift(engineer=engineer, now=now)
    text = f"[Acknowledge it here](https://evil.test) {DOWN}"
    report = factories.make_triaged_report(project, text=text, now=now)
    (told,) = mails(f"alert:{report.alert.pk}")
    assert "Acknowledge it here] (https" in told.whole_text
    assert "<a " not in render_plain(told.notice, ours="https://ops.test")


def test_with_nobody_on_call_the_ops_admins_and_the_lead_hear_it(
    project: Project, acme: Client, engineer: User, ops_admin: User, now: datetime
) -> None:
    client_actions.set_lead(client_id=acme.pk, lead_id=engineer.pk, actor=ops_admin, now=now)
    gone = factories.make_staff(now=now)
    factories.make_shift(engineer=gone, now=now)
    client_actions.set_staff_role(user_id=gone.pk, role="", actor=ops_admin, now=now)
    report = factories.make_triaged_report(project, text=DOWN, now=now)
    told = {mail.recipient for mail in mails(f"alert:{report.alert.pk}")}
    assert told == {engineer.email, ops_admin.email}


def test_an_alert_nobody_took_reaches_the_lead_once(
    project: Project, acme: Client, engineer: User, engineer2: User, ops_admin: User, now: datetime
) -> None:
    factories.make_shift(engineer=engineer, now=now)
    client_actions.set_lead(client_id=acme.pk, lead_id=engineer2.pk, actor=ops_admin, now=now)
    report = factories.make_triaged_report(project, text=DOWN, now=now)
    alert = report.alert
    late = now + timedelta(minutes=15)
    assert not actions.escalate_alerts(client_id=alert.client_id, now=late - timedelta(seconds=1))
    assert actions.escalate_alerts(client_id=alert.client_id, now=late)
    assert not actions.escalate_alerts(client_id=alert.client_id, now=late)
    assert [mail.recipient for mail in mails(f"alert:{alert.pk}")] == [
        engineer.email, engineer2.email,
    ]  # fmt: skip
    assert kinds(report).count(Kind.ALERT_ESCALATED) == 1


def test_a_lead_who_left_is_replaced_by_the_ops_admins(
    project: Project, acme: Client, engineer: User, ops_admin: User, now: datetime
) -> None:
    client_actions.set_lead(client_id=acme.pk, lead_id=engineer.pk, actor=ops_admin, now=now)
    client_actions.set_staff_role(user_id=engineer.pk, role="", actor=ops_admin, now=now)
    report = factories.make_triaged_report(project, text=DOWN, now=now)
    OutboxMessage.objects.all().delete()
    actions.escalate_alerts(client_id=report.client_id, now=now + timedelta(hours=1))
    assert [m.recipient for m in mails(f"alert:{report.alert.pk}")] == [ops_admin.email]


@pytest.mark.parametrize("judge", ["accept", "decline", "ask", "join", "acknowledge"])
def test_whoever_judges_has_heard_and_nobody_else_is_woken(
    project: Project, engineer: User, ops_admin: User, now: datetime, judge: str
) -> None:
    report = factories.make_triaged_report(project, text=DOWN, email="r@x.test", now=now)
    who: dict[str, Any] = {"report_id": report.pk, "actor": engineer, "now": now}
    if judge == "accept":
        actions.accept_report(**who)
    elif judge == "decline":
        actions.decline_report(reason="spam", message="", **who)
    elif judge == "ask":
        actions.ask_reporter(question="?", **who)
    elif judge == "join":
        ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
        actions.join_report(number=ticket.number, **who)
    else:
        actions.acknowledge_alert(alert_id=report.alert.pk, actor=engineer, now=now)
        with pytest.raises(MoveRefused, match="Erin"):
            actions.acknowledge_alert(alert_id=report.alert.pk, actor=ops_admin, now=now)
    alert = Alert.objects.get(report=report)
    assert (alert.acknowledged_by, alert.acknowledged_at) == (engineer, now)
    assert not actions.escalate_alerts(client_id=alert.client_id, now=now + timedelta(days=1))
    assert kinds(report).count(Kind.ALERT_ACKNOWLEDGED) == 1


def test_an_import_wakes_nobody(project: Project, ops_admin: User, now: datetime) -> None:
    report = factories.make_triaged_report(project, text=DOWN, source=Source.IMPORT, now=now)
    assert report.triage.severity == "S1"
    actions.accept_report(report_id=report.pk, actor=None, now=now)
    assert not Alert.objects.exists()


def test_raising_to_s1_by_hand_alerts_and_confirming_a_proposed_s1_does_not_again(
    project: Project, engineer: User, now: datetime
) -> None:
    mild = factories.make_ticket(project=project, engineer=engineer, severity="S3", now=now)
    severe = factories.make_triaged_report(project, text=DOWN, now=now)
    actions.accept_report(report_id=severe.pk, actor=engineer, now=now)
    assert Alert.objects.count() == 1
    edit: dict[str, Any] = {
        "kind": "outage", "severity": "S1", "title": "Down", "estimate_minutes": 60,
        "actor": engineer, "now": now,
    }  # fmt: skip
    ticket = actions.edit_ticket(ticket_id=mild.pk, version=mild.version, **edit)
    assert Alert.objects.count() == 2
    actions.edit_ticket(ticket_id=mild.pk, version=ticket.version, **{**edit, "title": "Up"})
    assert Alert.objects.count() == 2


def test_ending_a_shift_removes_a_coming_one_and_cuts_a_running_one(
    engineer: User, now: datetime
) -> None:
    running = factories.make_shift(engineer=engineer, now=now)
    coming = factories.make_shift(engineer=engineer, now=now + timedelta(days=30))
    later = now + timedelta(minutes=5)
    for shift in (running, coming):
        actions.end_shift(shift_id=shift.pk, actor=None, now=later)
    assert engineer.shifts.get().ends_at == later
    with pytest.raises(MoveRefused):
        actions.end_shift(shift_id=running.pk, actor=None, now=later)
    told = ClientEvent.objects.filter(user=engineer, kind__startswith="rota.").order_by("pk")
    assert [event.kind for event in told] == ["rota.shift_added"] * 2 + ["rota.shift_ended"] * 2
    assert told[2].data["to"] == later.isoformat()
    assert told[3].data["from"] == coming.starts_at.isoformat()


def test_a_shift_needs_staff_and_ends_after_it_starts(
    alice: User, engineer: User, now: datetime
) -> None:
    for person, ends, field in (
        (alice, now + timedelta(hours=1), "engineer"), (engineer, now, "ends_at"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as refusal:
            actions.add_shift(
                engineer_id=person.pk, starts_at=now, ends_at=ends, actor=None, now=now
            )
        assert refusal.value.field == field


# --- sweeps ------------------------------------------------------------------------------------


def test_the_sweep_triages_what_a_lost_nudge_left_and_one_bad_report_stops_no_other(
    project: Project, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = [factories.make_report(project, now=now) for _ in range(3)]
    propose = actions.propose_triage

    def flaky(*, report_id: int, now: datetime) -> Triage | None:
        if report_id == reports[0].pk:
            raise ValueError("cannot read this")
        return propose(report_id=report_id, now=now)

    monkeypatch.setattr(actions, "propose_triage", flaky)
    monkeypatch.setattr(tasks, "SWEEP_BATCH", 2)
    tasks.triage_waiting()
    states = list(Report.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["received", "proposed", "proposed"]
    monkeypatch.undo()
    tasks.triage_waiting()
    assert not Report.objects.filter(state="received").exists()
    assert not TimeEntry.objects.exists()

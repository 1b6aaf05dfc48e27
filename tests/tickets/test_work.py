"""From the queue to a fix that works: moves, time, talk, and the question after shipping."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser

from clients.models import ApiKey, Client, ClientEvent, Project, User
from core.errors import InvalidInput, KeyReused, MoveRefused, StaleVersion
from core.models import OutboxMessage
from core.tasks import deliver_due
from core.tokens import derive_token
from tests import factories
from tickets import actions, queries
from tickets.models import (
    Comment,
    FixCheck,
    Presence,
    Report,
    Ticket,
    TicketLink,
    TimeEntry,
    Timer,
)
from tickets.models import TicketEventKind as Kind
from tickets.queries.people import find_fix_check, viewers_of
from tickets.queries.timeline import timeline_of
from tickets.rules.states import TICKET_MOVES, TicketState

Move = Callable[..., Any]
# Each move by itself: the state it ends in, and what it is called with.
MOVES: dict[str, tuple[str, dict[str, Any]]] = {
    "start_ticket": ("in_progress", {}),
    "put_back": ("queued", {}),
    "wait_for_client": ("waiting", {"question": "Which?"}),
    "resume_waiting": ("in_progress", {}),
    "send_to_review": ("in_review", {}),
    "return_from_review": ("in_progress", {}),
    "ship_ticket": ("shipped", {"release": "1.0"}),
    "reopen_ticket": ("queued", {"reason": "Still broken"}),
    "close_ticket": ("closed", {"message": "Not needed"}),
}


def kinds(ticket: Ticket) -> list[str]:
    rows = ticket.events.exclude(kind__startswith="sla.").order_by("pk")
    return list(rows.values_list("kind", flat=True))


def mails(ticket: Ticket) -> list[OutboxMessage]:
    rows = OutboxMessage.objects.filter(reference=f"ticket:{ticket.number}")
    return list(rows.order_by("pk"))


@pytest.mark.parametrize("state", TicketState.values)
def test_no_move_outside_the_table_succeeds(
    project: Project, engineer: User, now: datetime, state: str
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, state=state, now=now)
    before = (ticket.state, ticket.version, len(kinds(ticket)))
    for name, (_, arguments) in MOVES.items():
        with transaction.atomic():
            try:
                getattr(actions, name)(ticket_id=ticket.pk, actor=engineer, now=now, **arguments)
            except MoveRefused:
                ticket.refresh_from_db()
                assert (ticket.state, ticket.version, len(kinds(ticket))) == before, name
            else:
                moved = Ticket.objects.get(pk=ticket.pk)
                assert TicketState(moved.state) in TICKET_MOVES[TicketState(state)], name
                assert moved.version > before[1]
                assert len(kinds(ticket)) > before[2]
            transaction.set_rollback(True)


def test_the_whole_way_leaves_one_event_each(
    project: Project, engineer: User, bob: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, by=bob, now=now)
    who: dict[str, Any] = {"ticket_id": ticket.pk, "actor": engineer, "now": now}
    actions.start_ticket(**who)
    actions.wait_for_client(question="Which browser?", **who)
    actions.reply_to_ticket(ticket_id=ticket.pk, body="Firefox", actor=bob, now=now)
    actions.send_to_review(pull_request_url="https://git.test/pull/1", **who)
    actions.ship_ticket(release="2.0", **who)
    actions.answer_fix(ticket_id=ticket.pk, works=True, comment="", actor=bob, now=now)
    assert kinds(ticket) == [
        Kind.REPORT_ACCEPTED, Kind.TICKET_OPENED, Kind.COMMITTED, Kind.TICKET_STARTED,
        Kind.COMMENT_POSTED,
        Kind.TICKET_WAITING, Kind.COMMENT_POSTED, Kind.TICKET_RESUMED, Kind.LINK_ADDED,
        Kind.TICKET_IN_REVIEW, Kind.TICKET_SHIPPED, Kind.FIX_CONFIRMED,
    ]  # fmt: skip
    ticket.refresh_from_db()
    assert (ticket.state, ticket.shipped_at) == ("verified", now)
    assert ticket.release and ticket.release.version == "2.0"
    assert {event.client_id for event in ticket.events.all()} == {project.client_id}


def test_take_next_is_by_priority_and_leaves_colleagues_theirs(
    project: Project, engineer: User, engineer2: User, now: datetime
) -> None:
    def ticket(severity: str, minutes: int) -> Ticket:
        at = now - timedelta(minutes=minutes)
        return factories.make_ticket(project=project, engineer=engineer, severity=severity, now=at)

    young, old, mild, urgent = ticket("S2", 1), ticket("S2", 9), ticket("S4", 99), ticket("S1", 0)
    actions.assign_ticket(ticket_id=old.pk, assignee_id=engineer2.pk, actor=engineer, now=now)
    factories.make_engineer(engineer, wip_limit=4, now=now)
    taken = [actions.take_next(actor=engineer, now=now).pk for _ in range(3)]
    assert taken == [urgent.pk, young.pk, mild.pk]
    with pytest.raises(actions.QueueEmpty):
        actions.take_next(actor=engineer, now=now)
    assert actions.take_next(actor=engineer2, now=now).pk == old.pk


def test_what_a_colleague_who_left_held_in_the_queue_can_be_taken(
    project: Project, engineer: User, engineer2: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    actions.assign_ticket(ticket_id=ticket.pk, assignee_id=engineer2.pk, actor=engineer, now=now)
    User.objects.filter(pk=engineer2.pk).update(is_active=False)
    taken = actions.take_next(actor=engineer, now=now)
    assert (taken.pk, taken.assignee) == (ticket.pk, engineer)


def test_a_ticket_of_a_colleague_is_not_started_and_done_ones_not_assigned(
    project: Project, engineer: User, engineer2: User, alice: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    assign: dict[str, Any] = {"ticket_id": ticket.pk, "actor": engineer, "now": now}
    with pytest.raises(InvalidInput):
        actions.assign_ticket(assignee_id=alice.pk, **assign)
    actions.assign_ticket(assignee_id=engineer2.pk, **assign)
    with pytest.raises(MoveRefused, match="Emil"):
        actions.start_ticket(ticket_id=ticket.pk, actor=engineer, now=now)
    actions.start_ticket(ticket_id=ticket.pk, actor=engineer2, now=now)
    with pytest.raises(MoveRefused):
        actions.assign_ticket(assignee_id=None, **assign)
    closed = factories.make_ticket(project=project, engineer=engineer, state="closed", now=now)
    with pytest.raises(MoveRefused):
        actions.assign_ticket(ticket_id=closed.pk, assignee_id=engineer.pk, actor=engineer, now=now)


def test_a_stale_edit_is_refused_and_says_who_changed_what(
    project: Project, engineer: User, engineer2: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    stale = ticket.version
    actions.start_ticket(ticket_id=ticket.pk, actor=engineer2, now=now)
    actions.note_on_ticket(ticket_id=ticket.pk, body="By the way", actor=engineer, now=now)
    with pytest.raises(StaleVersion, match="Emil Ernst started work"):
        actions.edit_ticket(
            ticket_id=ticket.pk, version=stale, kind="bug", severity="S1", title="Mine",
            estimate_minutes=10, actor=engineer, now=now,
        )  # fmt: skip
    assert Ticket.objects.get(pk=ticket.pk).title != "Mine"


def test_an_edit_records_codes_and_no_words_and_changes_priority(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, severity="S3", now=now)
    edit: dict[str, Any] = {
        "ticket_id": ticket.pk, "kind": "payment", "severity": "S2", "title": "Private words",
        "estimate_minutes": 60, "actor": engineer, "now": now,
    }  # fmt: skip
    edited = actions.edit_ticket(version=ticket.version, **edit)
    assert (edited.priority, edited.title) == ("P2", "Private words")
    event = ticket.events.get(kind=Kind.TICKET_EDITED)
    assert event.data == {"kind": ["bug", "payment"], "severity": ["S3", "S2"], "title": True}
    again = actions.edit_ticket(version=edited.version, **edit)
    assert again.version == edited.version
    assert kinds(ticket).count(Kind.TICKET_EDITED) == 1


@pytest.mark.parametrize("url", [
    "", "git.test/1", "javascript:alert(1)", "ftp://git.test/1", "https://", "https://a b",
    "https://git.test/" + "x" * 500,
])  # fmt: skip
def test_a_link_must_be_a_web_address(
    project: Project, engineer: User, now: datetime, url: str
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    with pytest.raises(InvalidInput) as refusal:
        actions.link_pull_request(ticket_id=ticket.pk, url=url, actor=engineer, now=now)
    assert refusal.value.field == "url"


def test_the_same_link_twice_is_one(project: Project, engineer: User, now: datetime) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    for url in ("https://git.test/pull/1", " https://git.test/pull/1\x00 "):
        actions.link_pull_request(ticket_id=ticket.pk, url=url, actor=engineer, now=now)
    assert TicketLink.objects.count() == 1
    assert kinds(ticket).count(Kind.LINK_ADDED) == 1


def test_a_bare_no_is_heard_by_whoever_had_the_ticket(
    project: Project, engineer: User, alice: User, now: datetime
) -> None:
    ticket = factories.make_ticket(
        project=project, engineer=engineer, state="shipped", by=alice, now=now
    )
    actions.answer_fix(ticket_id=ticket.pk, works=False, comment="", actor=alice, now=now)
    mail = OutboxMessage.objects.get(recipient=engineer.email)
    assert mail.subject == f"[#{ticket.number}] Still broken"


def test_shipping_is_a_first_response_to_whoever_had_none(
    project: Project, engineer: User, alice: User, now: datetime
) -> None:
    ticket = factories.make_ticket(
        project=project, engineer=engineer, state="in_review", by=alice, now=now
    )
    later = now + timedelta(hours=3)
    actions.ship_ticket(ticket_id=ticket.pk, actor=engineer, release="", now=later)
    assert ticket.reports.get().first_response_at == later


def test_a_client_s_reply_to_a_declined_report_brings_it_back_into_triage(
    project: Project, alice: User, engineer: User, now: datetime
) -> None:
    report = factories.make_declined_report(project, actor=engineer, by=alice, now=now)
    actions.reply_to_report(report_id=report.pk, body="It does happen.", actor=alice, now=now)
    report.refresh_from_db()
    assert (report.state, report.decline_reason) == ("proposed", "")
    assert report.triage.decided_at is None and report.triage.decided_kind == ""
    assert report.events.filter(kind=Kind.REPORT_RECONSIDERED, actor_user=alice).exists()


def test_shipping_anew_without_a_release_names_none(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, state="in_review", now=now)
    who: dict[str, Any] = {"ticket_id": ticket.pk, "actor": engineer, "now": now}
    actions.ship_ticket(release="1.0", **who)
    actions.reopen_ticket(reason="Still broken", **who)
    actions.start_ticket(**who)
    actions.send_to_review(**who)
    shipped = actions.ship_ticket(release="", **who)
    assert shipped.release is None
    assert ticket.events.filter(kind=Kind.TICKET_SHIPPED).latest("pk").data == {}


def test_reopening_needs_a_reason_which_only_staff_see(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, state="shipped", now=now)
    who: dict[str, Any] = {"ticket_id": ticket.pk, "actor": engineer, "now": now}
    with pytest.raises(InvalidInput):
        actions.reopen_ticket(reason=" \x00", **who)
    reopened = actions.reopen_ticket(reason="Saw it again", **who)
    assert (reopened.state, reopened.reopened_count, reopened.shipped_at) == ("queued", 1, None)
    assert Comment.objects.get(ticket=ticket).visibility == "internal"


# --- talk --------------------------------------------------------------------------------------


def test_a_reply_of_staff_is_the_first_response_and_is_mailed_to_every_reporter(
    project: Project, engineer: User, bob: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, by=bob, now=now)
    for facts in ({"email": "ann@x.test"}, {"email": "ann@x.test"}, {}):
        report = factories.make_triaged_report(project, now=now, **facts)
        actions.join_report(report_id=report.pk, number=ticket.number, actor=engineer, now=now)
    later = now + timedelta(hours=1)
    for at in (now, later):
        actions.reply_to_ticket(ticket_id=ticket.pk, body="We are on it", actor=engineer, now=at)
    told = [mail.recipient for mail in mails(ticket)]
    assert told == [bob.email, "ann@x.test"] * 2
    assert set(Report.objects.values_list("first_response_at", flat=True)) == {now}
    assert "/portal/tickets/" in mails(ticket)[0].whole_text
    assert "/portal/" not in mails(ticket)[1].whole_text
    own = Report.objects.filter(reporter__user=bob).get().headline
    assert f"You reported: {own}" in mails(ticket)[0].whole_text


def test_people_who_left_hear_nothing_more(
    project: Project, engineer: User, alice: User, bob: User, acme: Client, now: datetime
) -> None:
    from clients import actions as client_actions

    ticket = factories.make_ticket(project=project, engineer=engineer, by=bob, now=now)
    other = factories.make_member(acme, now=now).user
    report = factories.make_triaged_report(project, by=other, now=now)
    actions.join_report(report_id=report.pk, number=ticket.number, actor=engineer, now=now)
    client_actions.remove_member(member_id=bob.memberships.get().pk, actor=alice, now=now)
    User.objects.filter(pk=other.pk).update(is_active=False)
    factories.walk_ticket(ticket, "shipped", engineer=engineer, now=now)
    actions.reply_to_ticket(ticket_id=ticket.pk, body="Internal plans", actor=engineer, now=now)
    assert mails(ticket) == []


def test_what_the_client_says_is_heard_even_when_nobody_holds_the_ticket(
    project: Project, acme: Client, engineer: User, ops_admin: User, bob: User, now: datetime
) -> None:
    from clients import actions as client_actions

    ticket = factories.make_ticket(project=project, engineer=engineer, by=bob, now=now)

    def heard() -> list[str]:
        OutboxMessage.objects.all().delete()
        actions.reply_to_ticket(ticket_id=ticket.pk, body="Any news?", actor=bob, now=now)
        return [mail.recipient for mail in mails(ticket)]

    assert heard() == [ops_admin.email]
    client_actions.set_lead(client_id=acme.pk, lead_id=ops_admin.pk, actor=ops_admin, now=now)
    assert heard() == [ops_admin.email]
    actions.start_ticket(ticket_id=ticket.pk, actor=engineer, now=now)
    assert heard() == [engineer.email]
    User.objects.filter(pk=engineer.pk).update(is_active=False)
    assert heard() == [ops_admin.email]


def test_an_internal_note_is_mailed_to_nobody_and_is_no_response(
    project: Project, engineer: User, bob: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, by=bob, now=now)
    actions.note_on_ticket(ticket_id=ticket.pk, body="Between us", actor=engineer, now=now)
    assert mails(ticket) == []
    assert Report.objects.get().first_response_at is None


@pytest.mark.parametrize("body", ["", "  \n", "\x00", "x" * 20_001])
def test_empty_and_endless_replies_are_refused(
    project: Project, engineer: User, now: datetime, body: str
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, state="waiting", now=now)
    said = Comment.objects.count()
    with pytest.raises(InvalidInput) as refusal:
        actions.reply_to_ticket(ticket_id=ticket.pk, body=body, actor=engineer, now=now)
    assert refusal.value.field == "body"
    assert Comment.objects.count() == said


def test_an_answer_brings_a_waiting_ticket_back_to_work_or_to_the_queue(
    project: Project, engineer: User, bob: User, now: datetime
) -> None:
    held = factories.make_ticket(project=project, engineer=engineer, state="waiting", now=now)
    loose = factories.make_ticket(project=project, engineer=engineer, now=now)
    actions.wait_for_client(ticket_id=loose.pk, question="?", actor=engineer, now=now)
    for ticket, state in ((held, "in_progress"), (loose, "queued")):
        actions.reply_to_ticket(ticket_id=ticket.pk, body="Here", actor=bob, now=now)
        assert Ticket.objects.get(pk=ticket.pk).state == state


def test_a_comment_s_key_answers_only_for_the_same_place_and_words(
    project: Project, engineer: User, api_key: ApiKey, now: datetime
) -> None:
    one, other = (
        factories.make_ticket(project=project, engineer=engineer, now=now) for _ in range(2)
    )
    said: dict[str, Any] = {"body": "Seen", "actor": api_key, "now": now, "source_key": "k"}
    first = actions.reply_to_ticket(ticket_id=one.pk, **said)
    assert actions.reply_to_ticket(ticket_id=one.pk, **said) == first
    assert actions.reply_to_report(report_id=one.reports.get().pk, **said) == first
    with pytest.raises(KeyReused):
        actions.reply_to_ticket(ticket_id=other.pk, **said)
    with pytest.raises(KeyReused):
        actions.reply_to_ticket(ticket_id=one.pk, **{**said, "body": "Else"})
    report = factories.make_triaged_report(project, now=now)
    early = actions.reply_to_report(report_id=report.pk, **{**said, "source_key": "early"})
    ticket = actions.accept_report(report_id=report.pk, actor=engineer, now=now)
    again = actions.reply_to_ticket(ticket_id=ticket.pk, **{**said, "source_key": "early"})
    assert again == early
    assert Comment.objects.count() == 2


def test_macros_need_a_name_of_their_own_and_a_text_that_can_be_sent(
    engineer: User, now: datetime
) -> None:
    by: dict[str, Any] = {"actor": engineer, "now": now}
    macro = actions.save_macro(name=" Thanks ", body="Thank you\x00.", **by)
    assert (macro.name, macro.body) == ("Thanks", "Thank you.")
    for name, body in (("", "x"), ("x", " "), ("Thanks", "Other"), ("Long", "x" * 20_001)):
        with pytest.raises(InvalidInput):
            actions.save_macro(name=name, body=body, **by)
    changed = actions.save_macro(
        name="Thanks", body="x" * 20_000, macro_id=macro.pk, is_active=False, **by
    )
    assert (changed.pk, len(changed.body), changed.is_active) == (macro.pk, 20_000, False)
    told = ClientEvent.objects.filter(kind="macro.saved", actor_user=engineer)
    assert [event.data for event in told] == [{"macro": macro.pk}] * 2


def test_the_client_s_timeline_has_no_internal_step(
    project: Project, engineer: User, bob: User, now: datetime
) -> None:
    ticket = factories.make_ticket(
        project=project, engineer=engineer, by=bob, state="in_review", now=now
    )
    who: dict[str, Any] = {"ticket_id": ticket.pk, "actor": engineer, "now": now}
    actions.note_on_ticket(body="Their code is odd", **who)
    actions.log_time(minutes=90, **who)
    actions.reply_to_ticket(body="Soon", **who)
    actions.link_pull_request(url="https://git.test/secret-repo/1", **who)
    seen = timeline_of(ticket=ticket, public_only=True)
    assert not any(entry.is_internal for entry in seen)
    shown = {entry.event.kind for entry in seen if entry.event}
    assert not shown & {
        Kind.TIME_LOGGED, Kind.LINK_ADDED, Kind.TICKET_EDITED, Kind.REPORT_PROPOSED,
        Kind.TICKET_ASSIGNED, Kind.ALERT_RAISED, Kind.SEVERITY_CONFIRMED,
    }  # fmt: skip
    everything = timeline_of(ticket=ticket, public_only=False)
    assert len(everything) > len(seen)
    assert [entry.at for entry in everything] == sorted(entry.at for entry in everything)
    assert any(entry.is_internal for entry in everything)


# --- time --------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [0, -1, 1441])
def test_minutes_are_between_one_and_a_day(
    project: Project, engineer: User, now: datetime, minutes: int
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    with pytest.raises(InvalidInput) as refusal:
        actions.log_time(ticket_id=ticket.pk, minutes=minutes, actor=engineer, now=now)
    assert refusal.value.field == "minutes"


def test_time_is_for_today_or_the_last_sixty_days_in_the_engineer_s_own_zone(
    project: Project, engineer: User
) -> None:
    from datetime import UTC, date

    at = datetime(2026, 11, 18, 23, 30, tzinfo=UTC)
    engineer.time_zone = "Pacific/Auckland"  # where it is the 19th
    ticket = factories.make_ticket(project=project, engineer=engineer)
    log: dict[str, Any] = {"ticket_id": ticket.pk, "minutes": 5, "actor": engineer, "now": at}
    assert actions.log_time(**log).work_date == date(2026, 11, 19)
    assert actions.log_time(work_date=date(2026, 9, 20), **log)
    for day in (date(2026, 11, 20), date(2026, 9, 19), date(1, 1, 1), date(9999, 12, 31)):
        with pytest.raises(InvalidInput) as refusal:
            actions.log_time(work_date=day, **log)
        assert refusal.value.field == "work_date"


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0, 1), (1, 1), (60, 1), (61, 2), (3600, 60), (10**6, 1440)]
)
def test_the_clock_counts_every_begun_minute_up_to_a_day(
    project: Project, engineer: User, now: datetime, seconds: int, minutes: int
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    actions.start_timer(ticket_id=ticket.pk, actor=engineer, now=now)
    entry = actions.stop_timer(actor=engineer, now=now + timedelta(seconds=seconds), note=" a  b ")
    assert (entry.minutes, entry.note) == (minutes, "a b")
    assert not Timer.objects.exists()


def test_there_is_one_clock_and_moving_it_logs_what_ran(
    project: Project, engineer: User, now: datetime
) -> None:
    one, other = (
        factories.make_ticket(project=project, engineer=engineer, now=now) for _ in range(2)
    )
    first = actions.start_timer(ticket_id=one.pk, actor=engineer, now=now)
    again = actions.start_timer(ticket_id=one.pk, actor=engineer, now=now + timedelta(hours=1))
    assert (again.pk, again.started_at) == (first.pk, now)
    actions.start_timer(ticket_id=other.pk, actor=engineer, now=now + timedelta(minutes=7))
    assert TimeEntry.objects.get().minutes == 7
    assert Timer.objects.get().ticket == other
    actions.discard_timer(actor=engineer)
    with pytest.raises(MoveRefused):
        actions.stop_timer(actor=engineer, now=now)
    assert TimeEntry.objects.count() == 1


def test_voided_time_stays_visible_and_cannot_be_voided_twice(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    entry = actions.log_time(ticket_id=ticket.pk, minutes=30, actor=engineer, now=now)
    assert actions.void_time(entry_id=entry.pk, actor=engineer, now=now).voided_at == now
    with pytest.raises(MoveRefused):
        actions.void_time(entry_id=entry.pk, actor=engineer, now=now)
    assert kinds(ticket)[-2:] == [Kind.TIME_LOGGED, Kind.TIME_VOIDED]
    (load,) = queries.load_by_engineer(people=[engineer], now=now)
    assert load["logged_minutes"] == 0


def test_presence_names_the_others_for_a_short_while(
    project: Project, engineer: User, engineer2: User, now: datetime
) -> None:
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    for person in (engineer, engineer2, engineer2):
        actions.mark_present(ticket_id=ticket.pk, actor=person, now=now)
    assert Presence.objects.count() == 2
    assert list(viewers_of(ticket, but=engineer, now=now)) == [engineer2]
    assert not viewers_of(ticket, but=engineer, now=now + timedelta(minutes=1))


# --- does it work for you? ---------------------------------------------------------------------


@pytest.fixture
def shipped(project: Project, engineer: User, now: datetime) -> Ticket:
    return factories.make_ticket(
        project=project, engineer=engineer, state="shipped", email="ann@x.test", now=now
    )


def _token(ticket: Ticket) -> str:
    return derive_token("fix_check", ticket.fix_checks.get(state="asked").pk)


def test_the_question_carries_no_link_of_a_report(project: Project, engineer: User) -> None:
    report = factories.make_triaged_report(
        project, text="[Confirm your account](https://evil.test) now", email="victim@x.test"
    )
    ticket = factories.make_ticket(report, state="shipped", engineer=engineer)
    (asked,) = [mail for mail in mails(ticket) if "Does it work" in mail.subject]
    assert "Confirm your account] (https" in asked.whole_text


def test_the_question_holds_its_token_only_in_the_mail_that_leaves(
    shipped: Ticket, now: datetime
) -> None:
    from django.core import mail

    token, check = _token(shipped), shipped.fix_checks.get()
    assert token not in "".join(OutboxMessage.objects.values_list("notice", flat=True))
    assert check.token_hash != token
    deliver_due()
    assert any(f"/v/{token}/" in sent.body for sent in mail.outbox)


def test_yes_verifies_confirms_the_address_and_counts_the_person_once(
    shipped: Ticket, now: datetime
) -> None:
    assert (shipped.reach, shipped.unsigned_reach) == (0, 1)
    token = _token(shipped)
    ticket = actions.answer_fix_check(token=token, works=True, comment="Thanks!", now=now)
    assert (ticket.state, ticket.reach, ticket.unsigned_reach) == ("verified", 1, 0)
    assert Comment.objects.get(ticket=ticket, body="Thanks!").author_reporter
    for _ in range(2):
        with pytest.raises(FixCheck.DoesNotExist):
            actions.answer_fix_check(token=token, works=False, comment="", now=now)
    assert Ticket.objects.get(pk=ticket.pk).state == "verified"


def test_no_reopens_and_the_other_questions_lapse(
    shipped: Ticket, engineer: User, project: Project, now: datetime
) -> None:
    first = _token(shipped)
    second_report = factories.make_triaged_report(project, email="ben@x.test", now=now)
    actions.join_report(report_id=second_report.pk, number=shipped.number, actor=engineer, now=now)
    event = shipped.events.get(kind=Kind.TICKET_SHIPPED)
    assert actions.ask_reporters(event_id=event.pk, now=now) == 1
    second = derive_token("fix_check", shipped.fix_checks.latest("pk").pk)
    ticket = actions.answer_fix_check(token=first, works=False, comment="No.", now=now)
    assert (ticket.state, ticket.reopened_count) == ("queued", 1)
    with pytest.raises(FixCheck.DoesNotExist):
        find_fix_check(second, now=now)
    assert kinds(ticket)[-2:] == [Kind.COMMENT_POSTED, Kind.TICKET_REOPENED]
    assert actions.ask_reporters(event_id=event.pk, now=now) == 0


def test_shipped_again_everybody_is_asked_again_with_a_new_link(
    shipped: Ticket, engineer: User, now: datetime
) -> None:
    old = _token(shipped)
    actions.answer_fix_check(token=old, works=False, comment="", now=now)
    factories.walk_ticket(shipped, "shipped", engineer=engineer, now=now + timedelta(days=1))
    assert _token(shipped) != old
    ticket = actions.answer_fix_check(
        token=_token(shipped), works=True, comment="", now=now + timedelta(days=1)
    )
    assert ticket.state == "verified"


def test_a_no_after_somebody_s_yes_reopens_too(
    shipped: Ticket, bob: User, engineer: User, now: datetime
) -> None:
    actions.answer_fix(ticket_id=shipped.pk, works=True, comment="", actor=bob, now=now)
    ticket = actions.answer_fix_check(token=_token(shipped), works=False, comment="", now=now)
    assert ticket.state == "queued"
    with pytest.raises(MoveRefused):
        actions.answer_fix(ticket_id=shipped.pk, works=True, comment="", actor=bob, now=now)


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "{token:fix_check:1}", "\x00", "ü" * 50])
def test_any_other_token_is_unknown(db: None, now: datetime, token: str) -> None:
    with pytest.raises(FixCheck.DoesNotExist):
        actions.answer_fix_check(token=token, works=True, comment="", now=now)


def test_the_link_expires_after_thirty_days(shipped: Ticket, now: datetime) -> None:
    assert find_fix_check(_token(shipped), now=now + timedelta(days=29))
    with pytest.raises(FixCheck.DoesNotExist):
        find_fix_check(_token(shipped), now=now + timedelta(days=30))


def test_too_long_a_comment_leaves_the_question_open(shipped: Ticket, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        actions.answer_fix_check(token=_token(shipped), works=True, comment="x" * 20_001, now=now)
    assert find_fix_check(_token(shipped), now=now).answered_at is None


def test_the_question_repeats_only_what_the_person_said_themselves(
    project: Project, engineer: User, alice: User, now: datetime
) -> None:
    ticket = factories.make_ticket(
        project=project, engineer=engineer, by=alice, title="Jane Doe got no credits", now=now
    )
    own = factories.make_triaged_report(
        project, text="Paid twice. Help!", email="ann@x.test", now=now
    )
    actions.join_report(report_id=own.pk, number=ticket.number, actor=engineer, now=now)
    factories.ship(ticket, engineer=engineer, now=now)

    asked = OutboxMessage.objects.filter(recipient="ann@x.test").latest("pk")
    assert "Paid twice. Help!" in asked.whole_text
    assert "Jane Doe" not in asked.whole_text + asked.subject
    check = ticket.fix_checks.get(reporter__email="ann@x.test")
    page = Browser().get(f"/v/{derive_token('fix_check', check.pk)}/").content.decode()
    assert "Paid twice. Help!" in page
    assert "Jane Doe" not in page


def test_who_joins_after_shipping_is_asked_by_the_sweep(
    shipped: Ticket, project: Project, engineer: User, now: datetime
) -> None:
    from tickets.tasks import ask_for_recent_ships

    report = factories.make_triaged_report(project, email="ben@x.test", now=now)
    actions.join_report(report_id=report.pk, number=shipped.number, actor=engineer, now=now)
    ask_for_recent_ships()
    ask_for_recent_ships()
    assert shipped.fix_checks.count() == 2

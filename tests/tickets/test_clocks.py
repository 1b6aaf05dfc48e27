"""SLA clocks through real actions: what leaves which row, who hears of it, and what stands."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from clients import actions as client_actions
from clients.models import Calendar, Client, PlanVersion, Project, Retainer, User
from core.models import OutboxMessage
from tests import factories
from tickets import actions, tasks
from tickets.models import Report, ShareAccount, SlaClock, Source, Ticket, TicketEvent
from tickets.queries.clocks import clients_to_keep, due_lines

START = datetime(2026, 6, 10, 10, tzinfo=UTC)  # a Wednesday


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


@pytest.fixture
def now() -> datetime:
    return START


@pytest.fixture
def plan(db: None, now: datetime) -> PlanVersion:
    """Round the clock: an answer in 100 minutes, a fix in 1,000; for P1 in 20 and 200."""
    always = Calendar.objects.get(is_house=False)
    targets = factories.make_targets(calendar=always, P1=(20, 200), P2=(50, 500), P3=(100, 1000))
    return factories.make_plan_version(targets=targets, now=now)


@pytest.fixture
def acme(plan: PlanVersion, lead: User, now: datetime) -> Client:
    client = factories.make_client(name="Acme", now=now)
    factories.make_retainer(client=client, plan_version=plan, now=now)
    Client.objects.filter(pk=client.pk).update(lead=lead)
    return client


@pytest.fixture
def lead(db: None, now: datetime) -> User:
    return factories.make_staff(email="lena@shipops.test", now=now)


def sweep(minutes: float) -> None:
    """Run what runs each minute."""
    actions.sweep_clocks(report_ids=due_lines(at(minutes)), now=at(minutes))
    for client_id in clients_to_keep(at(minutes)):
        actions.keep_client(client_id=client_id, now=at(minutes))


def rows(report_id: int, clock: str = "", kinds: str = "") -> list[tuple[str, float]]:
    """Give the steps that rows tell of: what, and how many minutes after the start."""
    found = []
    for event in TicketEvent.objects.filter(report=report_id, kind__startswith="sla."):
        what = event.kind.removeprefix("sla.") + str(event.data.get("percent", ""))
        if event.data.get("clock", "") == clock and what in (kinds or what):
            found.append((what, (event.at - START).total_seconds() / 60))
    return found


def clock_of(report_id: int, clock: str) -> SlaClock:
    return SlaClock.objects.get(report=report_id, clock=clock)


def mails() -> list[tuple[str, str]]:
    told = OutboxMessage.objects.filter(subject__contains="used").order_by("pk")
    return [(mail.recipient, mail.subject) for mail in told]


def new_ticket(project: Project, engineer: User, **facts: Any) -> Ticket:
    return factories.make_ticket(project=project, engineer=engineer, **{"now": START, **facts})


# --- from receipt on ---------------------------------------------------------------------------


def test_from_receipt_to_breach_by_sweeps_and_an_answer_too_late(
    project: Project, engineer: User
) -> None:
    report = factories.make_triaged_report(project, now=START)
    for minutes in (50, 51, 51, 80, 81, 100, 100, 101, 101, 300):
        sweep(minutes)
    assert rows(report.pk, "first_response") == [
        ("activated", 0), ("warned50", 50), ("warned80", 80), ("breached", 100)
    ]  # fmt: skip
    clock = clock_of(report.pk, "first_response")
    assert (clock.state, clock.breached_at, clock.next_step_at) == ("running", at(100), None)
    actions.reply_to_report(report_id=report.pk, body="We look.", actor=engineer, now=at(301))
    sweep(400)
    assert rows(report.pk, "first_response")[4:] == [("fulfilled", 301)]
    clock.refresh_from_db()
    assert (clock.state, clock.fulfilled_at, clock.due_at) == ("fulfilled", at(301), at(100))
    assert rows(report.pk, "resolution") == []


def test_an_answer_in_time_ends_it_and_sweeps_find_nothing_more(
    project: Project, engineer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    report = factories.make_triaged_report(project, now=START)
    actions.reply_to_report(report_id=report.pk, body="We look.", actor=engineer, now=at(100))
    sweep(5000)
    assert [what for what, _ in rows(report.pk, "first_response")] == [
        "activated", "warned50", "warned80", "fulfilled"
    ]  # fmt: skip
    with django_assert_num_queries(1):
        assert due_lines(at(9000)) == []


def test_the_clock_agrees_with_the_promise_of_the_intake(project: Project) -> None:
    for claimed in ("S1", "S2", "S3", "S4", ""):
        report = factories.make_triaged_report(project, claimed_severity=claimed, now=START)
        assert clock_of(report.pk, "first_response").due_at == report.respond_by_at


def test_a_resolution_counts_from_the_arrival_and_shows_from_the_ticket_on(
    project: Project, engineer: User
) -> None:
    report = factories.make_triaged_report(project, now=START)
    sweep(700)
    assert rows(report.pk, "resolution") == []
    factories.make_ticket(report, engineer=engineer, now=at(700))
    assert rows(report.pk, "resolution") == [("activated", 0), ("warned50", 500)]
    clock = clock_of(report.pk, "resolution")
    assert (clock.started_at, clock.due_at, clock.next_step_at) == (START, at(1000), at(800))
    assert clock.ticket and clock.ticket.number == report.pk


def test_a_severity_confirmed_otherwise_changes_what_is_due_but_no_verdict(
    project: Project, engineer: User
) -> None:
    report = factories.make_triaged_report(project, now=START)
    sweep(60)
    ticket = factories.make_ticket(report, engineer=engineer, severity="S1", now=at(60))
    # P1 wants an answer within 20 minutes: it is late from the moment on at which this is known.
    sweep(61)
    assert rows(report.pk, "first_response")[1:] == [
        ("warned50", 50), ("warned80", 60), ("breached", 60)
    ]  # fmt: skip
    edit: dict[str, Any] = {
        "kind": "bug",
        "title": "The export",
        "estimate_minutes": 60,
        "actor": engineer,
    }
    ticket.refresh_from_db()
    actions.edit_ticket(
        ticket_id=ticket.pk, version=ticket.version, severity="S4", now=at(70), **edit
    )
    sweep(99)
    assert len(rows(report.pk, "first_response")) == 4
    assert clock_of(report.pk, "first_response").breached_at == at(60)


# --- waiting, words, reopening -----------------------------------------------------------------


def test_waiting_for_the_client_stops_the_resolution_and_their_answer_starts_a_reply(
    project: Project, engineer: User, bob: User
) -> None:
    ticket = new_ticket(project, engineer, by=bob)
    ask: dict[str, Any] = {"ticket_id": ticket.pk, "actor": engineer}
    actions.wait_for_client(question="Which browser?", now=at(30), **ask)
    assert clock_of(ticket.number, "resolution").state == "paused"
    sweep(5000)
    actions.reply_to_ticket(ticket_id=ticket.pk, body="Firefox", actor=bob, now=at(5000))
    actions.reply_to_ticket(ticket_id=ticket.pk, body="And?", actor=bob, now=at(5020))
    assert clock_of(ticket.number, "next_reply").due_at == at(5100)
    assert clock_of(ticket.number, "resolution").due_at == at(5970)
    actions.reply_to_ticket(body="We look.", now=at(5040), **ask)
    actions.reply_to_ticket(ticket_id=ticket.pk, body="And now?", actor=bob, now=at(5060))
    sweep(5161)
    assert rows(ticket.number, "first_response")[-1] == ("fulfilled", 30)
    assert rows(ticket.number, "resolution") == [
        ("activated", 0), ("paused", 30), ("resumed", 5000)
    ]  # fmt: skip
    assert rows(ticket.number, "next_reply") == [
        ("activated", 5000), ("fulfilled", 5040), ("activated", 5060), ("warned50", 5110),
        ("warned80", 5140), ("breached", 5160),
    ]  # fmt: skip


def test_a_question_in_triage_is_an_answer_and_its_time_does_not_count(
    project: Project, engineer: User, bob: User
) -> None:
    report = factories.make_triaged_report(project, by=bob, now=START)
    words: dict[str, Any] = {"report_id": report.pk, "actor": engineer}
    actions.ask_reporter(question="Which browser?", now=at(40), **words)
    actions.reply_to_report(report_id=report.pk, body="Firefox", actor=bob, now=at(440))
    ticket = factories.make_ticket(report, engineer=engineer, now=at(450))
    assert rows(report.pk, "first_response")[-1] == ("fulfilled", 40)
    assert clock_of(ticket.number, "resolution").due_at == at(1400)
    assert clock_of(ticket.number, "next_reply").due_at == at(540)


def test_reopening_goes_on_with_the_original_clock_and_breaks_it_once(
    project: Project, engineer: User, bob: User
) -> None:
    ticket = new_ticket(project, engineer, by=bob)
    factories.walk_ticket(ticket, "shipped", engineer=engineer, now=at(900))
    sweep(4000)
    answer: dict[str, Any] = {"ticket_id": ticket.pk, "works": False, "actor": bob}
    actions.answer_fix(comment="Still.", now=at(4000), **answer)
    assert clock_of(ticket.number, "resolution").due_at == at(4100)
    assert clock_of(ticket.number, "next_reply").due_at == at(4100)
    sweep(4101)
    factories.walk_ticket(ticket, "shipped", engineer=engineer, now=at(4200))
    actions.answer_fix(comment="", now=at(4300), **answer)
    sweep(9000)
    found = rows(ticket.number, "resolution", kinds="activatedbreachedfulfilled")
    assert found == [
        ("activated", 0), ("fulfilled", 900), ("activated", 4000), ("breached", 4100),
        ("fulfilled", 4200), ("activated", 4300),
    ]  # fmt: skip


def test_going_on_by_putting_back_or_starting_resumes(project: Project, engineer: User) -> None:
    for go_on in (actions.put_back, actions.start_ticket, actions.resume_waiting):
        ticket = new_ticket(project, engineer, state="waiting")
        assert clock_of(ticket.number, "resolution").state == "paused"
        go_on(ticket_id=ticket.pk, actor=engineer, now=at(60))
        assert rows(ticket.number, "resolution")[-1] == ("resumed", 60)
        actions.close_ticket(ticket_id=ticket.pk, message="No.", actor=engineer, now=at(61))
        assert rows(ticket.number, "resolution")[-1] == ("fulfilled", 61)


# --- what becomes no ticket of its own ---------------------------------------------------------


def test_a_joined_report_keeps_its_own_first_response_which_the_notice_fulfils(
    project: Project, engineer: User, bob: User
) -> None:
    ticket = new_ticket(project, engineer)
    report = factories.make_triaged_report(project, by=bob, now=at(10))
    actions.join_report(report_id=report.pk, number=ticket.number, actor=engineer, now=at(30))
    assert rows(report.pk, "first_response") == [("activated", 10), ("fulfilled", 30)]
    assert rows(report.pk, "resolution") == []
    assert clock_of(report.pk, "first_response").ticket_id == ticket.pk
    assert rows(ticket.number, "first_response") == [("activated", 0)]


def test_what_was_said_before_a_report_joined_is_no_answer_to_it_what_comes_after_is(
    project: Project, engineer: User, bob: User
) -> None:
    ticket = new_ticket(project, engineer)
    words: dict[str, Any] = {"ticket_id": ticket.pk, "actor": engineer}
    actions.reply_to_ticket(body="We look.", now=at(5), **words)
    report = factories.make_triaged_report(project, by=bob, now=at(1))
    actions.reply_to_report(report_id=report.pk, body="Thanks", actor=engineer, now=at(6))
    actions.reply_to_report(report_id=report.pk, body="When?", actor=bob, now=at(7))
    actions.join_report(report_id=report.pk, number=ticket.number, actor=engineer, now=at(9))
    assert rows(report.pk, "next_reply") == [("activated", 7)]
    actions.reply_to_ticket(body="Tomorrow.", now=at(20), **words)
    assert rows(report.pk, "next_reply") == [("activated", 7), ("fulfilled", 20)]
    actions.reply_to_ticket(ticket_id=ticket.pk, body="Fine", actor=bob, now=at(21))
    assert rows(report.pk, "next_reply")[2:] == []
    assert rows(ticket.number, "next_reply") == [("activated", 21)]


def test_a_declined_report_is_answered_and_done(
    project: Project, engineer: User, bob: User
) -> None:
    report = factories.make_declined_report(project, actor=engineer, by=bob, now=START)
    assert rows(report.pk, "first_response") == [("activated", 0), ("fulfilled", 0)]
    actions.reply_to_report(report_id=report.pk, body="It is not!", actor=bob, now=at(50))
    assert rows(report.pk, "next_reply") == [("activated", 50)]
    ticket = factories.make_ticket(report, engineer=engineer, now=at(60))
    assert clock_of(ticket.number, "resolution").due_at == at(1050)


def test_what_is_taken_for_spam_stands_still_until_somebody_thinks_otherwise(
    project: Project, engineer: User
) -> None:
    report = factories.make_triaged_report(project, now=START)
    spam: dict[str, Any] = {"reason": "spam", "message": "", "actor": engineer}
    actions.decline_report(report_id=report.pk, now=at(40), **spam)
    sweep(4000)
    assert rows(report.pk, "first_response") == [("activated", 0), ("paused", 40)]
    actions.reconsider_report(report_id=report.pk, actor=engineer, now=at(4000))
    assert clock_of(report.pk, "first_response").due_at == at(4060)


def test_an_import_has_no_clocks_until_a_person_confirms_its_severity(
    project: Project, engineer: User
) -> None:
    report = factories.make_triaged_report(
        project, source=Source.IMPORT, received_at=at(-90_000), now=START
    )
    actions.accept_report(report_id=report.pk, actor=None, now=START)
    sweep(100)
    assert not SlaClock.objects.exists()
    assert not TicketEvent.objects.filter(kind__startswith="sla.").exists()
    ticket = Ticket.objects.get(number=report.pk)
    actions.edit_ticket(
        ticket_id=ticket.pk, version=ticket.version, kind="bug", severity="S3", title="Export",
        estimate_minutes=60, actor=engineer, now=at(200),
    )  # fmt: skip
    assert clock_of(report.pk, "resolution").due_at == at(1200)
    assert clock_of(report.pk, "first_response").started_at == at(200)


# --- retainers ---------------------------------------------------------------------------------


def _move(client: Client, state: str, minutes: float) -> None:
    retainer = Retainer.objects.filter(client=client).latest("pk")
    client_actions.set_retainer_state(
        retainer_id=retainer.pk, state=state, actor=None, now=at(minutes)
    )


def test_without_a_retainer_no_clock_runs_and_one_starts_when_there_is_one(
    project: Project, engineer: User, plan: PlanVersion, now: datetime
) -> None:
    stranger = factories.make_client(name="Nobody yet", now=now)
    ticket = new_ticket(factories.make_project(stranger, now=now), engineer)
    sweep(500)
    assert not SlaClock.objects.filter(report=ticket.number).exists()
    factories.make_retainer(client=stranger, plan_version=plan, now=at(600))
    sweep(650)
    assert rows(ticket.number, "first_response") == [("activated", 600), ("warned50", 650)][:1]
    assert clock_of(ticket.number, "resolution").due_at == at(1600)
    assert ShareAccount.objects.get(client=stranger).plan_version == plan


@pytest.mark.parametrize("sweeps", [(), (41, 9001), (45, 46, 46, 9050, 9050)])
def test_a_pause_of_the_retainer_stops_clocks_whenever_a_sweep_notices(
    project: Project, acme: Client, sweeps: tuple[int, ...], engineer: User
) -> None:
    ticket = new_ticket(project, engineer)
    sweep(1)
    moves = [(40, "paused"), (9000, "active")]
    for minutes, state in [*moves, *((each, "") for each in sweeps)]:
        if state:
            _move(acme, state, minutes)
            for each in sweeps if state == "paused" else ():
                if each < 9000:
                    sweep(each)
    sweep(9061)
    assert rows(ticket.number, "first_response") == [
        ("activated", 0), ("paused", 40), ("resumed", 9000), ("warned50", 9010),
        ("warned80", 9040), ("breached", 9060),
    ]  # fmt: skip
    assert clock_of(ticket.number, "resolution").due_at == at(9960)


def test_a_pause_nobody_noticed_before_a_promise_would_have_broken_breaks_none(
    project: Project, acme: Client, engineer: User
) -> None:
    ticket = new_ticket(project, engineer)
    sweep(1)
    _move(acme, "paused", 95)
    sweep(101)  # the clock's own step is due, its client's has not been looked at
    assert ("breached", 100) not in rows(ticket.number, "first_response")
    assert clock_of(ticket.number, "first_response").state == "paused"


def test_a_second_question_while_nothing_is_promised_starts_its_clock_with_the_next_plan(
    acme: Client, project: Project, engineer: User, bob: User
) -> None:
    ticket = new_ticket(project, engineer, by=bob)
    said: dict[str, Any] = {"ticket_id": ticket.pk, "body": "So?"}
    for minutes, who in ((10, engineer), (20, bob), (30, engineer)):
        actions.reply_to_ticket(actor=who, now=at(minutes), **said)
    _move(acme, "paused", 35)
    actions.reply_to_ticket(actor=bob, now=at(40), **said)
    assert clock_of(ticket.number, "next_reply").fulfilled_at == at(30)
    _move(acme, "active", 100)
    sweep(100)
    assert clock_of(ticket.number, "next_reply").started_at == at(100)


def test_another_plan_changes_what_is_due_and_repeats_nothing(
    project: Project, acme: Client, engineer: User, now: datetime
) -> None:
    late, early = new_ticket(project, engineer), new_ticket(project, engineer, now=at(300))
    sweep(700)
    before = rows(late.number, "first_response"), rows(late.number, "resolution")
    assert before[1] == [("activated", 0), ("warned50", 500)]
    always = Calendar.objects.get(is_house=False)
    better = factories.make_plan_version(
        targets=factories.make_targets(calendar=always, P3=(10, 800)), now=at(700)
    )
    _move(acme, "ended", 700)
    factories.make_retainer(client=acme, plan_version=better, now=at(700))
    sweep(790)
    shift = [("paused", 700), ("resumed", 700)]
    assert rows(late.number, "first_response") == [*before[0], *shift]
    assert rows(late.number, "resolution") == [*before[1], *shift, ("warned80", 700)]
    assert clock_of(late.number, "resolution").due_at == at(800)
    assert clock_of(early.number, "resolution").due_at == at(1100)


def test_new_hours_of_a_calendar_change_no_verdict(project: Project, engineer: User) -> None:
    ticket = new_ticket(project, engineer)
    sweep(150)
    given = rows(ticket.number, "first_response")
    always = Calendar.objects.get(is_house=False)
    always.versions.create(
        version=2, valid_from=at(200), time_zone="UTC", week=[[]] * 7, published_at=at(200)
    )
    actions.reply_to_ticket(ticket_id=ticket.pk, body="Late.", actor=engineer, now=at(250))
    sweep(99_000)
    assert rows(ticket.number, "first_response") == [*given, ("fulfilled", 250)]
    assert ("breached", 100) in given
    assert clock_of(ticket.number, "resolution").due_at is None


# --- who hears of it ---------------------------------------------------------------------------


def test_at_half_the_lead_hears_it_where_nobody_has_it_and_each_warning_is_mailed_once(
    project: Project,
) -> None:
    report = factories.make_triaged_report(project, now=START)
    for minutes in (51, 52, 81, 82, 101, 150):
        sweep(minutes)
    assert mails() == [
        ("lena@shipops.test", f"[#{report.pk}] First response: 50 % of the time is used"),
        ("lena@shipops.test", f"[#{report.pk}] First response: 80 % of the time is used"),
    ]


def test_whoever_has_it_hears_it_at_half_and_the_lead_too_at_most(
    project: Project, engineer: User
) -> None:
    ticket = new_ticket(project, engineer, state="in_progress")
    sweep(51)
    assert [who for who, _ in mails()] == [engineer.email]
    sweep(81)
    assert {who for who, _ in mails()[1:]} == {engineer.email, "lena@shipops.test"}
    assert len(mails()) == 3
    told = TicketEvent.objects.filter(report=ticket.number, kind="sla.warned").latest("pk")
    assert len(told.data["told"]) == 2


def test_without_a_lead_every_ops_admin_hears_it(
    project: Project, acme: Client, ops_admin: User
) -> None:
    client_actions.set_lead(client_id=acme.pk, lead_id=None, actor=ops_admin, now=START)
    factories.make_triaged_report(project, now=START)
    sweep(51)
    assert [who for who, _ in mails()] == [ops_admin.email]


def test_of_a_resolution_only_a_promised_one_is_warned_of(project: Project, engineer: User) -> None:
    promised, other = (new_ticket(project, engineer) for _ in range(2))
    assert promised.due_at and other.due_at
    Ticket.objects.filter(pk=other.pk).update(due_at=None, committed_at=None)
    for ticket in (promised, other):
        actions.reply_to_ticket(ticket_id=ticket.pk, body="Ok", actor=engineer, now=at(1))
    sweep(501)
    assert mails() == [
        ("lena@shipops.test", f"[#{promised.number}] Resolution: 50 % of the time is used")
    ]
    assert ("warned50", 500) in rows(other.number, "resolution")


def test_many_at_once_are_one_mail_that_names_ten(project: Project) -> None:
    for _ in range(12):
        factories.make_triaged_report(project, now=START)
    sweep(85)
    (mail,) = OutboxMessage.objects.filter(recipient="lena@shipops.test")
    assert mail.subject == "12 answers or fixes are due soon"
    assert mail.notice.count("80 %") == 10
    assert "And 2 more." in mail.notice


def test_what_was_answered_before_a_sweep_came_warns_nobody(
    project: Project, engineer: User
) -> None:
    report = factories.make_triaged_report(project, now=START)
    actions.reply_to_report(report_id=report.pk, body="Ok", actor=engineer, now=at(90))
    sweep(300)
    assert mails() == []


# --- cost, and what fails ----------------------------------------------------------------------


def test_keeping_a_ticket_s_clocks_takes_a_few_statements_however_long_its_history(
    project: Project, engineer: User, bob: User, django_assert_max_num_queries: Any
) -> None:
    ticket = new_ticket(project, engineer, by=bob)
    for minutes in range(20):
        who = (engineer, bob)[minutes % 2]
        actions.reply_to_ticket(ticket_id=ticket.pk, body="Hm", actor=who, now=at(minutes))
    with django_assert_max_num_queries(7):
        actions.keep_clocks(ticket=ticket, now=at(30))
    with django_assert_max_num_queries(12):
        actions.keep_clocks(ticket=ticket, now=at(600))


def test_a_sweep_touches_only_what_is_due_and_a_batch_costs_as_much_as_one(
    project: Project, django_assert_max_num_queries: Any
) -> None:
    for minutes in (0, 0, 0, 0, 40, 40):
        factories.make_triaged_report(project, now=at(minutes))
    due = due_lines(at(51))
    assert len(due) == 4
    with django_assert_max_num_queries(15):
        actions.sweep_clocks(report_ids=due, now=at(51))
    assert due_lines(at(51)) == []


def test_one_that_fails_holds_up_no_other(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (factories.make_triaged_report(project, now=START) for _ in range(2))
    sweep(1)
    kept = actions.sweep_clocks

    def fails(*, report_ids: list[int], now: datetime) -> int:
        if first.pk in report_ids:
            raise RuntimeError("broken")
        return kept(report_ids=report_ids, now=now)

    monkeypatch.setattr("tickets.actions.sweep_clocks", fails)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at(101))
    tasks.sweep_clocks()
    assert ("breached", 100) in rows(second.pk, "first_response")
    assert ("breached", 100) not in rows(first.pk, "first_response")
    assert "broken" in caplog.text


def test_a_client_s_clocks_cut_short_go_on_with_the_next_run(
    project: Project, acme: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = [factories.make_triaged_report(project, now=START) for _ in range(3)]
    sweep(1)
    _move(acme, "paused", 10)
    monkeypatch.setattr("tickets.actions.clocks.KEEP_BATCH", 1)
    kept, calls = actions.sweep_clocks, []

    def dies(*, report_ids: list[int], now: datetime) -> int:
        calls.append(report_ids)
        if len(calls) == 2:
            raise RuntimeError("killed")
        return kept(report_ids=report_ids, now=now)

    monkeypatch.setattr("tickets.actions.clocks.sweep_clocks", dies)
    with pytest.raises(RuntimeError):
        actions.keep_client(client_id=acme.pk, now=at(11))
    assert acme.pk in clients_to_keep(at(60))
    actions.keep_client(client_id=acme.pk, now=at(12))
    assert clients_to_keep(at(60)) == []
    for report in reports:
        assert rows(report.pk, "first_response") == [("activated", 0), ("paused", 10)]


def test_a_retainer_that_paused_and_came_back_between_two_sweeps_is_noticed(
    project: Project, acme: Client
) -> None:
    report = factories.make_triaged_report(project, now=START)
    sweep(1)
    _move(acme, "paused", 10)
    _move(acme, "active", 14)
    sweep(15)
    assert clock_of(report.pk, "first_response").due_at == at(104)


def test_a_flooded_client_s_reports_are_found_for_its_new_terms(
    project: Project, acme: Client, engineer: User, bob: User
) -> None:
    """What waits in triage, is open, joined without an answer, or waits for a reply."""
    triage = factories.make_triaged_report(project, now=START)
    done = factories.ship(new_ticket(project, engineer, by=bob), engineer=engineer, now=at(1))
    actions.reply_to_ticket(ticket_id=done.pk, body="Thanks?", actor=bob, now=at(2))
    closed = new_ticket(project, engineer, state="closed")
    sweep(3)
    _move(acme, "paused", 5)
    sweep(6)
    paused = set(SlaClock.objects.filter(state="paused").values_list("report", flat=True))
    assert paused == {triage.pk, done.number}
    assert Report.objects.filter(ticket=closed).exists()

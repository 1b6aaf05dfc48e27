"""Which ticket is next, on a real database: as the rules say, and what going against it takes."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localtime

from clients.models import Client, Project, User
from clients.queries import house_calendar
from clients.rules.times import describe_moment
from core.calendars import MINUTE, micros
from tests import factories
from tests.threads import losers, press_at_once, winners
from tickets import actions
from tickets.models import (
    Engineer,
    ReceivedMinutes,
    ShareAccount,
    Ticket,
    TicketEvent,
    TicketEventKind,
)
from tickets.queries.crew import crew
from tickets.queries.order import next_for, order_of, takeable
from tickets.queries.receipts import lines_of, receipt_of, receipt_of_start, recomputed_terms
from tickets.queries.shares import week_of, weeks_of
from tickets.queries.takers import Trials, taker_of
from tickets.rules.queue.forward import Worker
from tickets.rules.queue.lanes import Waiting, choose, moved
from tickets.rules.queue.rank import business_days, rank_of, score_of
from tickets.rules.words import Priority

_K = TicketEventKind
# A Tuesday morning within our hours, which a winter's day of any zone of the house would be.
MORNING = datetime(2026, 11, 24, 10, tzinfo=UTC)


def started(ticket: Ticket) -> TicketEvent:
    """Give the event of a ticket's start."""
    events = TicketEvent.objects.select_related("ticket__client")
    return events.get(ticket=ticket, kind=_K.TICKET_STARTED)


def virtual(client: Client) -> float:
    return ShareAccount.objects.get(client=client).virtual_minutes


def test_of_two_clients_whoever_received_less_is_next_and_within_one_the_higher_rank(
    project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    factories.make_engineer(engineer, wip_limit=9, now=now)
    hour = timedelta(hours=1)
    make = partial(factories.make_ticket, engineer=engineer, estimate_minutes=90)
    mild = make(project=project, severity="S4", now=now - hour)
    worse = make(project=project, severity="S3", now=now)
    foreign = make(project=foreign_project, severity="S4", now=now)
    Ticket.objects.update(due_at=None, committed_at=None)

    taken = [actions.take_next(actor=engineer, now=now) for _ in range(3)]

    assert taken == [worse, foreign, mild]
    assert virtual(project.client) == 180
    assert virtual(foreign_project.client) == 90
    assert [started(ticket).data["lane"] for ticket in taken] == ["L2"] * 3


def test_p1_comes_first_and_moves_nobodys_share(
    project: Project, engineer: User, now: datetime
) -> None:
    factories.make_ticket(project=project, engineer=engineer, severity="S2", now=now)
    urgent = factories.make_ticket(project=project, engineer=engineer, severity="S1", now=now)

    assert actions.take_next(actor=engineer, now=now) == urgent
    assert started(urgent).data["lane"] == "L0"
    assert virtual(project.client) == 0


def test_a_promise_that_comes_near_goes_before_the_fair_choice(
    project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    fair = factories.make_ticket(project=project, engineer=engineer, severity="S2", now=MORNING)
    near = factories.make_ticket(
        project=foreign_project, engineer=engineer, severity="S4", now=MORNING
    )
    Ticket.objects.filter(pk=fair.pk).update(due_at=None, committed_at=None)
    due_at = house_calendar().add_minutes(MORNING, 260)
    Ticket.objects.filter(pk=near.pk).update(due_at=due_at, committed_at=MORNING)

    assert actions.take_next(actor=engineer, now=MORNING) == near
    kept = started(near).data
    assert (kept["lane"], kept["reason"], kept["slack"]) == ("L1", "slack", 200 * 60_000_000)
    assert recomputed_terms(started(near)) == kept


def test_a_promise_that_stands_still_goes_before_nobody(
    project: Project, foreign_project: Project, engineer: User
) -> None:
    fair = factories.make_ticket(project=project, engineer=engineer, severity="S2", now=MORNING)
    near = factories.make_ticket(
        project=foreign_project, engineer=engineer, severity="S4", now=MORNING
    )
    Ticket.objects.filter(pk=fair.pk).update(due_at=None, committed_at=None)
    due_at = house_calendar().add_minutes(MORNING, 60)
    Ticket.objects.filter(pk=near.pk).update(due_at=due_at, committed_at=MORNING)
    ShareAccount.objects.filter(client=foreign_project.client).update(virtual_minutes=900)
    foreign_project.client.retainers.update(state="paused")

    assert receipt_of(near, MORNING).lane == "L2"
    assert actions.take_next(actor=engineer, now=MORNING) == fair
    assert actions.take_next(actor=engineer, now=MORNING) == near
    assert started(near).data["lane"] == "L2"


def test_who_has_work_in_hand_leaves_what_is_due_first_to_whoever_is_free(
    project: Project, foreign_project: Project, engineer: User, engineer2: User
) -> None:
    make = partial(factories.make_ticket, engineer=engineer, now=MORNING)
    make(project=project, severity="S4", estimate_minutes=1000, state="in_progress")
    near = make(project=foreign_project, severity="S2", estimate_minutes=120)
    other = make(project=project, severity="S4", estimate_minutes=60)
    due_at = house_calendar().add_minutes(MORNING, 240)
    Ticket.objects.filter(pk=near.pk).update(due_at=due_at, committed_at=MORNING)
    Ticket.objects.filter(pk=other.pk).update(due_at=None, committed_at=None)
    actions.refresh_plan(now=MORNING)

    with CaptureQueriesContext(connection) as asked:
        assert actions.take_next(actor=engineer, now=MORNING) == other
    statements = [each["sql"] for each in asked if "SAVEPOINT" not in each["sql"]]
    assert len(statements) < 12
    assert started(other).data["lane"] == "L2"
    assert actions.take_next(actor=engineer, now=MORNING) == near, "nobody idles"
    assert started(near).data["reason"] == "forced"
    assert recomputed_terms(started(near)) == started(near).data


def test_the_line_and_the_sheet_say_when_it_would_be_done_if_another_came_first(
    project: Project, foreign_project: Project, engineer: User
) -> None:
    fair = factories.make_ticket(
        project=project, engineer=engineer, severity="S4", estimate_minutes=2000, now=MORNING
    )
    near = factories.make_ticket(project=foreign_project, engineer=engineer, now=MORNING)
    house = house_calendar()
    due_at, done_at = (house.add_minutes(MORNING, minutes) for minutes in (1500, 2060))
    Ticket.objects.filter(pk=fair.pk).update(due_at=None, committed_at=None)
    Ticket.objects.filter(pk=near.pk).update(due_at=due_at, committed_at=MORNING)
    ShareAccount.objects.filter(client=near.client).update(virtual_minutes=500)
    leave_alone(engineer)
    actions.refresh_plan(now=MORNING)

    taker = taker_of(engineer)
    [line, _] = lines_of(taker, now=MORNING, first=0, most=5)
    done, due = (describe_moment(localtime(each), localtime(MORNING)) for each in (done_at, due_at))
    assert line.receipt.line == f"L1: would be done {done} if another came first, due {due}"
    sheet = receipt_of(Ticket.objects.get(pk=near.pk), MORNING, taker)
    assert sheet == line.receipt
    [term] = [each for each in sheet.terms if each.name == "If another came first"]
    assert term.value == f"#{near.number} done {done}, due {due}: 9 h 20 min late"

    actions.take_next(actor=engineer, now=MORNING)
    assert recomputed_terms(started(near)) == started(near).data
    found = receipt_of_start(started(near))
    assert found is not None and found.line == line.receipt.line


def test_the_line_names_the_other_promise_for_which_a_ticket_goes_first(
    project: Project, foreign_project: Project, engineer: User
) -> None:
    fair = factories.make_ticket(
        project=project, engineer=engineer, severity="S4", estimate_minutes=2000, now=MORNING
    )
    first, other = (
        factories.make_ticket(
            project=foreign_project, engineer=engineer, estimate_minutes=minutes, now=MORNING
        )
        for minutes in (60, 600)
    )
    house = house_calendar()
    Ticket.objects.filter(pk=fair.pk).update(due_at=None, committed_at=None)
    for ticket, minutes in ((first, 2100), (other, 2400)):
        due_at = house.add_minutes(MORNING, minutes)
        Ticket.objects.filter(pk=ticket.pk).update(due_at=due_at, committed_at=MORNING)
    ShareAccount.objects.filter(client=first.client).update(virtual_minutes=500)
    leave_alone(engineer)
    actions.refresh_plan(now=MORNING)

    line = lines_of(taker_of(engineer), now=MORNING, first=0, most=1)[0].receipt.line
    assert line.startswith(f"L1: #{other.number} would be done ")
    assert "if another came first, due " in line


def leave_alone(engineer: User) -> None:
    """Let nobody else take tickets."""
    for person in User.objects.filter(is_staff=True).exclude(pk=engineer.pk):
        person.groups.clear()


def test_who_has_enough_in_progress_gets_no_more(
    project: Project, engineer: User, now: datetime
) -> None:
    factories.make_engineer(engineer, wip_limit=1, now=now)
    one, two = (factories.make_ticket(project=project, engineer=engineer, now=now) for _ in "ab")
    actions.take_next(actor=engineer, now=now)

    with pytest.raises(actions.TooMuchInHand, match="You have 1 ticket in progress"):
        actions.take_next(actor=engineer, now=now)
    with pytest.raises(actions.TooMuchInHand):
        actions.start_ticket(ticket_id=two.pk, actor=engineer, now=now, reason="Please.")
    actions.wait_for_client(ticket_id=one.pk, question="Which one?", actor=engineer, now=now)
    assert actions.take_next(actor=engineer, now=now) == two


def test_nobody_is_given_what_they_may_not_take(
    project: Project, foreign_project: Project, engineer: User, engineer2: User, now: datetime
) -> None:
    skill = factories.make_skill("Rails", now=now)
    factories.make_engineer(engineer, projects=[project], now=now)
    factories.make_engineer(engineer2, skills=[skill], now=now)
    foreign = factories.make_ticket(project=foreign_project, engineer=engineer, now=now)
    skilled = factories.make_ticket(project=project, engineer=engineer, severity="S1", now=now)
    actions.set_ticket_skill(ticket_id=skilled.pk, skill_id=skill.pk, actor=engineer, now=now)
    plain = factories.make_ticket(project=project, engineer=engineer, now=now)

    assert actions.take_next(actor=engineer, now=now) == plain
    with pytest.raises(actions.QueueEmpty):
        actions.take_next(actor=engineer, now=now)
    assert [actions.take_next(actor=engineer2, now=now) for _ in "ab"] == [skilled, foreign]


def test_out_of_order_needs_a_reason_which_stays_and_moves_the_clients_share(
    project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    first = factories.make_ticket(project=project, engineer=engineer, severity="S1", now=now)
    other = factories.make_ticket(
        project=foreign_project, engineer=engineer, estimate_minutes=45, now=now
    )
    who: Any = {"ticket_id": other.pk, "actor": engineer, "now": now}

    with pytest.raises(actions.OutOfOrder, match=f"#{first.number} is next for you"):
        actions.start_ticket(**who)
    other.refresh_from_db()
    assert other.state == "queued"
    actions.start_ticket(reason="They are on the phone.", **who)

    event = TicketEvent.objects.get(ticket=other, kind=_K.OVERRIDDEN)
    assert event.data == {"next": first.number, "breaches": []}
    assert other.comments.get().body == "They are on the phone."
    assert virtual(foreign_project.client) == 45
    assert started(other).data["lane"] == "override"
    assert recomputed_terms(started(other)) == started(other).data
    actions.start_ticket(ticket_id=first.pk, actor=engineer, now=now)
    assert started(first).data["lane"] == "L0"


def test_the_event_of_an_override_names_what_breaks_and_by_how_much(
    project: Project, engineer: User
) -> None:
    promised = factories.make_ticket(project=project, engineer=engineer, now=MORNING)
    other = factories.make_ticket(
        project=project, engineer=engineer, estimate_minutes=240, now=MORNING
    )
    Ticket.objects.update(due_at=None, committed_at=None)
    due_at = house_calendar().add_minutes(MORNING, 90)
    Ticket.objects.filter(pk=promised.pk).update(due_at=due_at, committed_at=MORNING)
    leave_alone(engineer)  # nobody else keeps the promise instead

    actions.start_ticket(
        ticket_id=other.pk, actor=engineer, now=MORNING, reason="The client insists."
    )

    event = TicketEvent.objects.get(ticket=other, kind=_K.OVERRIDDEN)
    assert event.data["breaches"] == [[promised.number, 240 + 60 - 90]]


def test_a_ticket_somebody_holds_is_passed_over(
    project: Project, engineer: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (
        factories.make_ticket(project=project, engineer=engineer, severity=each, now=now)
        for each in ("S2", "S3")
    )
    Ticket.objects.update(due_at=None, committed_at=None)
    ask: Any = next_for
    seen: list[int] = []

    def meanwhile(*args: Any, **kwargs: Any) -> Any:
        place = ask(*args, **kwargs)
        seen.append(place.number)
        if len(seen) == 1:
            Ticket.objects.filter(pk=first.pk).update(state="closed")
        return place

    monkeypatch.setattr("tickets.actions.next.next_for", meanwhile)
    assert actions.take_next(actor=engineer, now=now) == second
    assert seen == [first.number, second.number]


@pytest.mark.parametrize("seed", [0, 1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_indexes_give_what_the_rules_give_on_the_whole_queue(db: None, seed: int) -> None:
    random = Random(seed)
    house, now = house_calendar(), MORNING
    people = [factories.make_staff(now=now) for _ in range(2)]
    projects = _served_projects(3, now)
    if seed % 2:
        factories.make_engineer(people[0], projects=projects[:2], now=now)
    make_many(9, projects, now, random)
    for ticket in Ticket.objects.all():
        if random.random() < 0.6:
            ticket.due_at = house.add_minutes(now, random.randrange(30, 3000))
            ticket.committed_at = ticket.received_at
            ticket.save()
    for account in ShareAccount.objects.all():
        ShareAccount.objects.filter(pk=account.pk).update(virtual_minutes=random.randrange(300))
    actions.refresh_plan(now=now)

    for person in people:
        for _ in range(3):
            group = crew(now)
            waiting = [
                as_waiting(ticket, group.group_of(ticket.project_id, None), now)
                for ticket in queued()
            ]
            shares = dict(ShareAccount.objects.values_list("client", "virtual_minutes"))
            expected = choose(waiting, group.workers, person.pk, shares, micros(now))
            taker = taker_of(person)
            trials = Trials(taker, now)
            place = next_for(taker, trials)
            if expected is None:
                assert place is None
                break
            assert place is not None
            assert (place.lane, place.reason) == (expected.lane, expected.reason)
            assert place.number == expected.ticket.ticket
            page = order_of(takeable(taker), taker, now=now, most=20, trials=trials)
            assert page[0].number == place.number
            assert len({each.number for each in page}) == len(page)
            assert {each.number for each in page} == {
                each.ticket
                for each in waiting
                if (me := group.worker_of(person.pk))
                and (me.groups is None or each.group in me.groups)
            }
            actions.take_next(actor=person, now=now)
            actions.refresh_plan(now=now)


def _served_projects(count: int, now: datetime) -> list[Project]:
    projects = [factories.make_project(now=now) for _ in range(count)]
    for project in projects:
        factories.make_retainer(client=project.client, now=now)
    return projects


def make_many(count: int, projects: list[Project], now: datetime, random: Random) -> None:
    """Put many tickets into the queue at once, nothing promised yet."""
    tickets = []
    for number in range(1, count + 1):
        project = random.choice(projects)
        at = now - timedelta(hours=random.randrange(200))
        severity = random.choice(["S2", "S3", "S4"])
        ticket = Ticket(
            number=number, client=project.client, project=project, title=f"No {number}", kind="bug",
            severity=severity, priority=f"P{severity[1]}", severity_confirmed_at=at, reach=1,
            estimate_minutes=random.choice([30, 90, 300, 700]), received_at=at, opened_at=at,
        )  # fmt: skip
        days = business_days(house_calendar(), at)
        ticket.rank = rank_of(Priority(ticket.priority), 1, days)
        tickets.append(ticket)
    Ticket.objects.bulk_create(tickets)
    clients = {project.client_id for project in projects}
    ShareAccount.objects.bulk_create(ShareAccount(client_id=pk, tokens_at=now) for pk in clients)


def as_waiting(ticket: Ticket, group: int, now: datetime) -> Waiting:
    """Give a ticket as the rules see it."""
    house = house_calendar()
    work = ticket.estimate_minutes * 60_000_000
    slack = house.between(now, ticket.due_at) // timedelta(microseconds=1) if ticket.due_at else 0
    return Waiting(
        ticket.number,
        ticket.client_id,
        Priority(ticket.priority),
        ticket.reach,
        business_days(house, now) - business_days(house, ticket.received_at),
        work,
        micros(ticket.due_at) if ticket.due_at else None,
        slack - work,
        group,
    )


def test_picks_reach_deep_into_a_client_that_has_received_little(
    project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    for _ in range(11):
        factories.make_ticket(project=project, engineer=engineer, estimate_minutes=10, now=now)
    factories.make_ticket(project=foreign_project, engineer=engineer, now=now)
    Ticket.objects.update(due_at=None, committed_at=None)
    ShareAccount.objects.filter(client=foreign_project.client).update(virtual_minutes=95)

    taker = taker_of(engineer)
    places = order_of(takeable(taker), taker, now=now, most=12)

    clients = [place.ticket.client for place in places]
    assert clients == [project.client_id] * 10 + [foreign_project.client_id, project.client_id]
    assert [place.virtual for place in places[:3]] == [0, 10, 20]


@pytest.mark.parametrize("change", ["edit", "reach", "approve", "reopen"])
def test_the_stored_rank_follows_priority_and_reach(
    project: Project, alice: User, bob: User, engineer: User, now: datetime, change: str
) -> None:
    report = factories.make_report(project, by=alice, now=now)
    ticket = factories.make_ticket(report, severity="S3", engineer=engineer, now=now)
    who: Any = {"actor": engineer, "now": now}
    if change == "edit":
        actions.edit_ticket(
            ticket_id=ticket.pk, version=ticket.version, kind="bug", severity="S2",
            title=ticket.title, estimate_minutes=60, **who,
        )  # fmt: skip
    elif change == "reach":
        again = factories.make_triaged_report(project, by=bob, now=now)
        actions.join_report(report_id=again.pk, number=ticket.number, **who)
    elif change == "approve":
        Ticket.objects.filter(pk=ticket.pk).update(reach=5, severity="S2")
        actions.approve_p1(ticket_id=ticket.pk, **who)
    else:
        actions.close_ticket(ticket_id=ticket.pk, message="No.", **who)
        Ticket.objects.filter(pk=ticket.pk).update(rank=0)
        actions.reopen_ticket(ticket_id=ticket.pk, reason="Yes.", **who)
    found = Ticket.objects.get(pk=ticket.pk)
    days = business_days(house_calendar(), found.received_at)
    assert found.rank == rank_of(Priority(found.priority), found.reach, days)
    assert (found.priority, found.reach) != (ticket.priority, ticket.reach) or change == "reopen"


def test_who_had_no_work_starts_with_those_who_have(
    project: Project, foreign_project: Project, engineer: User, now: datetime
) -> None:
    factories.make_ticket(project=project, engineer=engineer, now=now)
    ShareAccount.objects.filter(client=project.client).update(virtual_minutes=700)

    factories.make_ticket(project=foreign_project, engineer=engineer, now=now)
    assert virtual(foreign_project.client) == 700

    ShareAccount.objects.filter(client=project.client).update(virtual_minutes=900)
    factories.make_ticket(project=foreign_project, engineer=engineer, now=now)
    assert virtual(foreign_project.client) == 700


def test_logged_and_voided_minutes_move_what_the_client_received_that_week(
    project: Project, foreign_project: Project, engineer: User
) -> None:
    now = MORNING
    ticket = factories.make_ticket(project=project, engineer=engineer, now=now)
    other = factories.make_ticket(project=foreign_project, engineer=engineer, now=now)
    who: Any = {"actor": engineer, "now": now}
    today, last_week = now.date(), now.date() - timedelta(days=4)
    actions.log_time(ticket_id=ticket.pk, minutes=50, work_date=last_week, **who)
    entry = actions.log_time(ticket_id=ticket.pk, minutes=30, work_date=today, **who)
    actions.log_time(ticket_id=ticket.pk, minutes=10, work_date=today, **who)
    actions.log_time(ticket_id=other.pk, minutes=30, work_date=today, **who)
    assert [s.minutes for _, s in weeks_of(project.client_id, now, weeks=2)] == [50, 40]
    assert [s.percent for _, s in weeks_of(project.client_id, now, weeks=2)] == [200, 114]

    actions.void_time(entry_id=entry.pk, **who)

    kept = ReceivedMinutes.objects.get(client=project.client, week_date=week_of(today))
    assert kept.minutes == 10


def test_the_receipt_of_a_start_is_computed_anew_from_the_rows(
    project: Project, engineer: User
) -> None:
    ticket = factories.make_ticket(
        project=project, engineer=engineer, severity="S2", now=MORNING - timedelta(days=5)
    )
    Ticket.objects.update(due_at=None, committed_at=None)
    before = receipt_of(Ticket.objects.get(), MORNING)
    actions.take_next(actor=engineer, now=MORNING)

    event = started(ticket)
    days = business_days(house_calendar(), MORNING)
    assert event.data["score"] == score_of(event.data["rank"], days)
    assert recomputed_terms(event) == event.data
    receipt = receipt_of_start(event)
    assert receipt is not None
    assert receipt.line == before.line == "L2: Acme's turn; 40 + 12 = 52"
    assert [term.name for term in receipt.terms[:3]] == ["Due", "Estimate", "Base"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_get_fifty_tickets_in_an_order_that_is_some_serial_one() -> None:
    now, house = MORNING, house_calendar()
    projects = _served_projects(4, now)
    people = [factories.make_staff(now=now) for _ in range(5)]
    Engineer.objects.bulk_create(Engineer(user=person, wip_limit=10) for person in people)
    make_many(54, projects, now, Random(1))
    for ticket in Ticket.objects.filter(number__lt=5):
        days = business_days(house, ticket.received_at)
        ticket.priority, ticket.rank = Priority.P1, rank_of(Priority.P1, 1, days)
        ticket.save()
    for place, ticket in enumerate(Ticket.objects.filter(number__range=(10, 24))):
        ticket.due_at = house.add_minutes(now, 900 + 80 * place)
        ticket.committed_at = ticket.received_at
        ticket.save()
    actions.refresh_plan(now=now)
    workers, left = list(crew(now).workers), [as_waiting(each, 0, now) for each in queued()]

    outcomes = press_at_once(
        [partial(actions.take_next, actor=people[place % 5], now=now) for place in range(50)]
    )

    assert not losers(outcomes)
    assert len({ticket.pk for ticket in winners(outcomes)}) == 50
    events = TicketEvent.objects.filter(kind=_K.TICKET_STARTED).select_related("ticket__client")
    reasons = served_one_by_one(events.order_by("pk"), left, workers)
    assert reasons >= {"p1", "slack", "simulation", "share"}


def served_one_by_one(
    events: Iterable[TicketEvent], left: list[Waiting], workers: list[Worker]
) -> set[str]:
    """Hold starts, in the order they were written in, to the pure rules; gives the reasons."""
    shares, reasons = dict[int, float](), set[str]()
    for event in events:
        assert event.ticket and event.actor_user_id
        choice = choose(left, workers, event.actor_user_id, shares, micros(MORNING))
        assert choice is not None
        taken = choice.ticket
        found = event.ticket.number, event.data["lane"], event.data["reason"]
        assert found == (taken.ticket, choice.lane, choice.reason)
        assert recomputed_terms(event) == event.data
        reasons.add(choice.reason)
        if choice.lane == "L2":
            working = {each.client for each in left}
            minutes = taken.work / MINUTE
            shares[taken.client] = moved(shares, taken.client, 1, minutes, working)
            assert event.data["virtual_after"] == shares[taken.client]
        left.remove(taken)
        workers = [
            replace(each, free_at=each.shifts.finish(each.free_at, taken.work) or 0)
            if each.engineer == event.actor_user_id
            else each
            for each in workers
        ]
    return reasons


def queued() -> list[Ticket]:
    return list(Ticket.objects.filter(state="queued"))

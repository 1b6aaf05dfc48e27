"""One problem, one ticket: what goes along in a merge, and that taking it back restores it all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import ApiKey, Project, User
from core.errors import InvalidInput, MoveRefused, NotAllowed
from core.models import OutboxMessage
from tests import factories
from tests.tickets.merges import DOES, Merges, merge, rolled_back, snapshot, unmerge
from tickets import actions, tasks
from tickets.models import Comment, Outbreak, SlaClock, Ticket, TicketEventKind, TicketLink
from tickets.queries.merging import survives

NOON = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def one(project: Project, alice: User, engineer: User, now: datetime) -> Ticket:
    """The older ticket."""
    return factories.make_ticket(project=project, by=alice, engineer=engineer, now=now - 2 * HOUR)


@pytest.fixture
def other(project: Project, bob: User, engineer: User, now: datetime) -> Ticket:
    """The newer one."""
    return factories.make_ticket(project=project, by=bob, engineer=engineer, now=now - HOUR)


def clock_of(number: int, clock: str) -> SlaClock:
    return SlaClock.objects.get(report=number, clock=clock)


def test_everything_goes_along_and_comes_back(
    one: Ticket, other: Ticket, alice: User, bob: User, engineer: User, now: datetime
) -> None:
    attached = factories.make_attachment(actor=bob, now=now)
    about: dict[str, Any] = {"ticket_id": other.pk, "now": now}
    actions.reply_to_ticket(
        body="It happens in Safari.", attachment_ids=[attached.pk], actor=bob, **about
    )
    actions.note_on_ticket(body="See the log.", actor=engineer, **about)
    actions.log_time(minutes=25, actor=engineer, **about)
    actions.link_pull_request(url="https://git.example/pr/1", actor=engineer, **about)
    actions.watch_ticket(actor=alice, **about)
    actions.start_timer(actor=engineer, **about)
    before = snapshot()

    merge(other, one, engineer)

    assert (other.state, other.merged_into) == ("merged", one)
    assert set(one.reports.values_list("pk", flat=True)) == {one.number, other.number}
    assert one.reach == 2
    assert one.comments.count() == 2
    assert one.time_entries.get().minutes == 25
    assert one.links.get().url == "https://git.example/pr/1"
    assert one.watchers.get().user == alice
    assert one.timers.get().engineer == engineer
    assert not other.comments.exists() and not other.time_entries.exists()

    unmerge(other, engineer)
    assert snapshot() == before
    one.refresh_from_db()
    assert (one.reach, other.reach, other.state) == (1, 1, "queued")


def test_what_is_written_since_stays_where_it_was_written(
    one: Ticket, other: Ticket, bob: User, engineer: User, now: datetime
) -> None:
    merge(other, one, engineer)
    about: dict[str, Any] = {"ticket_id": other.pk, "now": now}
    reply = actions.reply_to_ticket(body="Any news?", actor=bob, **about)
    entry = actions.log_time(minutes=5, actor=engineer, **about)
    actions.note_on_ticket(body="Looking.", actor=engineer, **about)

    assert (reply.ticket, entry.ticket) == (one, one)
    unmerge(other, engineer)
    assert one.comments.count() == 2
    assert one.time_entries.get() == entry
    assert not other.comments.exists()


def test_the_same_link_on_both_comes_back_to_both(
    one: Ticket, other: Ticket, engineer: User, now: datetime
) -> None:
    for ticket in (one, other):
        actions.link_pull_request(
            ticket_id=ticket.pk, url="https://git.example/pr/7", actor=engineer, now=now
        )
    merge(other, one, engineer)
    actions.link_pull_request(
        ticket_id=one.pk, url="https://git.example/pr/7", actor=engineer, now=now
    )
    assert one.links.count() == 2
    unmerge(other, engineer)
    assert TicketLink.objects.filter(home=None).count() == 2
    assert other.links.count() == 1


def test_chains_are_taken_apart_in_any_order(
    project: Project, one: Ticket, other: Ticket, alice: User, engineer: User, now: datetime
) -> None:
    third = factories.make_ticket(project=project, engineer=engineer, now=now - HOUR)
    before = snapshot()
    merge(third, other, engineer)
    merge(other, one, engineer)
    reply = actions.reply_to_ticket(ticket_id=third.pk, body="Hello?", actor=alice, now=now)
    assert reply.ticket == one

    unmerge(third, engineer)
    assert set(one.reports.values_list("pk", flat=True)) == {one.number, other.number}
    assert third.reports.get().pk == third.number
    unmerge(other, engineer)
    before["Comment", reply.pk] = dict(Comment.objects.values().get(pk=reply.pk))
    assert snapshot() == before

    merge(third, other, engineer)
    merge(other, one, engineer)
    unmerge(other, engineer)
    assert set(other.reports.values_list("pk", flat=True)) == {other.number, third.number}
    unmerge(third, engineer)
    assert snapshot() == before


def test_reporters_who_wait_are_told_once_and_nothing_of_others(
    one: Ticket, project: Project, engineer: User, now: datetime
) -> None:
    secret = factories.make_ticket(
        project=project, email="eve@example.com", engineer=engineer, title="My secret", now=now
    )
    Ticket.objects.filter(pk=one.pk).update(title="Alice's own words")
    OutboxMessage.objects.all().delete()
    merge(secret, one, engineer)
    mail = OutboxMessage.objects.get(recipient="eve@example.com")
    assert f"#{one.number}" in mail.text + mail.notice
    assert "Alice" not in mail.text + mail.notice + mail.subject
    unmerge(secret, engineer)
    assert OutboxMessage.objects.filter(recipient="eve@example.com").count() == 1


def test_a_merge_into_a_shipped_ticket_asks_whether_the_fix_works(
    one: Ticket, other: Ticket, bob: User, engineer: User, now: datetime
) -> None:
    factories.walk_ticket(one, "shipped", engineer=engineer, now=now)
    merge(other, one, engineer)
    shipped = one.events.get(kind=TicketEventKind.TICKET_SHIPPED)
    assert actions.ask_reporters(event_id=shipped.pk, now=now) == 1
    assert actions.ask_reporters(event_id=shipped.pk, now=now) == 0
    denied = actions.answer_fix(
        ticket_id=one.pk, works=False, comment="", actor=bob, now=now + HOUR
    )
    assert (denied.state, denied.reach) == ("queued", 2)


def test_every_merged_reporter_is_asked_once_after_shipping(
    one: Ticket, other: Ticket, engineer: User, now: datetime
) -> None:
    merge(other, one, engineer)
    factories.walk_ticket(one, "shipped", engineer=engineer, now=now)
    assert sorted(one.fix_checks.values_list("reporter__user__name", flat=True)) == [
        "Alice Adams", "Bob Brown",
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["shipped", "verified", "closed"])
def test_only_open_tickets_are_merged_away(
    state: str, one: Ticket, other: Ticket, engineer: User, now: datetime
) -> None:
    factories.walk_ticket(other, state, engineer=engineer, now=now)
    with pytest.raises(MoveRefused):
        merge(other, one, engineer)


@pytest.mark.parametrize("state", ["verified", "closed"])
def test_nothing_is_merged_into_what_is_done(
    state: str, one: Ticket, other: Ticket, engineer: User, now: datetime
) -> None:
    factories.walk_ticket(one, state, engineer=engineer, now=now)
    with pytest.raises(MoveRefused, match="Reopen it first"):
        merge(other, one, engineer)


def test_another_clients_ticket_does_not_exist(
    one: Ticket, foreign_project: Project, engineer: User, now: datetime
) -> None:
    foreign = factories.make_ticket(project=foreign_project, engineer=engineer, now=now)
    for number in (foreign.number, 10**9):
        with pytest.raises(InvalidInput, match=f"This client has no ticket #{number}."):
            actions.merge_tickets(source_id=one.pk, number=number, actor=engineer, now=now)
    with pytest.raises(InvalidInput, match="itself"):
        actions.merge_tickets(source_id=one.pk, number=one.number, actor=engineer, now=now)


def test_clients_merge_nothing(one: Ticket, other: Ticket, alice: User, charlie: User) -> None:
    for person in (alice, charlie):
        with pytest.raises(NotAllowed):
            merge(other, one, person)
        with pytest.raises(NotAllowed):
            actions.unmerge_ticket(source_id=other.pk, actor=person, now=NOON)


def test_tickets_of_two_apps_of_one_client_may_be_one(
    one: Ticket, engineer: User, now: datetime
) -> None:
    app = factories.make_project(client=one.client, now=now)
    ours = factories.make_ticket(project=app, engineer=engineer, now=now)
    merge(ours, one, engineer)
    key: ApiKey = factories.make_api_key(project=app, now=now)[0]
    stranger: ApiKey = factories.make_api_key(
        project=factories.make_project(client=one.client, now=now), now=now
    )[0]
    reply = actions.reply_to_ticket(ticket_id=ours.pk, body="From CI.", actor=key, now=now)
    assert reply.ticket == one
    for about in (one, ours):
        with pytest.raises(NotAllowed):
            actions.reply_to_ticket(ticket_id=about.pk, body="No.", actor=stranger, now=now)
    with pytest.raises(NotAllowed):
        actions.reply_to_ticket(ticket_id=one.pk, body="No.", actor=key, now=now)


def test_a_part_is_moved_by_nothing_but_taking_it_out(
    one: Ticket, other: Ticket, engineer: User, now: datetime
) -> None:
    merge(other, one, engineer)
    who: dict[str, Any] = {"ticket_id": other.pk, "actor": engineer, "now": now}
    for move in (
        lambda: actions.start_ticket(**who),
        lambda: actions.close_ticket(message="No.", **who),
        lambda: actions.assign_ticket(assignee_id=engineer.pk, **who),
        lambda: actions.move_due(due_at=now + 9 * HOUR, reason="No.", **who),
        lambda: merge(other, one, engineer),
    ):
        with pytest.raises(MoveRefused, match=f"#{other.number} is part of #{one.number}"):
            move()
    with pytest.raises(MoveRefused, match="is not part of another"):
        unmerge(one, engineer)


def test_work_of_somebody_who_left_goes_back_into_the_queue(
    one: Ticket, other: Ticket, engineer: User, engineer2: User, ops_admin: User, now: datetime
) -> None:
    factories.walk_ticket(other, "in_progress", engineer=engineer2, now=now)
    merge(other, one, engineer)
    engineer2.is_active = False
    engineer2.save()
    back = unmerge(other, engineer)
    assert (back.state, back.assignee) == ("queued", None)


def test_clocks_of_a_part_are_those_of_the_whole(
    one: Ticket, other: Ticket, bob: User, engineer: User, now: datetime
) -> None:
    actions.reply_to_ticket(ticket_id=other.pk, body="We look.", actor=engineer, now=now)
    actions.reply_to_ticket(ticket_id=other.pk, body="And?", actor=bob, now=now)
    merge(other, one, engineer)
    assert clock_of(other.number, "next_reply").state == "running"
    actions.reply_to_ticket(ticket_id=one.pk, body="Soon.", actor=engineer, now=now + HOUR)
    assert clock_of(other.number, "next_reply").fulfilled_at == now + HOUR
    assert clock_of(other.number, "resolution").state == "running"
    actions.start_ticket(ticket_id=one.pk, actor=engineer, now=now + HOUR, reason="Go.")
    actions.wait_for_client(ticket_id=one.pk, question="Which?", actor=engineer, now=now + HOUR)
    assert clock_of(other.number, "resolution").state == "paused"
    actions.start_ticket(ticket_id=one.pk, actor=engineer, now=now + HOUR)
    actions.send_to_review(ticket_id=one.pk, actor=engineer, now=now + HOUR)
    actions.ship_ticket(ticket_id=one.pk, release="", actor=engineer, now=now + 2 * HOUR)
    kept = clock_of(other.number, "resolution")
    assert (kept.state, kept.fulfilled_at) == ("fulfilled", now + 2 * HOUR)

    unmerge(other, engineer, now + 3 * HOUR)
    back = clock_of(other.number, "resolution")
    assert (back.state, back.ticket_id) == ("running", other.pk)
    answered = clock_of(other.number, "next_reply")
    assert answered.fulfilled_at == now + HOUR, "what was said meanwhile was an answer to them, too"


def test_an_outbreak_is_found_by_what_a_part_brought_and_forgotten_with_it(
    project: Project, one: Ticket, foreign_project: Project, engineer: User, now: datetime
) -> None:
    error = [("fingerprint", "ValueError at checkout")]
    theirs = factories.make_ticket(
        project=foreign_project, engineer=engineer, signals=error, now=now
    )
    ours = factories.make_ticket(project=project, engineer=engineer, signals=error, now=now)
    merge(ours, one, engineer)
    tasks.detect_outbreaks()
    assert Outbreak.objects.exists() and theirs.sightings.exists()
    assert one.sightings.exists()
    unmerge(ours, engineer)
    assert not one.sightings.exists()
    assert ours.sightings.exists()


def test_a_report_that_joined_is_judged_again(
    one: Ticket, project: Project, bob: User, engineer: User, now: datetime
) -> None:
    report = factories.make_triaged_report(project, by=bob, now=now)
    actions.join_report(report_id=report.pk, number=one.number, actor=engineer, now=now)
    one.refresh_from_db()
    assert one.reach == 2
    split = actions.split_report(report_id=report.pk, actor=engineer, now=now + HOUR)
    one.refresh_from_db()
    assert (split.state, split.ticket, one.reach) == ("proposed", None, 1)
    assert actions.accept_report(report_id=report.pk, actor=engineer, now=now + HOUR)
    with pytest.raises(MoveRefused):
        actions.split_report(report_id=one.number, actor=engineer, now=now)


def test_joining_the_number_of_a_part_joins_the_whole(
    one: Ticket, other: Ticket, project: Project, engineer: User, now: datetime
) -> None:
    merge(other, one, engineer)
    report = factories.make_triaged_report(project, now=now)
    joined = actions.join_report(report_id=report.pk, number=other.number, actor=engineer, now=now)
    assert joined == one


def test_the_older_ticket_survives_unless_it_cannot(
    one: Ticket, other: Ticket, engineer: User, now: datetime
) -> None:
    assert survives(one, other) == survives(other, one) == one
    factories.walk_ticket(other, "shipped", engineer=engineer, now=now)
    other.refresh_from_db()
    assert survives(one, other) == other


def hold(steps: list[tuple[str, int, int]]) -> None:
    scene = Merges(NOON)
    for what, place, other in steps:
        scene.step(what, place, other)
        scene.check()
    scene.take_all_apart()
    scene.check()
    assert snapshot() == scene.written


STEPS = st.lists(
    st.tuples(st.sampled_from(DOES), st.integers(0, 3), st.integers(0, 3)), min_size=6, max_size=16
)


@pytest.mark.slow
@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_merged_and_written_comes_back(db: None, steps: Any) -> None:
    with rolled_back():
        hold(steps)


@pytest.mark.slow
@pytest.mark.timeout(300)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_many_times_over_whatever_is_merged_and_written_comes_back(db: None, steps: Any) -> None:
    with rolled_back():
        hold(steps)

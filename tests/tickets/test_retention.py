"""What people said is blanked so long after the end of its work as their app keeps it."""

from datetime import datetime, timedelta

import pytest

from clients.actions import set_retention
from clients.models import ClientEvent, Project, User
from core.models import OutboxMessage
from core.tasks import deliver_due
from tests import factories
from tickets import actions, tasks
from tickets.models import Comment, Report, Reporter

DAYS = 90


@pytest.fixture
def keeping(project: Project, now: datetime) -> Project:
    """Acme's app, which keeps what people say for ninety days."""
    return set_retention(project_id=project.pk, days=DAYS, actor=None, now=now)


def _closed(project: Project, engineer: User, then: datetime, email: str = "kim@x.test") -> Report:
    ticket = factories.make_ticket(
        project=project, state="closed", email=email, text="My words", engineer=engineer, now=then
    )
    return Report.objects.get(pk=ticket.number)


def test_what_ended_long_ago_is_blanked_and_the_rest_stays(
    keeping: Project, engineer: User, now: datetime
) -> None:
    long_ago, lately = now - timedelta(days=DAYS + 1), now - timedelta(days=DAYS - 1)
    old = _closed(keeping, engineer, long_ago)
    declined = factories.make_declined_report(
        keeping, email="lee@x.test", actor=engineer, now=long_ago
    )
    recent = _closed(keeping, engineer, lately, "max@x.test")
    running = factories.make_ticket(
        project=keeping, email="eve@x.test", engineer=engineer, now=long_ago
    )
    elsewhere = _closed(factories.make_project(keeping.client, now=now), engineer, long_ago)
    for comment in Comment.objects.all():
        assert comment.by_staff
    deliver_due()

    tasks.expire_reports()

    gone = Report.objects.exclude(erased_at=None)
    assert set(gone) == {old, declined}
    assert not gone.exclude(text="").exists()
    kept = Report.objects.filter(pk__in=[recent.pk, running.number, elsewhere.pk])
    assert not kept.filter(text="").exists()
    names = Reporter.objects.exclude(email="").values_list("email", flat=True)
    assert "lee@x.test" not in names and {"max@x.test", "eve@x.test"} <= set(names)
    about = OutboxMessage.objects.filter(reference=f"ticket:{old.pk}")
    assert about.exists() and not about.exclude(text="", notice="", subject="").exists()


def test_what_happened_again_starts_the_time_anew(
    keeping: Project, engineer: User, now: datetime
) -> None:
    old = _closed(keeping, engineer, now - timedelta(days=DAYS + 9))
    assert old.ticket_id
    actions.reply_to_ticket(
        ticket_id=old.ticket_id, body="Once more", actor=engineer, now=now - timedelta(days=9)
    )
    assert actions.expire_reports(now=now, most=10) == 0


def test_what_the_client_s_people_said_goes_and_our_words_stay(
    keeping: Project, engineer: User, alice: User, now: datetime
) -> None:
    then = now - timedelta(days=DAYS + 1)
    old = _closed(keeping, engineer, then)
    said = {"ticket_id": old.ticket_id, "now": then}
    actions.reply_to_ticket(body="Alice's", actor=alice, **said)  # type: ignore[arg-type]
    actions.reply_to_ticket(body="Ours", actor=engineer, **said)  # type: ignore[arg-type]
    assert actions.expire_reports(now=now, most=10) == 1
    bodies = set(Comment.objects.values_list("body", flat=True))
    assert "Ours" in bodies and "Alice's" not in bodies


def test_a_run_does_so_many_and_the_next_goes_on(
    keeping: Project, engineer: User, now: datetime
) -> None:
    for n in range(3):
        _closed(keeping, engineer, now - timedelta(days=DAYS + 1), f"p{n}@x.test")
    assert [actions.expire_reports(now=now, most=2) for _ in range(3)] == [2, 1, 0]


def test_a_change_of_retention_is_kept(keeping: Project, alice: User, now: datetime) -> None:
    set_retention(project_id=keeping.pk, days=DAYS, actor=alice, now=now)
    set_retention(project_id=keeping.pk, days=None, actor=alice, now=now)
    events = ClientEvent.objects.filter(kind="project.retention_set").order_by("pk")
    assert [event.data["days"] for event in events] == [DAYS, None]

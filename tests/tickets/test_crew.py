from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Calendar, CalendarVersion, Project, User
from clients.rules.calendars import OPEN_WEEK, as_lists
from core.calendars import micros
from tests import factories
from tickets import actions
from tickets.models import Absence, Engineer, Skill
from tickets.queries.crew import crew

# A Wednesday, in office hours (UTC).
NOON = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return NOON


def _free(user: User, now: datetime = NOON) -> datetime:
    worker = crew(now).worker_of(user.pk)
    assert worker is not None
    return datetime.fromtimestamp(worker.free_at / 1_000_000, UTC)


def test_active_engineers_work_and_others_of_the_staff_only_with_terms(
    engineer: User, engineer2: User, ops_admin: User
) -> None:
    engineer2.is_active = False
    engineer2.save()
    assert [worker.engineer for worker in crew(NOON).workers] == [engineer.pk]
    Engineer.objects.create(user=ops_admin)
    assert [worker.engineer for worker in crew(NOON).workers] == [engineer.pk, ops_admin.pk]
    assert crew(NOON).worker_of(engineer2.pk) is None


def test_an_engineer_in_two_groups_works_once(engineer: User) -> None:
    engineer.groups.add(Group.objects.get(name="Ops admins"))
    assert len(crew(NOON).workers) == 1


def test_who_has_nothing_in_hand_is_free_now(engineer: User) -> None:
    assert _free(engineer) == NOON


def test_work_in_hand_takes_what_is_left_of_its_estimate(engineer: User, project: Project) -> None:
    facts: dict[str, Any] = {"project": project, "engineer": engineer, "now": NOON}
    begun = factories.make_ticket(state="in_progress", estimate_minutes=180, **facts)
    overrun = factories.make_ticket(state="in_progress", estimate_minutes=30, **facts)
    factories.make_ticket(state="in_review", estimate_minutes=600, **facts)
    factories.make_ticket(state="waiting", estimate_minutes=600, **facts)
    actions.log_time(ticket_id=begun.pk, minutes=60, actor=engineer, now=NOON)
    voided = actions.log_time(ticket_id=begun.pk, minutes=60, actor=engineer, now=NOON)
    actions.void_time(entry_id=voided.pk, actor=engineer, now=NOON)
    actions.log_time(ticket_id=overrun.pk, minutes=90, actor=engineer, now=NOON)
    # 120 minutes of the one, and 15 of the other, which should be done by now.
    assert _free(engineer) == NOON + timedelta(minutes=135)


def test_an_absence_takes_time_away(engineer: User) -> None:
    Absence.objects.create(engineer=engineer, starts_at=NOON, ends_at=NOON + 2 * HOUR)
    worker = crew(NOON).workers[0]
    assert worker.shifts.next_open(micros(NOON)) == micros(NOON + 2 * HOUR)


def test_an_engineer_works_by_their_own_calendar(engineer: User) -> None:
    calendar = Calendar.objects.create(name="Always")
    CalendarVersion.objects.create(
        calendar=calendar, version=1, valid_from=datetime(1970, 1, 1, tzinfo=UTC),
        time_zone="UTC", week=as_lists(OPEN_WEEK), published_at=NOON,
    )  # fmt: skip
    assert crew(NOON).weekly_minutes == pytest.approx(5 * 480, rel=0.01)
    Engineer.objects.create(user=engineer, calendar=calendar)
    assert crew(NOON).weekly_minutes == 7 * 1440


def test_nobody_is_limited_unless_somebody_says_so(engineer: User, project: Project) -> None:
    now = crew(NOON)
    assert now.workers[0].groups is None
    assert now.group_of(project.pk, None) == now.group_of(project.pk + 1, None)


def test_engineers_take_their_projects_and_their_skills(
    engineer: User, engineer2: User, project: Project, foreign_project: Project
) -> None:
    rails = Skill.objects.create(name="Rails")
    lost = Skill.objects.create(name="COBOL")
    Engineer.objects.create(user=engineer).projects.add(project)
    Engineer.objects.create(user=engineer2).skills.add(rails)
    now = crew(NOON)

    def able(project: Project, skill: Skill | None) -> list[int]:
        group = now.group_of(project.pk, skill.pk if skill else None)
        return [
            each.engineer for each in now.workers if each.groups is None or group in each.groups
        ]

    assert able(project, None) == [engineer.pk, engineer2.pk]
    assert able(foreign_project, None) == [engineer2.pk]
    assert able(project, rails) == [engineer2.pk]
    assert able(project, lost) == []


def test_any_number_of_engineers_takes_as_many_statements(
    db: None, engineer: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        Engineer.objects.create(user=factories.make_staff(now=NOON))
    with django_assert_max_num_queries(7), CaptureQueriesContext(connection):
        assert len(crew(NOON).workers) == 6


def test_without_engineers_there_is_no_capacity(db: None) -> None:
    assert crew(NOON).workers == ()
    assert crew(NOON).weekly_minutes == 0
    assert crew(NOON).group_of(1, None) == 0

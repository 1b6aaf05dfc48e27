"""Engineers' terms, absences and skills: what is written, and what is refused."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from clients.admin.events import describe
from clients.models import Calendar, ClientEvent, Project, User
from core.errors import InvalidInput, MoveRefused, NotAllowed
from tests.factories import (
    make_absence,
    make_engineer,
    make_ops_admin,
    make_skill,
    make_staff,
    make_ticket,
)
from tests.threads import losers, press_at_once
from tickets.actions import (
    add_absence,
    change_engineer,
    create_skill,
    remove_absence,
    reset_engineer,
    set_ticket_skill,
)
from tickets.models import Absence, Engineer, QueuePlan, Skill, TicketEvent

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def told(user: User | None = None) -> list[str]:
    """Give what the history says of our side, oldest first, or of one person."""
    events = ClientEvent.objects.filter(client=None, kind__regex=r"^(engineer|skill)\.")
    return [describe(event) for event in (events.filter(user=user) if user else events)]


def spare() -> float:
    """Give what the last simulation left."""
    return QueuePlan.objects.get().spare_minutes


@pytest.fixture
def much_spare(db: None) -> None:
    """A plan that was simulated, with much to spare."""
    QueuePlan.objects.create(pk=1, spare_minutes=600)


def terms(engineer: User, **changed: Any) -> dict[str, Any]:
    return {
        "engineer_id": engineer.pk, "calendar_id": None, "wip_limit": 3, "project_ids": [],
        "skill_ids": [], **changed,
    }  # fmt: skip


def test_an_engineer_s_terms_are_kept_with_an_event_of_what_changed(
    project: Project, engineer: User, ops_admin: User, now: datetime, much_spare: None
) -> None:
    calendar, skill = Calendar.objects.get(is_house=False), make_skill(now=now)
    change_engineer(
        **terms(engineer, calendar_id=calendar.pk, wip_limit=2, project_ids=[project.pk],
                skill_ids=[skill.pk]),
        actor=ops_admin, now=now,
    )  # fmt: skip

    row = Engineer.objects.get()
    assert (row.user, row.calendar, row.wip_limit) == (engineer, calendar, 2)
    assert (list(row.projects.all()), list(row.skills.all())) == ([project], [skill])
    event = ClientEvent.objects.get(kind="engineer.changed")
    assert (event.actor_user, event.user) == (ops_admin, engineer)
    assert event.data["projects"] == [None, [project.pk]]
    assert spare() == 0

    change = terms(engineer, calendar_id=calendar.pk, wip_limit=4, skill_ids=[skill.pk])
    change_engineer(**change, actor=ops_admin, now=now)
    change_engineer(**change, actor=ops_admin, now=now)
    assert told(engineer)[1:] == [f"changed how {engineer} works: how much at once, the apps"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"engineer_id": 10**9}, {"calendar_id": 10**9}, {"wip_limit": 0}, {"wip_limit": 21},
        {"wip_limit": -1}, {"project_ids": [10**9]}, {"skill_ids": [10**9]},
    ],
)  # fmt: skip
def test_terms_that_make_no_sense_are_refused_and_leave_nothing(
    wrong: dict[str, Any], engineer: User, ops_admin: User, now: datetime
) -> None:
    with pytest.raises(InvalidInput):
        change_engineer(**{**terms(engineer), **wrong}, actor=ops_admin, now=now)
    assert not Engineer.objects.exists()
    assert told() == []


def test_a_client_s_member_or_one_who_left_is_no_engineer(
    alice: User, ops_admin: User, now: datetime
) -> None:
    gone = make_staff(now=now)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for person in (alice, gone):
        with pytest.raises(InvalidInput, match="somebody of the staff"):
            change_engineer(**terms(person), actor=ops_admin, now=now)
        with pytest.raises(InvalidInput, match="somebody of the staff"):
            make_absence(engineer=person, now=now)


def test_own_terms_are_dropped_once(engineer: User, ops_admin: User, now: datetime) -> None:
    make_engineer(engineer, wip_limit=1, now=now)
    reset_engineer(engineer_id=engineer.pk, actor=ops_admin, now=now)

    assert not Engineer.objects.exists()
    assert told(engineer)[-1] == f"dropped the own terms of work of {engineer}"
    with pytest.raises(MoveRefused):
        reset_engineer(engineer_id=engineer.pk, actor=ops_admin, now=now)


def test_an_absence_is_kept_with_its_reason_beside_the_event(
    engineer: User, now: datetime, much_spare: None
) -> None:
    absence = add_absence(
        engineer_id=engineer.pk, starts_at=now - HOUR, ends_at=now + DAY, reason=" knee\nsurgery ",
        actor=engineer, now=now,
    )  # fmt: skip

    assert (absence.reason, absence.engineer) == ("knee surgery", engineer)
    event = ClientEvent.objects.get(kind="engineer.absent")
    assert event.data == {"from": (now - HOUR).isoformat(), "to": (now + DAY).isoformat()}
    assert spare() == 0


@pytest.mark.parametrize(
    ("starts", "ends", "why"),
    [
        (-2 * DAY, -DAY, "over already"),
        (-DAY, timedelta(), "over already"),
        (2 * DAY, DAY, "ends after it starts"),
        (DAY, DAY, "ends after it starts"),
        (DAY, 368 * DAY, "at most a year"),
        (800 * DAY, 801 * DAY, "two years"),
    ],
)
def test_past_reversed_and_endless_absences_are_refused(
    starts: timedelta, ends: timedelta, why: str, engineer: User, now: datetime
) -> None:
    with pytest.raises(InvalidInput, match=why):
        add_absence(
            engineer_id=engineer.pk, starts_at=now + starts, ends_at=now + ends, actor=engineer,
            now=now,
        )  # fmt: skip
    assert not Absence.objects.exists()
    assert told() == []


@pytest.mark.parametrize("reason", ["x" * 81, "\u200b\u200d"])
def test_a_reason_too_long_or_unseen_is_refused(reason: str, engineer: User, now: datetime) -> None:
    with pytest.raises(InvalidInput) as refused:
        add_absence(
            engineer_id=engineer.pk, starts_at=now, ends_at=now + DAY, reason=reason,
            actor=engineer, now=now,
        )  # fmt: skip
    assert refused.value.field == "reason"


def test_absences_may_touch_but_not_overlap(engineer: User, engineer2: User, now: datetime) -> None:
    make_absence(engineer=engineer, now=now, starts_in=24, hours=24)
    for starts_in, hours in ((20, 5), (30, 1), (47, 20), (20, 100), (24, 24)):
        with pytest.raises(InvalidInput, match="already"):
            make_absence(engineer=engineer, now=now, starts_in=starts_in, hours=hours)
    make_absence(engineer=engineer, now=now, starts_in=20, hours=4)
    make_absence(engineer=engineer, now=now, starts_in=48, hours=4)
    make_absence(engineer=engineer2, now=now, starts_in=24, hours=24)
    assert Absence.objects.count() == 4


def test_coming_absences_have_a_ceiling(
    engineer: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.actions.crew.MOST_COMING", 2)
    for place in range(2):
        make_absence(engineer=engineer, now=now, starts_in=10 * place, hours=1)
    with pytest.raises(InvalidInput, match="At most 2"):
        make_absence(engineer=engineer, now=now, starts_in=30, hours=1)
    # What is over does not count.
    make_absence(engineer=engineer, now=now + DAY, starts_in=30, hours=1)


@pytest.mark.django_db(transaction=True)
def test_of_two_overlapping_absences_at_once_one_is_refused(now: datetime) -> None:
    engineer = make_staff(now=now)

    def enter() -> str:
        try:
            make_absence(engineer=engineer, now=now)
        except InvalidInput:
            return "refused"
        return "kept"

    assert sorted(press_at_once([enter] * 4)) == ["kept"] + ["refused"] * 3
    assert Absence.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_terms_are_changed_and_dropped_one_after_the_other(now: datetime) -> None:
    engineer, ops_admin = make_staff(now=now), make_ops_admin(now=now)

    def change(limit: int) -> None:
        change_engineer(**terms(engineer, wip_limit=limit), actor=ops_admin, now=now)

    def drop() -> None:
        reset_engineer(engineer_id=engineer.pk, actor=ops_admin, now=now)

    for turn in range(4):
        change_it, again = partial(change, 5 + turn), partial(change, 10 + turn)
        presses: list[Callable[[], None]] = [change_it, drop, again, drop]
        failed = losers(press_at_once(presses))
        assert {type(each) for each in failed} <= {MoveRefused}


def test_engineers_enter_their_own_absences_and_ops_admins_everybody_s(
    engineer: User, engineer2: User, ops_admin: User, now: datetime
) -> None:
    span: dict[str, Any] = {"starts_at": now + DAY, "ends_at": now + 2 * DAY, "now": now}
    with pytest.raises(NotAllowed):
        add_absence(engineer_id=engineer2.pk, actor=engineer, **span)
    theirs = add_absence(engineer_id=engineer2.pk, actor=ops_admin, **span)
    add_absence(engineer_id=ops_admin.pk, actor=ops_admin, **span)
    with pytest.raises(NotAllowed):
        remove_absence(absence_id=theirs.pk, actor=engineer, now=now)
    remove_absence(absence_id=theirs.pk, actor=engineer2, now=now)
    assert Absence.objects.get().engineer == ops_admin


def test_removing_takes_back_a_coming_absence_and_ends_a_running_one(
    engineer: User, now: datetime
) -> None:
    coming = make_absence(engineer=engineer, now=now, starts_in=48)
    running = make_absence(engineer=engineer, now=now, starts_in=-2)
    later = now + HOUR
    for absence in (coming, running):
        remove_absence(absence_id=absence.pk, actor=engineer, now=later)

    assert Absence.objects.get().ends_at == later
    assert len(told(engineer)) == 4
    with pytest.raises(MoveRefused, match="over"):
        remove_absence(absence_id=running.pk, actor=engineer, now=later)
    with pytest.raises(Absence.DoesNotExist):
        remove_absence(absence_id=coming.pk, actor=engineer, now=later)


def test_skills_are_named_once_whatever_their_case(ops_admin: User, now: datetime) -> None:
    skill = create_skill(name="  Mobile  iOS ", actor=ops_admin, now=now)
    assert skill.name == "Mobile iOS"
    for name in ("mobile ios", "", "  ", "\u200b", "x" * 61):
        with pytest.raises(InvalidInput) as refused:
            create_skill(name=name, actor=ops_admin, now=now)
        assert refused.value.field == "name"
    assert Skill.objects.count() == 1
    assert told() == ["added a skill"]


def test_a_ticket_s_skill_is_set_and_taken_away_with_an_event_each(
    project: Project, engineer: User, now: datetime, much_spare: None
) -> None:
    ticket, skill = make_ticket(project=project, engineer=engineer, now=now), make_skill(now=now)
    for wanted in (skill.pk, skill.pk, None):
        set_ticket_skill(ticket_id=ticket.pk, skill_id=wanted, actor=engineer, now=now)

    edited = TicketEvent.objects.filter(ticket=ticket, kind="ticket.edited").order_by("pk")
    assert [event.data for event in edited] == [
        {"skill": [None, skill.pk]}, {"skill": [skill.pk, None]},
    ]  # fmt: skip
    ticket.refresh_from_db()
    assert ticket.skill is None
    with pytest.raises(InvalidInput):
        set_ticket_skill(ticket_id=ticket.pk, skill_id=10**9, actor=engineer, now=now)

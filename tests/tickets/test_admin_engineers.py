"""The engineers' page: terms, absences whole and in part, what they break, and undo."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clients.models import Project, User
from tests.console import post, said
from tests.factories import (
    make_absence,
    make_engineer,
    make_project,
    make_shift,
    make_skill,
    make_ticket,
)
from tests.portal import signed_in
from tickets.models import Absence, Engineer, Skill, Ticket

PAGE = "/console/engineers/"
BERLIN = {"time_zone": "Europe/Berlin"}


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


def page(user: User, query: str = "") -> str:
    """Give the page as a person sees it."""
    response = signed_in(user).get(PAGE + query)
    assert response.status_code == 200
    return str(response.content.decode())


def next_year(now: datetime) -> int:
    return now.year + 1


def promise(ticket: Ticket, due_at: datetime) -> None:
    """Promise a ticket for a time."""
    Ticket.objects.filter(pk=ticket.pk).update(due_at=due_at, committed_at=ticket.opened_at)


def test_a_client_s_people_and_strangers_see_nothing(
    alice: User, charlie: User, engineer: User
) -> None:
    for person in (alice, charlie):
        browser = signed_in(person)
        assert browser.get(PAGE, follow=True).status_code == 403
        data = {"do": "absent", "engineer": engineer.pk, "first_day": "2030-01-01"}
        assert browser.post(PAGE, data, follow=True).status_code == 403
    assert not Absence.objects.exists()


def test_whole_days_are_those_of_the_person_who_enters_them(engineer: User, now: datetime) -> None:
    User.objects.filter(pk=engineer.pk).update(**BERLIN)
    year = next_year(now)
    # The clocks of Berlin change between the two days.
    answer = post(engineer, PAGE, "absent", first_day=f"{year}-03-20", last_day=f"{year}-04-02")

    absence = Absence.objects.get()
    assert absence.engineer == engineer
    assert absence.starts_at == datetime(year, 3, 19, 23, tzinfo=UTC)
    assert absence.ends_at == datetime(year, 4, 2, 22, tzinfo=UTC)
    assert "No promise breaks by it" in answer.content.decode()


def test_one_day_needs_one_date_and_a_part_of_it_two_times(engineer: User, now: datetime) -> None:
    year = next_year(now)
    post(engineer, PAGE, "absent", first_day=f"{year}-06-03", reason="Moving")
    post(engineer, PAGE, "absent", first_day=f"{year}-06-05", from_time="13:00", to_time="15:30")

    whole, part = Absence.objects.order_by("starts_at")
    assert whole.ends_at - whole.starts_at == timedelta(days=1)
    assert part.ends_at - part.starts_at == timedelta(hours=2, minutes=30)
    shown = page(engineer)
    assert "Moving" in shown
    assert ", 13:00 to 15:30" in shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_day": ""}, {"first_day": "soon"}, {"first_day": "0001-01-01"},
        {"first_day": "9999-12-31"}, {"last_day": "9999-12-31"}, {"last_day": "2099-12-31"},
        {"last_day": "1"}, {"first_day": "2001-01-01", "last_day": "2001-01-02"},
        {"from_time": "25:00"}, {"from_time": "12:00+02:00"}, {"to_time": "x"},
        {"from_time": "12:00", "to_time": "12:00"}, {"engineer": "x"}, {"engineer": "9" * 30},
        {"engineer": "-1"}, {"reason": "x" * 81}, {"reason": "a\x00b\u202e" * 30},
    ],
)  # fmt: skip
def test_senseless_absences_are_refused_and_what_was_typed_stays(
    wrong: dict[str, str], ops_admin: User, now: datetime
) -> None:
    day = f"{next_year(now)}-06-03"
    answer = post(ops_admin, PAGE, "absent", **{"first_day": day, "reason": "Kept", **wrong})

    assert answer.status_code == 400
    assert said(answer)
    assert not Absence.objects.exists()
    if "reason" not in wrong:
        assert 'value="Kept"' in answer.content.decode()


def test_what_is_typed_is_shown_as_text(engineer: User, now: datetime) -> None:
    hostile = "<script>alert(1)</script>"
    post(engineer, PAGE, "absent", first_day=f"{next_year(now)}-06-03", reason=hostile)
    assert hostile not in page(engineer)
    assert "&lt;script&gt;" in page(engineer)


def test_an_engineer_enters_only_their_own(
    engineer: User, engineer2: User, ops_admin: User, now: datetime
) -> None:
    day = f"{next_year(now)}-06-03"
    assert post(engineer, PAGE, "absent", engineer=engineer2.pk, first_day=day).status_code == 403
    assert not Absence.objects.exists()
    post(ops_admin, PAGE, "absent", engineer=engineer2.pk, first_day=day)
    absence = Absence.objects.get()
    assert 'aria-label="Remove the absence of' not in page(engineer)
    assert post(engineer, PAGE, "remove", absence=absence.pk).status_code == 403
    assert 'aria-label="Remove the absence of' in page(engineer2)


def test_an_absence_is_undone_and_the_undoing_too(engineer: User, now: datetime) -> None:
    post(engineer, PAGE, "absent", first_day=f"{next_year(now)}-06-03", reason="Wedding")
    before = Absence.objects.get()
    browser = signed_in(engineer)

    removed = browser.post(PAGE, {"do": "remove", "absence": before.pk}, follow=True)
    assert not Absence.objects.exists()
    fields = removed.context["removed"]
    assert "works again" in removed.content.decode()
    # Offered once, and kept nowhere.
    assert "works again" not in browser.get(PAGE).content.decode()

    browser.post(PAGE, {"do": "restore", **fields}, follow=True)
    after = Absence.objects.get()
    assert (after.starts_at, after.ends_at, after.reason) == (
        before.starts_at, before.ends_at, "Wedding",
    )  # fmt: skip


def test_a_running_absence_ends_now(engineer: User, now: datetime) -> None:
    make_absence(engineer=engineer, now=now, starts_in=-5, hours=30)
    assert "away now" in page(engineer)
    answer = post(engineer, PAGE, "remove", absence=Absence.objects.get().pk)

    assert "away now" not in answer.content.decode()
    assert Absence.objects.get().ends_at < now + timedelta(minutes=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts_at": "soon"}, {"starts_at": "2030-01-01T00:00:00"}, {"ends_at": ""},
        {"ends_at": "9999-12-31T23:59:00+00:00"}, {"starts_at": "0001-01-01T00:00:00+14:00"},
        {"engineer": "x"},
    ],
)  # fmt: skip
def test_a_hostile_undo_is_refused(wrong: dict[str, str], engineer: User, now: datetime) -> None:
    fields = {
        "engineer": engineer.pk, "starts_at": (now + timedelta(days=1)).isoformat(),
        "ends_at": (now + timedelta(days=2)).isoformat(),
    }  # fmt: skip
    assert post(engineer, PAGE, "restore", **{**fields, **wrong}).status_code == 400
    assert not Absence.objects.exists()


@pytest.mark.parametrize("given", ["", "x", "9" * 30, "0"])
def test_what_does_not_exist_is_not_removed(given: str, engineer: User) -> None:
    assert post(engineer, PAGE, "remove", absence=given).status_code in (400, 404)
    assert page(engineer, f"?absence={given}&edit={given}")
    assert post(engineer, PAGE, given).status_code == 200


def test_the_promises_that_an_absence_breaks_are_listed_with_links(
    project: Project, engineer: User, ops_admin: User, now: datetime
) -> None:
    soon = make_ticket(project=project, engineer=engineer, estimate_minutes=60, now=now)
    late = make_ticket(project=project, engineer=engineer, estimate_minutes=60, now=now)
    promise(soon, now + timedelta(days=9))
    promise(late, now - timedelta(hours=1))
    assert "1 promise is not kept" in page(engineer)

    answer = post(
        engineer, PAGE, "absent", first_day=now.date().isoformat(),
        last_day=(now + timedelta(days=20)).date().isoformat(),
    )  # fmt: skip

    shown = answer.content.decode()
    assert "That breaks 1 promise." in shown
    assert "2 promises are not kept" in shown
    assert f"/console/tickets/{soon.number}/" in shown
    breaches = answer.context["breaches"]
    assert [each.ticket for each in breaches.first] == [soon, late]
    assert [each.is_new for each in breaches.first] == [True, False]
    assert breaches.first[0].minutes > 5 * 480


def test_a_promise_that_needs_a_skill_nobody_has_is_kept_by_nobody(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket, skill = make_ticket(project=project, engineer=engineer, now=now), make_skill(now=now)
    promise(ticket, now + timedelta(days=9))
    Ticket.objects.filter(pk=ticket.pk).update(skill=skill)
    shown = page(engineer)
    assert "nobody can" in shown
    assert f"Nobody has the skill “{skill}”" in shown

    make_engineer(engineer, skills=[skill], now=now)
    shown = page(engineer)
    assert "nobody can" not in shown
    assert "Nobody has the skill" not in shown


def test_an_ops_admin_says_how_somebody_works(
    project: Project, foreign_project: Project, engineer: User, ops_admin: User, now: datetime
) -> None:
    skill = make_skill(now=now)
    change = {
        "engineer": engineer.pk, "calendar": "", "wip_limit": "2", "skill": [skill.pk],
        "more": f"{project.slug}, {foreign_project.slug}",
    }  # fmt: skip
    assert post(engineer, PAGE, "change", **change).status_code == 403
    assert not Engineer.objects.exists()

    post(ops_admin, PAGE, "change", **change)
    row = Engineer.objects.get()
    assert (row.wip_limit, row.calendar) == (2, None)
    assert set(row.projects.all()) == {project, foreign_project}
    assert list(row.skills.all()) == [skill]

    # What is unticked goes.
    post(ops_admin, PAGE, "change", engineer=engineer.pk, wip_limit="2", project=[project.pk])
    assert (list(row.projects.all()), list(row.skills.all())) == ([project], [])
    post(ops_admin, PAGE, "reset", engineer=engineer.pk)
    assert not Engineer.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"wip_limit": "0"}, {"wip_limit": "many"}, {"wip_limit": "9" * 18}, {"calendar": "x"},
        {"calendar": "9" * 18}, {"more": "no-such-app"}, {"more": "\x00"}, {"engineer": "x"},
        {"project": ["9" * 18]}, {"skill": ["9" * 18]},
    ],
)  # fmt: skip
def test_senseless_terms_are_refused(
    wrong: dict[str, Any], engineer: User, ops_admin: User
) -> None:
    change = {"engineer": engineer.pk, "calendar": "", "wip_limit": "2", **wrong}
    answer = post(ops_admin, PAGE, "change", **change)
    assert answer.status_code == 400
    assert said(answer)
    assert not Engineer.objects.exists()


def test_only_an_ops_admin_changes_and_is_offered_to(
    engineer: User, ops_admin: User, now: datetime
) -> None:
    make_engineer(engineer, now=now)
    assert "?edit=" not in page(engineer, f"?edit={engineer.pk}")
    assert f"How {engineer} works" not in page(engineer, f"?edit={engineer.pk}")
    assert f"How {engineer} works" in page(ops_admin, f"?edit={engineer.pk}")
    assert post(engineer, PAGE, "reset", engineer=engineer.pk).status_code == 403
    assert post(engineer, PAGE, "skill", name="iOS").status_code == 403
    post(ops_admin, PAGE, "skill", name="iOS")
    assert Skill.objects.get().name == "iOS"
    assert post(ops_admin, PAGE, "skill", name="ios").status_code == 400


def test_the_page_takes_as_many_queries_for_many_engineers(
    project: Project, engineer: User, ops_admin: User, now: datetime,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    browser, skill = signed_in(ops_admin), make_skill(now=now)
    make_absence(engineer=engineer, now=now)
    for place in range(6):
        row = make_engineer(projects=[project, make_project(now=now)], skills=[skill], now=now)
        make_absence(engineer=row.user, now=now)
        ticket = make_ticket(project=project, engineer=engineer, now=now)
        promise(ticket, now - timedelta(hours=place))
    with django_assert_max_num_queries(26):
        assert browser.get(f"{PAGE}?edit={engineer.pk}").status_code == 200


def test_a_ticket_s_skill_is_set_with_its_terms_where_there_are_skills(
    project: Project, engineer: User, now: datetime
) -> None:
    ticket = make_ticket(project=project, engineer=engineer, now=now)
    path = f"/console/tickets/{ticket.number}/"
    terms = {
        "version": ticket.version, "kind": "bug", "severity": "S3", "title": "Better title",
        "estimate_minutes": "60",
    }  # fmt: skip
    browser = signed_in(engineer)
    assert 'name="skill"' not in browser.get(path).content.decode()

    skill = make_skill("iOS", now=now)
    assert 'name="skill"' in browser.get(path).content.decode()
    refused = post(engineer, path, "edit", **terms, skill="9" * 18)
    assert refused.status_code == 400
    ticket.refresh_from_db()
    # All or nothing.
    assert (ticket.title, ticket.skill) == ("The export button does nothing", None)

    answer = post(engineer, path, "edit", **terms, skill=skill.pk)
    ticket.refresh_from_db()
    assert (ticket.title, ticket.skill) == ("Better title", skill)
    assert "changed the skill it needs" in answer.content.decode()
    post(engineer, path, "edit", **{**terms, "version": ticket.version}, skill="")
    ticket.refresh_from_db()
    assert ticket.skill is None


def test_today_says_who_is_away_and_until_when(
    engineer: User, engineer2: User, now: datetime
) -> None:
    make_absence(engineer=engineer2, now=now)
    assert "Away:" not in signed_in(engineer).get("/console/").content.decode()
    make_absence(engineer=engineer2, now=now, starts_in=-1)
    shown = " ".join(signed_in(engineer).get("/console/").content.decode().split())
    assert f"Away: {engineer2} until" in shown


def test_the_rota_marks_a_shift_whose_engineer_is_away(
    engineer: User, engineer2: User, now: datetime
) -> None:
    make_shift(engineer=engineer, now=now, hours=8)
    make_absence(engineer=engineer2, now=now, starts_in=1, hours=2)
    make_absence(engineer=engineer, now=now, starts_in=8, hours=2)
    browser = signed_in(engineer)
    assert "is away then" not in browser.get("/console/on-call/").content.decode()
    make_absence(engineer=engineer, now=now, starts_in=6, hours=2)
    assert "is away then" in browser.get("/console/on-call/").content.decode()

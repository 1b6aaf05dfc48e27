"""Engineers and ops admins are groups, and their permissions open the console."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from clients.groups import sync_groups
from clients.models import User
from clients.rules.roles import ALLOWED, ENGINEERS, OPS_ADMINS, may
from tests.portal import signed_in

PAGES = ["/console/plans/", "/console/staff/"]


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development."""
    settings.STAFF_SECOND_FACTOR = False


def _right(action: str) -> Permission:
    return Permission.objects.get(content_type__app_label="clients", codename=action)


def test_the_permissions_of_the_groups_are_the_table(
    engineer: User, ops_admin: User, alice: User
) -> None:
    for action in ALLOWED:
        for person in (engineer, ops_admin):
            assert person.staff_role is not None
            assert person.has_right(action) == may(person.staff_role, action), action
        assert not alice.has_right(action), action


def test_a_permission_of_a_person_counts_for_nothing(engineer: User) -> None:
    engineer.user_permissions.add(_right("plan.publish"))
    assert signed_in(engineer).get(PAGES[0]).status_code == 403


def test_a_migrate_brings_the_groups_back_to_the_table(db: None) -> None:
    engineers = Group.objects.get(name=ENGINEERS)
    before = set(engineers.permissions.all())
    stray = Permission.objects.create(
        content_type=_right("plan.publish").content_type, codename="ticket.fly", name="ticket.fly"
    )
    engineers.permissions.set([stray, _right("plan.publish")])
    for label in ("core", "clients", "tickets"):
        sync_groups(app_config=apps.get_app_config(label))

    assert set(engineers.permissions.all()) == before
    assert not Permission.objects.filter(codename="ticket.fly").exists()


@pytest.mark.parametrize("page", PAGES)
def test_who_leaves_the_group_loses_the_page_with_the_next_click(
    page: str, ops_admin: User, engineer: User
) -> None:
    browser = signed_in(ops_admin)
    assert browser.get(page).status_code == 200
    assert signed_in(engineer).get(page).status_code == 403

    ops_admin.groups.set(Group.objects.filter(name=ENGINEERS))
    assert browser.get(page).status_code == 403
    assert browser.get("/console/queue/").status_code == 200
    ops_admin.groups.clear()
    assert browser.get("/console/queue/", follow=True).status_code == 403


@pytest.mark.parametrize(
    ("right", "page"),
    [
        *(("plan.publish", PAGES[0]), ("staff.manage", PAGES[1])),
        *(("client.read", "/console/clients/"), ("view_user", "/console/clients/user/")),
    ],
)
def test_a_permission_taken_from_the_group_closes_its_page_and_no_other(
    right: str, page: str, ops_admin: User
) -> None:
    browser = signed_in(ops_admin)
    assert browser.get(page).status_code == 200

    Group.objects.get(name=OPS_ADMINS).permissions.remove(_right(right))
    assert browser.get(page).status_code == 403
    queue = browser.get("/console/queue/")
    assert queue.status_code == 200
    if page in PAGES:
        assert f'href="{page}"' not in queue.content.decode()

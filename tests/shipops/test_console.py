from datetime import datetime
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, reverse
from django.urls.exceptions import NoReverseMatch

from clients.actions import set_retainer_state
from clients.models import Calendar, Client, Project, User
from core.actions import queue_mail
from tests.factories import (
    make_api_key,
    make_attachment,
    make_client,
    make_engineer,
    make_invitation,
    make_member,
    make_plan_version,
    make_project,
    make_release,
    make_report,
    make_retainer,
    make_shift,
    make_staff,
    make_ticket,
)
from tests.portal import signed_in
from tickets.actions import keep_mail, open_outbreak, save_macro
from tickets.models import Macro, Ticket

# Statements of one page at most.
CEILING = 17
ADMINS_ONLY = ["admin:clients_plans", "admin:clients_staff"]
OPEN_TO_ALL = {"login", "logout", "jsi18n"}


def console_names() -> list[str]:
    """Give the name of every page of the console; new ones join by themselves."""

    def walk(patterns: list[URLPattern | URLResolver]) -> list[str]:
        names: list[str] = []
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                names += walk(pattern.url_patterns)
            elif pattern.name:
                names.append(pattern.name)
        return names

    urls: Any = admin.site.urls
    return sorted(set(walk(urls[0])))


def _row_of(name: str, ticket: Ticket) -> int:
    """Give the key of the row that a list's page is about."""
    if name.startswith("clients_retainer"):
        return ticket.client.retainers.get().pk
    if name.startswith("clients_user"):
        return ticket.client.members.get().user_id
    if name.startswith("tickets_report"):
        return ticket.number
    return ticket.pk


def _outbreak_with(ticket: Ticket) -> int:
    """Open an outbreak of a ticket and one of another client; gives its key."""
    staff, other = make_staff(), make_ticket()
    numbers = [ticket.number, other.number]
    return open_outbreak(numbers=numbers, actor=staff, now=ticket.opened_at).pk


def address(name: str, ticket: Ticket) -> str:
    """Give a page's address, with a real ticket, report, client or app in it."""
    if name == "tickets_raw_mail":
        mail = keep_mail(raw=b"From: kim@mail.test", via="imap", now=ticket.opened_at)
        return reverse(f"admin:{name}", kwargs={"pk": mail.pk})
    if name == "tickets_outbreak":
        return reverse(f"admin:{name}", kwargs={"pk": _outbreak_with(ticket)})
    rows = {
        "clients_calendar": Calendar.objects.get(is_house=True).pk,
        "clients_client": ticket.client_id,
        "clients_person": ticket.client.members.get().user_id,
        "tickets_reporters": ticket.client_id,
    }
    known: dict[str, dict[str, Any]] = {
        "number": {"number": ticket.number},
        "pk": {"pk": rows.get(name, ticket.project_id)},
        "object": {"object_id": _row_of(name, ticket)},
        "app": {"app_label": "tickets"},
        "history": {"content_type_id": 1, "object_id": 1},
    }
    for kwargs in ({}, *known.values()):
        try:
            return reverse(f"admin:{name}", kwargs=kwargs)
        except NoReverseMatch:
            continue
    args = ("tickets/ticket/x/y",)
    return reverse(f"admin:{name}", args=args)


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Let staff in as in development; one test asks for the second factor."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def ticket(project: Project, alice: User, engineer: User, now: datetime) -> Ticket:
    """A ticket of Acme's app."""
    return make_ticket(make_report(project, by=alice, now=now), engineer=engineer, now=now)


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_but_staff_gets_any_page_of_the_console(
    method: str, ticket: Ticket, alice: User
) -> None:
    browsers = (Browser(), signed_in(alice))
    for path in [address(name, ticket) for name in console_names() if name not in OPEN_TO_ALL]:
        for browser in browsers:
            answer = getattr(browser, method)(path)
            assert answer.status_code in {302, 403, 404}, path
            if answer.status_code == 302:
                assert "/login/" in answer.headers["Location"], path


def test_a_client_who_follows_the_way_to_sign_in_is_refused(alice: User) -> None:
    answer = signed_in(alice).get(reverse("admin:index"), follow=True)

    assert answer.status_code == 403
    assert "Today" not in answer.content.decode()


def test_a_visitor_is_sent_to_the_one_sign_in_page_and_back() -> None:
    answer = Browser().get("/console/queue/")
    answer = Browser().get(answer.headers["Location"])

    assert answer.headers["Location"] == "/account/login/?next=/console/queue/"


def test_staff_without_a_role_gets_no_page(db: None) -> None:
    nobody = User.objects.create_user("loose@shipops.test", is_staff=True)

    assert signed_in(nobody).get("/console/login/").status_code == 403


def test_staff_without_a_second_factor_are_sent_to_set_one_up(
    engineer: User, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = True

    answer = signed_in(engineer).get("/console/queue/")

    assert answer.headers["Location"] == reverse("mfa_index") + "?for=console"


def test_staff_without_a_second_factor_read_no_client_s_files(
    project: Project, alice: User, engineer: User, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    file = make_attachment(actor=alice)
    make_report(project, by=alice, attachment_ids=[file.pk])

    answer = signed_in(engineer).get(f"/portal/files/{file.pk}/")

    assert answer.headers["Location"] == reverse("mfa_index") + "?for=console"
    assert signed_in(alice).get(f"/portal/files/{file.pk}/").status_code == 200


@pytest.mark.slow
def test_every_page_answers_an_ops_admin_without_an_error(ticket: Ticket, ops_admin: User) -> None:
    browser = signed_in(ops_admin)
    addresses = {name: address(name, ticket) for name in console_names()}
    for name, path in addresses.items():
        status = browser.get(path).status_code
        if name.endswith(("_add", "_delete")) or name == "autocomplete":
            assert status == 403, path
        elif name in {"view_on_site", "tickets_viewers", "logout"}:
            assert status in {404, 405}, path
        else:
            assert status in {200, 302}, path


@pytest.mark.parametrize("name", ADMINS_ONLY)
def test_an_engineer_neither_sees_nor_opens_what_is_for_ops_admins(
    name: str, engineer: User
) -> None:
    browser = signed_in(engineer)

    assert browser.get(reverse(name)).status_code == 403
    assert browser.post(reverse(name), {"do": "create", "name": "x"}).status_code == 403
    assert f'href="{reverse(name)}"' not in browser.get("/console/").content.decode()


def test_the_sidebar_shows_an_ops_admin_everything(ops_admin: User) -> None:
    page = signed_in(ops_admin).get("/console/").content.decode()

    for name in ADMINS_ONLY:
        assert f'href="{reverse(name)}"' in page


def test_nothing_can_be_deleted_added_or_changed_past_the_actions(ops_admin: User, rf: Any) -> None:
    request = rf.get("/console/")
    request.user = User.objects.create_superuser("root@shipops.test")
    site: AdminSite = admin.site

    registered = {model._meta.label for model in site._registry}
    assert registered == {
        "clients.Retainer", "clients.User", "tickets.Ticket", "tickets.Report",
    }  # fmt: skip
    for model_admin in site._registry.values():
        assert not model_admin.has_delete_permission(request)
        assert not model_admin.has_change_permission(request)
        assert not model_admin.has_add_permission(request)
        assert model_admin.get_actions(request) == {}


@pytest.mark.parametrize("path", ["/console/", "/console/queue/", "/console/tickets/ticket/"])
def test_scripts_come_from_here_alone_and_none_stands_in_the_page(
    path: str, ops_admin: User, ticket: Ticket
) -> None:
    policy = signed_in(ops_admin).get(path).headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src "))

    assert scripts == "script-src 'self' 'unsafe-eval'"
    assert "default-src 'self'" in policy
    assert "http" not in policy


@pytest.mark.parametrize("wanted", ["#{}", "{}"])
def test_the_search_leads_straight_to_a_number(wanted: str, engineer: User, ticket: Ticket) -> None:
    query = {"q": wanted.format(ticket.number)}
    answer = signed_in(engineer).get("/console/search/", query)

    assert answer.headers["Location"] == f"/console/tickets/{ticket.number}/"


@pytest.mark.parametrize(
    "query", ["state=%00", "severity=%00", "x=a%00", "q=x&is_staff__exact=%00"]
)
def test_a_filter_by_what_no_column_can_hold_is_refused_in_every_list(
    engineer: User, query: str
) -> None:
    browser = signed_in(engineer)
    lists = [name for name in console_names() if name.endswith("_changelist")]
    assert len(lists) >= 4
    for name in lists:
        assert browser.get(f"{reverse(f'admin:{name}')}?{query}").status_code == 400, name


@pytest.mark.parametrize("wanted", ["", "export", "\x00", "#", "9" * 40, "²", "é" * 500])
def test_the_search_never_fails(wanted: str, engineer: User, ticket: Ticket) -> None:
    answer = signed_in(engineer).get("/console/search/", {"q": wanted}, follow=True)

    assert answer.status_code == 200


def test_the_dashboard_helps_when_there_is_nothing(ops_admin: User) -> None:
    page = signed_in(ops_admin).get("/console/").content.decode()

    assert "Nothing waits that you may take" in page
    assert "Nobody has judged a report yet" in page
    assert "No retainer runs" in page


def test_revenue_is_shown_to_ops_admins_only_and_never_mixes_currencies(
    acme: Client, globex: Client, ops_admin: User, engineer: User
) -> None:
    assert "980.00 EUR" in signed_in(ops_admin).get("/console/").content.decode()
    assert "EUR" not in signed_in(engineer).get("/console/").content.decode()


def test_the_dashboard_costs_the_same_with_more_staff_and_tickets(
    project: Project, ops_admin: User, engineer: User, now: datetime,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    browser = signed_in(ops_admin)
    make_ticket(project=project, engineer=engineer, now=now)
    with django_assert_max_num_queries(40) as few:
        browser.get("/console/")
    for _ in range(6):
        make_ticket(project=project, engineer=make_staff(now=now), now=now)
    with django_assert_max_num_queries(40) as many:
        browser.get("/console/")

    assert len(many) == len(few)


def _grow(client: Client, project: Project, now: datetime) -> None:
    """Give an account, an app and our own lists one more of everything they show."""
    running = client.retainers.exclude(state="ended").first()
    if running:
        set_retainer_state(retainer_id=running.pk, state="ended", actor=None, now=now)
    make_retainer(client=client, now=now)
    make_member(client, now=now)
    make_invitation(client=client, now=now)
    make_project(client, now=now)
    make_release(project=project, now=now)
    make_api_key(project=project, now=now)
    admin = User.objects.get(email="olga@shipops.test")
    make_member(make_client(now=now, lead_id=admin.pk), admin, now=now)
    make_ticket(project=project, engineer=admin, state="in_progress", now=now)
    make_shift(engineer=admin, now=now)
    make_shift(engineer=make_staff(now=now), now=now)
    make_plan_version(now=now)
    save_macro(name=f"Reply {Macro.objects.count()}", body="Thank you.", actor=None, now=now)
    queue_mail(to="a@b.test", subject="Hello", text="Hello", now=now)


@pytest.mark.parametrize(
    "page",
    [
        *("clients/retainer", "clients/user", "clients/{client}", "projects/{project}"),
        *("plans", "staff", "saved-replies", "on-call", "outbox", "report", "people/{person}"),
    ],
)
def test_a_page_of_accounts_costs_the_same_however_much_there_is(
    page: str, acme: Client, project: Project, ops_admin: User, now: datetime,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    path = f"/console/{page}/".format(client=acme.pk, project=project.pk, person=ops_admin.pk)
    browser = signed_in(ops_admin)
    make_engineer(ops_admin, wip_limit=20, now=now)
    _grow(acme, project, now)
    with django_assert_max_num_queries(CEILING) as few:
        browser.get(path)
    for _ in range(2):
        _grow(acme, project, now)
    with django_assert_max_num_queries(CEILING) as many:
        assert browser.get(path).status_code == 200

    assert len(many) == len(few)

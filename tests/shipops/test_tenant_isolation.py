"""Every address, by every method, as a stranger: nothing of another client is seen or changed.

The addresses are taken from the resolver, so a new one joins by itself. One with an argument that
nobody taught this test fails it: add the argument to ``World.values_of``. One that answers visitors
without an account fails it too, unless it stands in ``PUBLIC``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver

from clients import actions as client_actions
from clients.models import Calendar, Client, ClientEvent, Member, Project, User
from tests import factories
from tests.api import Api
from tickets import actions
from tickets.models import Comment, InboundMail, Report, Ticket, TicketEvent

MARK = "zqacme"  # stands in everything Acme has
WORD = "exports"  # stands in Acme's titles, and is looked for
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

# What answers anybody. Tokens open their own pages only; the rest says nothing of any client.
PUBLIC = {
    "",
    "healthz",
    "widget.js",
    "api/docs/",
    "api/schema/",
    "api/v1/schemas/report.json",
    "account/login/",
    "account/login/code/",
    "account/login/code/confirm/",
    "account/logout/",
    "account/signup/",
    "account/inactive/",
    "account/confirm-email/",
    "account/password/reset/",
    "account/password/reset/confirm/",
    "account/password/reset/complete/",
    "account/password/reset/done/",
    "account/2fa/authenticate/",
    "account/2fa/webauthn/login/",
    "console/login/",
    "console/logout/",
    "invite/<str:token>/",
    "r/<str:token>/",
    "r/<str:token>/files/<number:pk>/",
    "v/<str:token>/",
}


@dataclass(frozen=True)
class Address:
    """One address: its route, a path of it, and whether that path names something of Acme's."""

    route: str
    path: str
    of_acme: bool


@dataclass(frozen=True)
class World:
    """Acme with something of everything, and what its things are called in addresses."""

    client: Client
    project: Project
    numbers: list[int]
    file_ids: list[int]
    member_id: int
    invitation_id: int
    outbreak_id: int
    mail_id: int
    own_tokens: dict[str, str]

    def values_of(self, route: str, name: str) -> list[tuple[str, bool]]:
        """Give values for an argument of a route, and whether they name something of Acme's."""
        if name == "number":
            return [(str(number), True) for number in self.numbers]
        if name == "token":
            return [("x" * 43, True), (self.own_tokens[route], False)]
        if route in {"portal/files/<number:pk>/", "r/<str:token>/files/<number:pk>/"}:
            return [(str(pk), True) for pk in self.file_ids]
        if route == "console/mail/<number:pk>/raw/":
            return [(str(self.mail_id), True)]
        if route == "console/outbreaks/<number:pk>/":
            return [(str(self.outbreak_id), True)]
        if route.startswith("console/projects/<number:pk>/"):
            return [(str(self.project.pk), True)]
        if route.startswith("console/clients/<number:pk>/"):
            return [(str(self.client.pk), True)]
        if route == "console/people/<number:pk>/":
            return [(str(member.user_id), True) for member in self.client.members.all()]
        if route == "console/calendars/<number:pk>/":
            return [(str(pk), False) for pk in Calendar.objects.values_list("pk", flat=True)]
        if route.startswith("account/2fa/webauthn/keys/"):
            return [("1", True)]
        if name in {"object_id", "content_type_id"}:
            return [(str(self.numbers[0]), True)]
        if name == "url":
            return [("nothing/", True)]
        if name == "app_label":
            return [("tickets", True)]
        pytest.fail(
            f"/{route} takes <{name}>, which this test does not know: teach World.values_of "
            "which values name something of Acme's"
        )

    def footprint(self) -> tuple[int, ...]:
        """Count what any change at Acme's would add to."""
        mine = {"client": self.client}
        return (
            TicketEvent.objects.filter(**mine).count(),
            ClientEvent.objects.filter(**mine).count(),
            Report.objects.filter(**mine).count(),
            Ticket.objects.filter(**mine).count(),
            Member.objects.filter(**mine).count(),
            Comment.objects.filter(ticket__client=self.client).count(),
            Comment.objects.filter(report__client=self.client).count(),
        )

    def bodies(self) -> Iterator[dict[str, Any]]:
        """Give what a stranger might send, with everything of Acme's they could name."""
        named = {
            "client": self.client.pk,
            "project": self.project.pk,
            "member": self.member_id,
            "invitation": self.invitation_id,
            "number": self.numbers[0],
            "kept": ",".join(str(pk) for pk in self.file_ids),
            "attachments": self.file_ids,
            "text": "hello",
            "body": "hello",
            "version": "9.9.9",
            "role": "owner",
        }
        for action in ("", "remove", "role", "revoke", "works", "broken", "reply", "accept"):
            yield {**named, "action": action, "answer": action}


@pytest.fixture
def world(now: datetime, engineer: User, globex: Client, charlie: User) -> World:
    """Fill Acme, and give Globex links that are open."""
    acme = factories.make_client(f"{MARK} Ltd", now=now)
    factories.make_retainer(client=acme, now=now)
    owner = factories.make_member(
        acme, email=f"owner@{MARK}.test", name=f"{MARK} Olivia", role="owner", now=now
    )
    project = factories.make_project(acme, f"{MARK} shop", slug=f"{MARK}-shop", now=now)
    factories.make_release(project=project, version=f"{MARK}-1", now=now)
    factories.make_api_key(project=project, name=f"{MARK} key", now=now)
    invitation, _ = factories.make_invitation(client=acme, email=f"new@{MARK}.test", now=now)
    files = [
        factories.make_attachment(actor=owner.user, name=f"{MARK}{n}.txt", data=MARK.encode())
        for n in range(2)
    ]
    waiting = factories.make_triaged_report(
        project,
        text=f"{MARK} {WORD} stopped",
        by=owner.user,
        title=f"{MARK} {WORD}",
        attachment_ids=[files[0].pk],
        now=now,
    )
    ticket = factories.make_ticket(
        project=project,
        engineer=engineer,
        title=f"{MARK} {WORD} fail",
        text=f"{MARK} {WORD} fail",
        by=owner.user,
        now=now,
    )
    shipped = factories.make_ticket(
        project=project,
        engineer=engineer,
        title=f"{MARK} {WORD} shipped",
        text=f"{MARK} {WORD}",
        by=owner.user,
        state="shipped",
        now=now,
    )
    actions.reply_to_ticket(
        ticket_id=ticket.pk,
        body=f"{MARK} reply",
        actor=owner.user,
        attachment_ids=[files[1].pk],
        now=now,
    )
    actions.note_on_ticket(ticket_id=ticket.pk, body=f"{MARK} note", actor=engineer, now=now)
    blog = factories.make_project(globex, "Globex Blog", now=now)
    own = factories.make_ticket(
        project=blog, engineer=engineer, by=charlie, state="shipped", now=now
    )
    outbreak = actions.open_outbreak(
        numbers=[ticket.number, own.number], title=f"{MARK} outbreak", actor=engineer, now=now
    )
    status_token = factories.make_status_link(blog, engineer=engineer, now=now)[1]
    raw = f"From: kim@mail.test\nSubject: {MARK} mail\n\n{MARK} mail".encode()
    mail = actions.keep_mail(raw=raw, via="imap", now=now)
    InboundMail.objects.filter(pk=mail.pk).update(project=project)
    return World(
        client=acme,
        project=project,
        numbers=[waiting.number, ticket.number, shipped.number],
        file_ids=[file.pk for file in files],
        member_id=owner.pk,
        invitation_id=invitation.pk,
        outbreak_id=outbreak.pk,
        mail_id=mail.pk,
        own_tokens={
            # One that is open would sign the visitor in.
            "invite/<str:token>/": "y" * 43,
            "r/<str:token>/": status_token,
            "r/<str:token>/files/<number:pk>/": status_token,
            "v/<str:token>/": factories.make_fix_check(ticket=own, now=now)[1],
        },
    )


def _routes(
    patterns: list[URLPattern | URLResolver], before: str = ""
) -> Iterator[tuple[str, list[str]]]:
    """Give every route with the names of its arguments."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            names = re.findall(r"<(?:[a-z]+:)?(\w+)>", route)
            yield route, names


def _addresses(world: World) -> Iterator[Address]:
    for route, names in _routes(get_resolver().url_patterns):
        chosen: list[tuple[str, bool]] = [(_as_path(route), False)]
        for name in names:
            chosen = [
                (re.sub(rf"<(?:[a-z]+:)?{name}>", value, path, count=1), mine or of_acme)
                for path, mine in chosen
                for value, of_acme in world.values_of(route, name)
            ]
        for path, of_acme in chosen:
            yield Address(route, f"/{path}", of_acme)


def _as_path(route: str) -> str:
    """Write a regular expression's argument like a path's: ``(?P<url>.*)$`` as ``<url>``."""
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route).replace("^", "").replace("$", "")


def _ask(browser: Browser, method: str, path: str, body: dict[str, Any] | None) -> HttpResponse:
    """Make a request of which nothing stays."""
    with transaction.atomic():
        if method == "POST" and path.startswith("/api/"):
            answer = browser.post(path, body, content_type="application/json")
        elif method == "POST":
            answer = browser.post(path, body)
        else:
            answer = browser.generic(method, path)
        assert answer.status_code < 500, (method, path, answer.status_code)
        content = b"".join(answer) if answer.streaming else answer.content
        assert MARK.encode() not in content, f"{method} {path} shows something of Acme's"
        assert MARK not in str(answer.headers), f"{method} {path} names something of Acme's"
    return answer  # type: ignore[return-value]


def _turned_away(answer: HttpResponse) -> bool:
    """Tell whether somebody without an account was sent to sign in, or refused."""
    if answer.status_code in {301, 302}:
        return "/login/" in answer.headers["Location"]
    if answer.status_code == 200 and "Allow" in answer.headers:
        return not answer.content  # OPTIONS names the methods there would be
    return answer.status_code in {204, 401, 403, 404, 405, 410}


def _try_everything(
    world: World, browser: Browser, allowed: set[str], *, begin: str = "", own_api: bool
) -> None:
    before = world.footprint()
    for address in _addresses(world):
        if not address.route.startswith(begin):
            continue
        for method in METHODS:
            answer = _ask(browser, method, address.path, next(world.bodies()))
            where = f"{method} {address.path} (/{address.route}): {answer.status_code}"
            if address.of_acme:
                assert _turned_away(answer), where
            elif address.route.startswith("api/v1/") and own_api:
                assert answer.status_code < 500, where
            elif address.route not in allowed:
                assert _turned_away(answer), (
                    f"{where}; if everybody may see this, add it to the list in this test"
                )
        for query in (f"?q={WORD}&view=all", f"?project={world.project.pk}&client=1&cursor=1"):
            _ask(browser, "GET", address.path + query, None)
        with transaction.atomic():
            for body in world.bodies():
                _ask(browser, "POST", address.path, body)
            assert world.footprint() == before, address.path
            transaction.set_rollback(True)
    assert world.footprint() == before


@pytest.fixture(autouse=True)
def many_requests(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the limits be: the walk is long, and they are tested elsewhere."""
    settings.API_REQUESTS_PER_MINUTE = 10**6
    settings.ACCOUNT_RATE_LIMITS = False
    monkeypatch.setattr("core.limits._taken", lambda *_, most, **__: (1, most))


@pytest.mark.slow
def test_a_visitor_sees_nothing_of_a_client(world: World) -> None:
    _try_everything(world, Browser(), PUBLIC, own_api=False)


@pytest.mark.slow
def test_a_member_of_another_client_sees_nothing(world: World, charlie: User) -> None:
    browser = Browser()
    browser.force_login(charlie)

    before = world.footprint()
    for address in _addresses(world):
        # A session opens nothing of the API: to it, everybody is a visitor.
        if address.route == "account/logout/" or address.route.startswith("api/v1/"):
            continue
        for method in METHODS:
            answer = _ask(browser, method, address.path, next(world.bodies()))
            where = f"{method} {address.path} (/{address.route}): {answer.status_code}"
            if address.of_acme or address.route.startswith("console/"):
                assert _turned_away(answer) or address.route in PUBLIC, where
            if address.of_acme and address.route.startswith("portal/"):
                assert answer.status_code in {404, 405}, where
        for query in (f"?q={WORD}&view=all", f"?project={world.project.pk}&client=1"):
            _ask(browser, "GET", address.path + query, None)
        with transaction.atomic():
            for body in world.bodies():
                _ask(browser, "POST", address.path, body)
            assert world.footprint() == before, address.path
            transaction.set_rollback(True)


def test_the_key_of_another_project_sees_nothing(
    world: World, foreign_project: Project, now: datetime
) -> None:
    _, token = factories.make_api_key(project=foreign_project, now=now)
    browser = Browser(headers=Api(token).headers)

    # Pages know no keys: to them, whoever has one is a visitor.
    _try_everything(world, browser, PUBLIC, begin="api/", own_api=True)


def test_the_key_of_a_sister_project_sees_nothing_of_the_other(world: World, now: datetime) -> None:
    sister = factories.make_project(world.client, "Blog", now=now)
    _, token = factories.make_api_key(project=sister, now=now)
    browser = Browser(headers=Api(token).headers)

    for address in _addresses(world):
        if address.of_acme and address.route.startswith("api/"):
            for method in ("GET", "POST"):
                answer = _ask(browser, method, address.path, next(world.bodies()))
                assert answer.status_code in {404, 405}, address.path


def test_the_world_has_something_to_see(world: World) -> None:
    """The walk would prove nothing if Acme's own people saw no marks either."""
    browser = Browser()
    owner = User.objects.get(email=f"owner@{MARK}.test")
    browser.force_login(owner)
    seen = {
        address.route
        for address in _addresses(world)
        if MARK.encode() in _content(browser.get(address.path))
    }

    assert {
        "portal/",
        "portal/tickets/",
        "portal/tickets/<number:number>/",
        "portal/reports/<number:number>/",
        "portal/files/<number:pk>/",
        "portal/team/",
        "portal/settings/",
    } <= seen
    _, token = client_actions.create_api_key(
        project_id=world.project.pk,
        name="x",
        scopes=["reports:read"],
        actor=None,
        now=world.client.created_at,
    )
    for path in ("reports", "tickets", "releases", f"tickets/{world.numbers[1]}/comments"):
        assert MARK.encode() in Api(token).get(path).content


def _content(answer: Any) -> bytes:
    return b"".join(answer) if answer.streaming else answer.content

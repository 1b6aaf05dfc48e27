"""Clients, people, keys and sessions, made by the product's own actions."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.utils import timezone

from clients import actions as clients
from clients.models import Calendar, Client, Member, PlanVersion, Project, User
from clients.rules.terms import Target
from core.money import Money
from core.proofs import new_challenge
from core.tokens import derive_token
from tickets.widget import widget_script


def accounts(*, client_count: int = 1) -> dict[str, Any]:
    """Make clients with a plan, a project each, an owner of the first, and an ops admin."""
    now = timezone.now()
    admin = clients.create_staff(
        email="admin@bench.example", name="Admin", role="ops_admin", actor=None, now=now
    )
    TOTP.activate(admin, generate_totp_secret())
    plan = clients.create_plan(name="Bench", actor=None, now=now)
    house = Calendar.objects.get(is_house=True)
    version = clients.publish_plan_version(
        plan_id=plan.pk,
        price=Money("100", "EUR"),
        targets={
            f"P{place}": Target(60 * place, 60 * place, 600 * place, house.pk)
            for place in range(1, 5)
        },
        actor=None,
        now=now,
    )
    for place in range(client_count):
        _client(place, version, now)
    client = Client.objects.get(slug="client-0")
    invitation = clients.invite_member(
        client_id=client.pk, email="owner@bench.example", role="owner", actor=None, now=now
    )
    token = derive_token("invitation", invitation.pk)
    clients.accept_invitation(token=token, name="Owner", now=now)
    project = Project.objects.get(client=client)
    _, key = clients.create_api_key(
        project_id=project.pk,
        name="bench",
        scopes=["reports:write", "reports:read"],
        actor=None,
        now=now,
    )
    return {"key": key}


def browser_key() -> dict[str, Any]:
    """Make a key for pages of the first client's project, and a challenge for it."""
    now = timezone.now()
    project = Project.objects.get(client__slug="client-0")
    key = clients.create_browser_key(
        project_id=project.pk, name="bench", origins="http://localhost", actor=None, now=now
    )
    return {
        "key": key.public_token,
        "challenge": new_challenge(str(key.pk), bits=0, now=now),
    }


def widget_size() -> dict[str, Any]:
    """Give how many bytes of the widget are sent."""
    return {"packed": len(widget_script().packed)}


def _client(place: int, version: PlanVersion, now: Any) -> None:
    client = clients.create_client(
        name=f"Client {place}", slug=f"client-{place}", actor=None, now=now
    )
    clients.create_project(client_id=client.pk, facts={"name": f"App {place}"}, actor=None, now=now)
    retainer = clients.create_retainer(
        client_id=client.pk, plan_version_id=version.pk, actor=None, now=now
    )
    clients.set_retainer_state(retainer_id=retainer.pk, state="active", actor=None, now=now)


def sessions() -> dict[str, Any]:
    """Sign the ops admin and the first client's owner in; gives their cookies."""
    member = Member.objects.get(client__slug="client-0")
    admin = User.objects.get(email="admin@bench.example")
    return {"console": _cookie(admin), "portal": _cookie(member.user)}


def _cookie(user: User) -> str:
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    request = HttpRequest()
    request.session = store
    record_authentication(request, user, "mfa", type="totp")
    store.create()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"

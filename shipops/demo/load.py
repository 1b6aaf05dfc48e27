"""Playing the demo's stories through the real actions, each at its own hour."""

import io
import secrets
import tomllib
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from PIL import Image, ImageDraw

from clients import actions as clients
from clients.models import Calendar, Client, Invitation, Member, PlanVersion, Project, User
from clients.rules.terms import Target
from core.errors import InvalidInput
from core.models import OutboxMessage
from core.money import Money
from core.tokens import derive_token
from tickets import actions as tickets
from tickets.models import Report, Source, Ticket, TicketEvent, TicketEventKind
from tickets.rules.states import OPEN, TicketState

STORIES = Path(__file__).with_name("stories.toml")
Story = dict[str, Any]


def is_loaded() -> bool:
    """Tell whether the demo's first client is there."""
    return Client.objects.filter(slug="brightcart").exists()


@transaction.atomic
def load(*, now: datetime) -> None:
    """Make the demo company: plans, people, clients, releases and reports of the last two weeks.

    All or nothing. Mails of what lies in the past are dropped; those of the last hours stay.
    """
    book = tomllib.loads(STORIES.read_text())
    began = now - timedelta(days=120)
    for entry in book["staff"]:
        user = clients.create_staff(**entry, actor=None, now=began)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    people = {user.email: user for user in User.objects.filter(is_staff=True)}
    versions = {entry["name"]: _plan(entry, began) for entry in book["plans"]}
    for entry in book["clients"]:
        _client(entry, versions[entry["plan"]], people, now)
    people = {user.email: user for user in User.objects.all()}
    for entry in book["macros"]:
        tickets.save_macro(**entry, actor=None, now=began)
    _rota(people, now)
    for entry in book["releases"]:
        project = Project.objects.get(slug=entry["project"])
        at = now - timedelta(hours=entry["hours_ago"])
        clients.record_release(
            project_id=project.pk, version=entry["version"], actor=None, now=at, deployed_at=at
        )
    numbers: dict[str, int] = {}
    for story in sorted(book["reports"], key=lambda story: -float(story["hours_ago"])):
        numbers[story["key"]] = _play(story, people, numbers, now)
    _widget(people, now)
    # As the task does that triages; the first visitor need not wait for a sweep.
    tickets.index_missing(most=len(numbers))
    OutboxMessage.objects.filter(created_at__lt=now - timedelta(hours=4)).delete()


def set_passwords() -> list[tuple[User, str]]:
    """Give every demo account a new random password; the only time it can be read."""
    people = User.objects.filter(email__endswith=".example").order_by("-is_staff", "pk")
    given = []
    for user in people:
        password = secrets.token_urlsafe(9)
        user.set_password(password)
        user.save(update_fields=["password"])
        given.append((user, password))
    return given


def _plan(entry: Story, at: datetime) -> PlanVersion:
    plan = clients.create_plan(name=entry["name"], summary=entry["summary"], actor=None, now=at)
    calendars = {calendar.name: calendar.pk for calendar in Calendar.objects.all()}
    targets = {
        priority: Target(first, reply, last, calendars[name])
        for priority, (first, reply, last, name) in entry["targets"].items()
    }
    return clients.publish_plan_version(
        plan_id=plan.pk,
        price=Money(*entry["price"]),
        targets=targets,
        slots=entry["slots"],
        actor=None,
        now=at,
    )


def _client(entry: Story, version: PlanVersion, people: dict[str, User], now: datetime) -> None:
    began = now - timedelta(days=100)
    client = clients.create_client(
        name=entry["name"],
        time_zone=entry["time_zone"],
        lead_id=people[entry["lead"]].pk,
        notes=entry.get("notes", ""),
        actor=None,
        now=began,
    )
    for facts in entry["projects"]:
        clients.create_project(client_id=client.pk, facts=facts, actor=None, now=began)
    for place in entry["members"]:
        invitation = clients.invite_member(
            client_id=client.pk, email=place["email"], role=place["role"], actor=None, now=began
        )
        _accept(invitation, place["name"], began + timedelta(hours=2))
    retainer = clients.create_retainer(
        client_id=client.pk, plan_version_id=version.pk, actor=None, now=began
    )
    clients.set_retainer_state(retainer_id=retainer.pk, state="active", actor=None, now=began)


def _widget(people: dict[str, User], now: datetime) -> None:
    """Put the widget on the page to try it on, and let one problem be known."""
    project = Project.objects.order_by("pk")[:1].get()
    with suppress(InvalidInput):  # it may be tried out under an address that no key works on
        clients.create_browser_key(
            project_id=project.pk,
            name="The page to try it on",
            origins=settings.SITE_URL.replace("//127.0.0.1", "//localhost")
            + " "
            + settings.SITE_URL.replace("//localhost", "//127.0.0.1"),
            shows_suggestions=True,
            actor=None,
            now=now,
        )
    ticket = Ticket.objects.filter(project=project, state__in=OPEN).order_by("pk").first()
    if ticket:
        staff = next(user for user in people.values() if user.is_staff)
        tickets.publish_title(ticket_id=ticket.pk, title=ticket.title, actor=staff, now=now)


def _accept(invitation: Invitation, name: str, at: datetime) -> None:
    token = derive_token("invitation", invitation.pk)
    clients.accept_invitation(token=token, name=name, now=at)


def _rota(people: dict[str, User], now: datetime) -> None:
    engineers = [people["emil@shipops.example"], people["noor@shipops.example"]]
    monday = (now - timedelta(days=now.weekday())).replace(
        hour=8, minute=0, second=0, microsecond=0
    )
    for week in range(-1, 6):
        starts = monday + timedelta(weeks=week)
        tickets.add_shift(
            engineer_id=engineers[week % 2].pk,
            starts_at=starts,
            ends_at=starts + timedelta(weeks=1),
            actor=None,
            now=min(starts, now),
        )


def _play(story: Story, people: dict[str, User], numbers: dict[str, int], now: datetime) -> int:
    """Play one report's story; gives its number."""
    at = now - timedelta(hours=story["hours_ago"])
    project = Project.objects.get(slug=story["project"])
    member = people.get(story.get("by", ""))
    sender = tickets.Sender(user=member, email=story.get("email", ""), name=story.get("name", ""))
    files = [_screenshot(member, at)] if story.get("screenshot") else []
    report, _ = tickets.receive_report(
        project_id=project.pk,
        source=Source.PORTAL if member else Source.API,
        text=story["text"],
        page_url=story.get("page", ""),
        signals=[(kind, value) for kind, value in story.get("signals", [])],
        claimed_severity=story.get("claimed", ""),
        sender=sender,
        actor=member,
        attachment_ids=files,
        now=at,
    )
    tickets.propose_triage(report_id=report.pk, now=at + timedelta(seconds=2))
    fate = story["fate"]
    if fate == "proposed":
        return report.number
    triager = people[story.get("engineer", "ada@shipops.example")]
    judged = at + timedelta(minutes=9 + report.pk % 17)
    if fate == "duplicate":
        tickets.join_report(
            report_id=report.pk, number=numbers[story["of"]], actor=triager, now=judged
        )
    elif fate == "declined":
        tickets.decline_report(
            report_id=report.pk,
            reason=story["reason"],
            message=story.get("message", ""),
            actor=triager,
            now=judged,
        )
    elif fate == "asked":
        tickets.ask_reporter(
            report_id=report.pk, question=story["message"], actor=triager, now=judged
        )
    else:
        ticket = tickets.accept_report(
            report_id=report.pk,
            kind=story.get("kind", ""),
            severity=story.get("severity", ""),
            actor=triager,
            now=judged,
        )
        for sighting in ticket.sightings.filter(checked_at=None):
            tickets.detect_outbreak(sighting_id=sighting.pk, now=judged)
        _work(ticket, story, report, triager, judged)
        if into := story.get("into"):
            tickets.merge_tickets(
                source_id=ticket.pk, number=numbers[into], actor=triager, now=judged
            )
    return report.number


def _work(ticket: Ticket, story: Story, report: Report, engineer: User, at: datetime) -> None:
    """Take a ticket as far as its story tells."""
    fate = story["fate"]
    if fate == "queued":
        return
    at += timedelta(minutes=6)
    try:
        tickets.start_ticket(ticket_id=ticket.pk, actor=engineer, now=at)
    except tickets.OutOfOrder:
        reason = "The client called about it."
        tickets.start_ticket(ticket_id=ticket.pk, actor=engineer, now=at, reason=reason)
    if reply := story.get("reply"):
        at += timedelta(minutes=4)
        tickets.reply_to_ticket(ticket_id=ticket.pk, body=reply, actor=engineer, now=at)
    if note := story.get("note"):
        tickets.note_on_ticket(ticket_id=ticket.pk, body=note, actor=engineer, now=at)
    at += timedelta(minutes=story.get("minutes", 20))
    tickets.log_time(ticket_id=ticket.pk, minutes=story.get("minutes", 20), actor=engineer, now=at)
    if fate == "waiting":
        tickets.wait_for_client(
            ticket_id=ticket.pk, question=story["message"], actor=engineer, now=at
        )
    if fate in ("waiting", "in_progress"):
        return
    tickets.send_to_review(
        ticket_id=ticket.pk,
        actor=engineer,
        now=at,
        pull_request_url=story.get("pull_request", ""),
    )
    if fate == "in_review":
        return
    at += timedelta(minutes=30)
    tickets.ship_ticket(
        ticket_id=ticket.pk, actor=engineer, release=story.get("release", ""), now=at
    )
    shipped = TicketEvent.objects.get(ticket=ticket, kind=TicketEventKind.TICKET_SHIPPED)
    tickets.ask_reporters(event_id=shipped.pk, now=at)
    reporter = report.reporter
    if fate == TicketState.VERIFIED and reporter and reporter.user:
        member = Member.objects.filter(user=reporter.user, client_id=ticket.client_id).get()
        tickets.answer_fix(
            ticket_id=ticket.pk,
            works=True,
            comment="",
            actor=member.user,
            now=at + timedelta(hours=3),
        )


def _screenshot(member: User | None, at: datetime) -> int:
    """Draw what the customer saw: a balance of nothing below a receipt."""
    picture = Image.new("RGB", (900, 520), "#f6f5f2")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((60, 60, 840, 460), fill="white", outline="#d9d5cc", width=2)
    draw.text((100, 95), "Brightcart · Your credits", fill="#2b2a27", font_size=30)
    draw.rectangle((100, 165, 800, 245), fill="#e8f3ea")
    draw.text((125, 190), "Payment received: 500 credits", fill="#22663a", font_size=24)
    draw.text((100, 290), "Balance", fill="#77736a", font_size=24)
    draw.text((100, 330), "0 credits", fill="#a32020", font_size=54)
    out = io.BytesIO()
    picture.save(out, "PNG")
    attachment = tickets.upload_attachment(
        name="balance.png", data=out.getvalue(), actor=member, now=at
    )
    return attachment.pk

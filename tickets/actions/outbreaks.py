"""One problem of several clients at once: found, worked and shipped as one.

An outbreak is locked before its tickets, and those by their key.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from clients.actions.events import record as record_ours
from clients.models import ClientEventKind, User
from clients.queries import house_role
from clients.rules.roles import require
from core.actions import queue_mail
from core.errors import InvalidInput, MoveRefused, Refused
from core.text import clean_text, is_blank, one_line
from tickets.actions.conversation import note_on_ticket
from tickets.actions.outbreak_links import check_linkable, join_outbreak, leave_outbreak
from tickets.actions.tickets import ship_ticket
from tickets.models import Outbreak, Sighting, Ticket
from tickets.queries.alerts import now_on_call
from tickets.queries.outbreaks import NEVER_LINKED, Alike, alike, children_of
from tickets.queries.people import ops_admins

_State = Outbreak.State
MOST_NAMED = 10
MOST_OPENED_WITH = 50


@dataclass
class Shipping:
    """What became of the tickets that were to be shipped together."""

    outbreak: Outbreak
    shipped: list[Ticket] = field(default_factory=list)
    refused: list[tuple[Ticket, str]] = field(default_factory=list)


@transaction.atomic
def detect_outbreak(*, sighting_id: int, now: datetime) -> Outbreak | None:
    """Link a ticket to those of other clients in which the same was seen within the window.

    It joins an open outbreak of the same signal, or the one that such a ticket is part of; with
    another client's ticket and no outbreak yet, one opens, and staff hear of it, once. What
    somebody closed does not open again by itself within the window.
    """
    sighting = Sighting.objects.get(pk=sighting_id)
    found = alike(sighting)
    outbreak = _join_alike(sighting, found, now) if found else None
    # A report that joins meanwhile is looked at once more.
    unchanged = Sighting.objects.filter(pk=sighting_id, seen_at=sighting.seen_at)
    unchanged.update(checked_at=now)
    return outbreak


@transaction.atomic
def open_outbreak(
    *, numbers: Iterable[int], actor: User, now: datetime, title: str = ""
) -> Outbreak:
    """Link tickets of two clients or more that have one problem; staff hear of it.

    Without a title it gets that of the first ticket. Raises InvalidInput for an unknown or closed
    ticket, one that is part of an open outbreak, and tickets of one client only.
    """
    require(house_role(actor), "ticket.work")
    wanted = sorted(set(numbers))
    if not 2 <= len(wanted) <= MOST_OPENED_WITH:
        raise InvalidInput(f"Name 2 to {MOST_OPENED_WITH} tickets.", field="numbers")
    locked = Ticket.objects.select_for_update(no_key=True).filter(number__in=wanted)
    tickets = list(locked.order_by("pk"))
    if unknown := set(wanted) - {ticket.number for ticket in tickets}:
        raise InvalidInput(f"There is no ticket #{min(unknown)}.", field="numbers")
    for ticket in tickets:
        check_linkable(ticket, field="numbers")
    if len({ticket.client_id for ticket in tickets}) < 2:
        raise InvalidInput("An outbreak is of two clients or more.", field="numbers")
    words = " ".join(clean_text(title).split())[:200]
    first = min(tickets, key=lambda ticket: ticket.number)
    outbreak = Outbreak.objects.create(
        title=first.title if is_blank(words) else words, opened_at=now, opened_by=actor
    )
    for ticket in tickets:
        join_outbreak(ticket, outbreak, actor=actor, now=now)
    _tell_opened(outbreak, actor, now)
    return outbreak


@transaction.atomic
def link_ticket(*, outbreak_id: int, number: int, actor: User, now: datetime) -> Ticket:
    """Add a ticket to an open outbreak. Raises InvalidInput for one that cannot be part of it."""
    outbreak = _lock(outbreak_id, actor)
    _check_open(outbreak)
    ticket = Ticket.objects.select_for_update(no_key=True).filter(number=number).first()
    if ticket is None:
        raise InvalidInput(f"There is no ticket #{number}.", field="number")
    check_linkable(ticket, field="number")
    join_outbreak(ticket, outbreak, actor=actor, now=now)
    return ticket


@transaction.atomic
def unlink_ticket(*, outbreak_id: int, ticket_id: int, actor: User, now: datetime) -> Ticket:
    """Take a ticket out of an open outbreak; it never joins one by itself again."""
    outbreak = _lock(outbreak_id, actor)
    _check_open(outbreak)
    ticket = Ticket.objects.select_for_update(no_key=True).get(pk=ticket_id)
    if ticket.outbreak_id != outbreak.pk:
        raise MoveRefused(f"#{ticket.number} is not part of this outbreak.")
    leave_outbreak(ticket, actor=actor, now=now)
    return ticket


def ship_outbreak(
    *,
    outbreak_id: int,
    ticket_ids: Iterable[int],
    releases: Mapping[int, str],
    actor: User,
    now: datetime,
) -> Shipping:
    """Mark an outbreak as shipped, and ship those of its tickets that were chosen, each by itself.

    ``releases`` are versions by project. A ticket that cannot be shipped is told with the reason,
    and holds up no other; what is ready later is shipped by doing it again. Raises MoveRefused for
    a closed outbreak.
    """
    chosen = list(Ticket.objects.filter(pk__in=list(ticket_ids)).order_by("pk"))
    shipping = Shipping(_mark_shipped(outbreak_id, actor, now))
    for ticket in chosen:
        try:
            if ticket.outbreak_id != outbreak_id:
                raise MoveRefused(f"#{ticket.number} is not part of this outbreak.")
            release = releases.get(ticket.project_id, "")
            shipped = ship_ticket(ticket_id=ticket.pk, actor=actor, release=release, now=now)
        except Refused as refusal:
            shipping.refused.append((ticket, refusal.message))
        else:
            shipping.shipped.append(shipped)
    return shipping


@transaction.atomic
def close_outbreak(*, outbreak_id: int, actor: User, now: datetime, reason: str = "") -> Outbreak:
    """End an outbreak without a fix for all; a reason becomes an internal note on each ticket.

    The tickets stay as they are.
    """
    outbreak = _lock(outbreak_id, actor)
    _check_open(outbreak)
    _end(outbreak, _State.CLOSED, now)
    if not is_blank(reason):
        for ticket_id in children_of(outbreak).order_by("pk").values_list("pk", flat=True):
            note_on_ticket(ticket_id=ticket_id, body=reason, actor=actor, now=now)
    _record(ClientEventKind.OUTBREAK_CLOSED, outbreak, actor, now)
    return outbreak


def _join_alike(sighting: Sighting, found: Alike, now: datetime) -> Outbreak | None:
    """Link what was found to the open outbreak it belongs to; open one if there is none."""
    signal = {"signal_kind": sighting.kind, "signal_value": sighting.value}
    outbreak = Outbreak.objects.filter(state=_State.OPEN, **signal).first()
    outbreak = outbreak or next(iter(found.outbreaks), None)
    is_new = False
    if outbreak is None:
        since = now - timedelta(days=settings.OUTBREAK_WINDOW_DAYS)
        closed = Outbreak.objects.filter(state=_State.CLOSED, ended_at__gte=since, **signal)
        if found.client_count < 2 or closed.exists():
            return None
        first = min(found.tickets, key=lambda ticket: ticket.number)
        outbreak, is_new = Outbreak.objects.get_or_create(
            state=_State.OPEN, **signal, defaults={"title": first.title, "opened_at": now}
        )
    outbreak = Outbreak.objects.select_for_update(no_key=True).get(pk=outbreak.pk)
    if not outbreak.is_open:
        return None
    free = Ticket.objects.filter(pk__in=found.free, outbreak=None)
    free = free.exclude(state__in=NEVER_LINKED).order_by("pk")
    for ticket in free.select_for_update(no_key=True):
        join_outbreak(ticket, outbreak, actor=None, now=now)
    if is_new:
        _tell_opened(outbreak, None, now)
    return outbreak


def _lock(outbreak_id: int, actor: User) -> Outbreak:
    outbreak = Outbreak.objects.select_for_update(no_key=True).get(pk=outbreak_id)
    require(house_role(actor), "ticket.work")
    return outbreak


def _check_open(outbreak: Outbreak) -> None:
    if not outbreak.is_open:
        raise MoveRefused(f"This outbreak is {outbreak.get_state_display().lower()}.")


@transaction.atomic
def _mark_shipped(outbreak_id: int, actor: User, now: datetime) -> Outbreak:
    outbreak = _lock(outbreak_id, actor)
    if outbreak.state != _State.SHIPPED:
        _check_open(outbreak)
        _end(outbreak, _State.SHIPPED, now)
        _record(ClientEventKind.OUTBREAK_SHIPPED, outbreak, actor, now)
    return outbreak


def _end(outbreak: Outbreak, state: Outbreak.State, now: datetime) -> None:
    outbreak.state, outbreak.ended_at = state, now
    outbreak.save(update_fields=["state", "ended_at"])


def _record(kind: ClientEventKind, outbreak: Outbreak, actor: User | None, now: datetime) -> None:
    record_ours(kind, actor=actor, at=now, data={"outbreak": outbreak.pk})


def _tell_opened(outbreak: Outbreak, actor: User | None, now: datetime) -> None:
    """Tell the leads of the clients concerned, and who is on call (else every ops admin)."""
    _record(ClientEventKind.OUTBREAK_OPENED, outbreak, actor, now)
    children = list(children_of(outbreak).select_related("client__lead", "project"))
    leads = {child.client.lead for child in children if child.client.lead}
    on_call = list(now_on_call(now)) or ops_admins()
    people = {person.pk: person for person in [*leads, *on_call] if person.staff_role}
    clients = len({child.client_id for child in children})
    link = f"{settings.SITE_URL}{settings.CONSOLE_PREFIX}outbreaks/{outbreak.pk}/"
    lines = [
        f"{child.client.name}, {child.project.name}: #{child.number} {one_line(child.title)}"
        for child in children[:MOST_NAMED]
    ]
    if len(children) > MOST_NAMED:
        lines.append(f"And {len(children) - MOST_NAMED} more.")
    notice = "\n\n".join([*lines, f"Work on it once and ship it for all: {link}"])
    for person in people.values():
        if person != actor:
            queue_mail(
                to=person.email,
                subject=f"Outbreak: {clients} clients have “{outbreak.title}”",
                notice=notice,
                now=now,
                reference=f"outbreak:{outbreak.pk}",
            )

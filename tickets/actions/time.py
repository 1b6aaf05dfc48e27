"""Time worked: by a timer or by hand."""

import math
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from clients.models import User
from clients.rules.roles import require
from core.errors import InvalidInput, MoveRefused
from core.text import clean_text
from tickets.actions.events import record
from tickets.actions.locks import forget_spare, hold_together, lock_survivor
from tickets.actions.shares import count_minutes
from tickets.models import Ticket, TicketEventKind, TimeEntry, Timer
from tickets.queries.access import role_of
from tickets.queries.merging import survivor_of

MOST_BACK_DAYS = 60


@transaction.atomic
def log_time(
    *,
    ticket_id: int,
    minutes: int,
    actor: User,
    now: datetime,
    work_date: date | None = None,
    note: str = "",
) -> TimeEntry:
    """Log whole minutes of work, today or on a day of the last 60.

    Raises InvalidInput for less than a minute, more than a day, or a day that is not past yet.
    """
    ticket = lock_survivor(ticket_id, actor=actor, action="ticket.work")
    today = now.astimezone(ZoneInfo(actor.time_zone)).date()
    day = work_date or today
    if not 1 <= minutes <= 1440:
        raise InvalidInput("Between 1 minute and 24 hours.", field="minutes")
    if not today - timedelta(days=MOST_BACK_DAYS) <= day <= today:
        raise InvalidInput(f"Today or one of the last {MOST_BACK_DAYS} days.", field="work_date")
    entry = TimeEntry.objects.create(
        ticket=ticket,
        engineer=actor,
        minutes=minutes,
        work_date=day,
        note=" ".join(clean_text(note).split())[:200],
        logged_at=now,
    )
    record(
        ticket,
        TicketEventKind.TIME_LOGGED,
        actor=actor,
        at=now,
        time_entry=entry,
        data={"minutes": minutes},
    )
    count_minutes(ticket.client_id, day, minutes)
    return entry


@transaction.atomic
def void_time(*, entry_id: int, actor: User, now: datetime) -> TimeEntry:
    """Take one's own time entry back; it stays visible as voided."""
    ticket_id = TimeEntry.objects.values_list("ticket_id", flat=True).get(pk=entry_id)
    ticket = lock_survivor(ticket_id, actor=actor, action="ticket.work")
    entry = TimeEntry.objects.select_for_update().get(pk=entry_id)
    if entry.engineer_id != actor.pk:
        raise MoveRefused("Only who logged the time can void it.")
    if entry.voided_at:
        raise MoveRefused("This entry is voided already.")
    entry.voided_at = now
    entry.save(update_fields=["voided_at"])
    record(
        ticket,
        TicketEventKind.TIME_VOIDED,
        actor=actor,
        at=now,
        time_entry=entry,
        data={"minutes": entry.minutes},
    )
    count_minutes(ticket.client_id, entry.work_date, -entry.minutes)
    forget_spare()
    return entry


@transaction.atomic
def start_timer(*, ticket_id: int, actor: User, now: datetime) -> Timer:
    """Start the engineer's clock on a ticket; one that runs elsewhere is stopped and logged."""
    _lock_clock(actor)
    named = Ticket.objects.get(pk=ticket_id)
    require(role_of(actor, named.client_id), "ticket.work")
    hold_together(Ticket.objects.filter(pk=ticket_id))
    # Not locked: two engineers who swap tickets would each wait for the other.
    ticket = Ticket.objects.get(pk=survivor_of(ticket_id))
    running = Timer.objects.filter(engineer=actor).first()
    if running and running.ticket_id == ticket.pk:
        return running
    if running:
        stop_timer(actor=actor, now=now)
    return Timer.objects.create(engineer=actor, ticket=ticket, started_at=now)


@transaction.atomic
def stop_timer(*, actor: User, now: datetime, note: str = "") -> TimeEntry:
    """Stop the engineer's clock and log its time, each begun minute counted, at most a day.

    Raises MoveRefused when no clock runs.
    """
    _lock_clock(actor)
    timer = _running(actor)
    if timer is None:
        raise MoveRefused("No timer is running.")
    minutes = max(1, math.ceil((now - timer.started_at).total_seconds() / 60))
    timer.delete()
    return log_time(
        ticket_id=timer.ticket_id, minutes=min(minutes, 1440), actor=actor, now=now, note=note
    )


@transaction.atomic
def discard_timer(*, actor: User) -> None:
    """Stop the engineer's clock without logging its time."""
    _lock_clock(actor)
    Timer.objects.filter(engineer=actor).delete()


def _running(engineer: User) -> Timer | None:
    """Give the engineer's clock, on a ticket that nothing is merged into or taken out of now."""
    timers = Timer.objects.filter(engineer=engineer)
    hold_together(Ticket.objects.filter(pk__in=timers.values("ticket")))
    return timers.first()


def _lock_clock(engineer: User) -> None:
    """Let one of the engineer's clicks at a time start or stop their clock.

    The row of the person stands for a clock that may not exist yet; it is locked before any ticket.
    """
    User.objects.select_for_update(no_key=True).get(pk=engineer.pk)

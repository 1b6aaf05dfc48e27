"""Who is away, and which promises would not be kept as people work now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from clients.queries import house_calendar
from core.calendars import Calendar
from tickets.models import Absence, OnCallShift, Ticket
from tickets.queries.crew import crew
from tickets.queries.hands import late_ends
from tickets.queries.promises import breach_of, committed_jobs
from tickets.rules.queue.forward import forecast
from tickets.rules.queue.promising import is_late

MOST_LATE = 50


@dataclass(frozen=True)
class Late:
    """A promise that would not be kept if nothing changes."""

    ticket: Ticket
    due_at: datetime  # of what waits for the client, as if it went on now
    done_at: datetime | None  # none within half a year
    minutes: int  # open time of the house from the due time on
    is_new: bool


@dataclass(frozen=True)
class Breaches:
    """The promises that would not be kept: how many, how many of them new, and the first ones."""

    count: int
    new: int
    first: list[Late]


def coming_absences(now: datetime) -> QuerySet[Absence]:
    """List the absences that are not over, next first."""
    return (
        Absence.objects.filter(ends_at__gt=now)
        .select_related("engineer")
        .order_by("starts_at", "pk")
    )


def away_in(shifts: Iterable[OnCallShift], now: datetime) -> set[int]:
    """Give the keys of the on-call shifts in which, for a part at least, their engineer is away."""
    shifts = list(shifts)
    away = list(coming_absences(now).filter(engineer__in=[each.engineer_id for each in shifts]))
    return {
        shift.pk
        for shift in shifts
        for each in away
        if each.engineer_id == shift.engineer_id
        and each.starts_at < shift.ends_at
        and each.ends_at > max(shift.starts_at, now)
    }


def is_away(user_pk: int, now: datetime) -> bool:
    """Tell whether somebody is away at this instant."""
    return coming_absences(now).filter(engineer=user_pk, starts_at__lte=now).exists()


def get_absence(pk: int, now: datetime) -> Absence | None:
    """Give an absence that is not over, if there is one of the key."""
    return coming_absences(now).filter(pk=pk).first()


def away_now(now: datetime) -> QuerySet[Absence]:
    """List the absences of people who can sign in that run now, by who is back first."""
    running = coming_absences(now).filter(
        starts_at__lte=now, engineer__is_active=True, engineer__is_staff=True
    )
    return running.order_by("ends_at", "pk")


def breaches(now: datetime, *, by_absence: int | None = None) -> Breaches:
    """Give the promises that the forward simulation, or whoever has them in hand, does not keep,
    the new ones first.

    New are those that it would keep if the absence ``by_absence`` were not.
    """
    late = _late(now)
    before = late if by_absence is None else _late(now, without_absence=by_absence)
    order = sorted(late, key=lambda number: number in before)[:MOST_LATE]
    tickets = Ticket.objects.filter(number__in=order).select_related("client", "project")
    known = {ticket.number: ticket for ticket in tickets}
    house = house_calendar()
    return Breaches(
        count=len(late),
        new=sum(number not in before for number in late),
        first=[
            _late_one(ticket, *late[number], house, is_new=number not in before)
            for number in order
            if (ticket := known.get(number))
        ],
    )


def late_promises(now: datetime) -> list[int]:
    """List the promises that would not be kept as things stand, in due order."""
    return list(_late(now))


def _late(now: datetime, without_absence: int | None = None) -> dict[int, tuple[int, int | None]]:
    """Give when each promise that is not kept was due and would be done: first what is in hand,
    then what waits, each in due order.
    """
    people = crew(now, without_absence=without_absence)
    jobs = committed_jobs(people, now)
    ends = forecast(jobs, people.workers)
    in_hand = {number: (due, end) for number, due, end in late_ends(people, now)}
    return in_hand | {
        job.ticket: (job.due, end)
        for job in jobs
        for end in [ends[job.ticket]]
        if is_late(job, end)
    }


def _late_one(ticket: Ticket, due: int, end: int | None, house: Calendar, *, is_new: bool) -> Late:
    breach = breach_of(ticket.number, due, end, house)
    return Late(ticket, breach.due_at, breach.done_at, breach.minutes, is_new)

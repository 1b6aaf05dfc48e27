"""Why a ticket stands where it stands: one line, and a sheet of every term. For staff only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import localtime

from clients.queries import house_calendar
from clients.rules.times import describe_moment, describe_open_time
from core.calendars import MINUTE, instant, micros
from tickets.models import Ticket, TicketEvent
from tickets.queries.lists import open_tickets
from tickets.queries.order import next_for, order_of, place_of, takeable
from tickets.queries.places import Broken, Place, slack_of
from tickets.queries.shares import RECENT_WEEKS, Share, share_of, this_week, with_shares
from tickets.queries.takers import Taker, Trials
from tickets.rules.queue.lanes import Waiting
from tickets.rules.queue.rank import A_DAY, BASE, business_days, crowd, rank_of, score_of
from tickets.rules.words import Priority


@dataclass(frozen=True)
class Term:
    """One figure of a receipt, and where it comes from."""

    name: str
    value: str
    source: str


@dataclass(frozen=True)
class Receipt:
    """Why a ticket stands where it stands at an instant."""

    number: int
    lane: str
    line: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Line:
    """A ticket in the order of work, and why it stands there."""

    ticket: Ticket
    receipt: Receipt
    is_next: bool  # the one that is taken by a click


def lines_of(
    taker: Taker, *, now: datetime, first: int, most: int, rows: QuerySet[Ticket] | None = None
) -> list[Line]:
    """Give a part of the order in which somebody would be given tickets at this instant.

    ``rows`` are some of ``takeable``, to narrow it: what is next among those is no promise about
    all of them, so nothing is simulated.
    """
    trials = Trials(taker, now) if rows is None else None
    found = takeable(taker) if rows is None else rows
    places = order_of(found, taker, now=now, most=first + most, trials=trials)[first:]
    week = this_week(taker.house, now)
    shown = with_shares(open_tickets(), week).filter(number__in=[each.number for each in places])
    tickets = {ticket.number: ticket for ticket in shown}
    return [
        Line(ticket, receipt_at(place, ticket, now), rows is None and not first and not number)
        for number, place in enumerate(places)
        if (ticket := tickets.get(place.number))
    ]


def receipt_of(ticket: Ticket, now: datetime, taker: Taker | None = None) -> Receipt:
    """Give the receipt of a queued ticket: by what it is itself, or if it is next for ``taker``, as
    the order of work says.
    """
    week = this_week(house_calendar(), now)
    found = with_shares(Ticket.objects.select_related("client"), week).get(pk=ticket.pk)
    place = next_for(taker, Trials(taker, now)) if taker else None
    if place is None or place.number != ticket.number:
        place = place_of(found, now=now)
    return receipt_at(place, found, now)


def receipt_at(place: Place, ticket: Ticket, now: datetime) -> Receipt:
    """Give the receipt of a place in the order; the ticket is one of ``with_shares``."""
    return _receipt(place, ticket.client.name, share_of(ticket), now)


def receipt_of_start(event: TicketEvent) -> Receipt | None:
    """Give the receipt by which a ticket was started, computed anew from what is stored.

    None for a start that no order decided: work that went on.
    """
    assert event.ticket is not None
    if "lane" not in event.data:
        return None
    return _receipt(_recomputed(event), event.ticket.client.name, None, event.at)


def terms_of(place: Place) -> dict[str, Any]:
    """Give the terms that the event of a start keeps; instants and slack in microseconds."""
    ticket = place.ticket
    return {
        "lane": place.lane,
        "reason": place.reason,
        "priority": str(ticket.priority.value),
        "reach": ticket.reach,
        "estimate": ticket.work // MINUTE,
        "due": ticket.due,
        "slack": ticket.slack if ticket.due is not None else None,
        "rank": place.rank,
        "score": place.score,
        "slots": place.slots,
        "virtual": place.virtual,
        "virtual_after": place.virtual_after if place.lane in ("L2", "override") else place.virtual,
        **({"broken": list(place.broken)} if place.broken else {}),
    }


def recomputed_terms(event: TicketEvent) -> dict[str, Any]:
    """Compute the terms of a start from what does not follow from anything else: the ticket's
    arrival, the house calendar, and of the event priority, reach, estimate, due time, slots, V and
    what the simulation found.
    """
    return terms_of(_recomputed(event))


def _recomputed(event: TicketEvent) -> Place:
    assert event.ticket is not None
    kept: Mapping[str, Any] = event.data
    house = house_calendar()
    since = business_days(house, event.ticket.received_at)
    days = business_days(house, event.at)
    priority, work, due = Priority(kept["priority"]), kept["estimate"] * MINUTE, kept["due"]
    waiting = Waiting(
        ticket=event.ticket.number,
        client=event.ticket.client_id,
        priority=priority,
        reach=kept["reach"],
        waited_days=days - since,
        work=work,
        due=due,
        slack=slack_of(house, event.at, instant(due), work) if due is not None else 0,
    )
    rank = rank_of(priority, kept["reach"], since)
    broken = Broken(*kept["broken"]) if "broken" in kept else None
    return Place(
        waiting, kept["lane"], kept["reason"], event.ticket.received_at, rank,
        score_of(rank, days), kept["virtual"], kept["slots"], broken,
    )  # fmt: skip


def _receipt(place: Place, client: str, share: Share | None, now: datetime) -> Receipt:
    terms = [*_due_terms(place, now), *_simulation_terms(place, now), *_rank_terms(place, now)]
    if place.lane in ("L2", "override"):
        terms += _share_terms(place, client, share)
    lane = "Out of order" if place.lane == "override" else place.lane
    line = f"{lane}: {_reason(place, client, share, now)}"
    return Receipt(place.number, place.lane, line, tuple(terms))


def _reason(place: Place, client: str, share: Share | None, now: datetime) -> str:
    ticket = place.ticket
    due = f"due {_moment(ticket.due, now)}" if ticket.due is not None else "nothing promised"
    if place.lane == "L0":
        return f"P1, {due}"
    if place.reason == "forced":
        return f"a promise would be late whatever came first, {due}"
    if place.broken:
        return _simulated(place.broken, place.number, now)
    if place.reason == "simulation":
        # Of a start before what the simulation found was kept.
        return f"would be late if another came first, {due}"
    if place.lane == "L1":
        return f"{_slack(ticket, now)}, {due}"
    if place.lane == "override":
        return f"{due}; {_sum(place)}"
    return f"{_received(client, share)}; {_sum(place)}"


def _simulated(broken: Broken, number: int, now: datetime) -> str:
    """Say which promise would be late if another ticket came first, and how."""
    whose = "" if broken.number == number else f"#{broken.number} "
    due = _moment(broken.due, now)
    if broken.done is None:
        return f"{whose}would not be done within half a year if another came first, due {due}"
    return f"{whose}would be done {_moment(broken.done, now)} if another came first, due {due}"


def _received(client: str, share: Share | None) -> str:
    if share is None or share.percent is None:
        return f"{client}'s turn"
    return f"{client} received {share.percent} % of its share"


def _sum(place: Place) -> str:
    """Write the score as a sum."""
    ticket = place.ticket
    base, aged = BASE[ticket.priority], A_DAY * ticket.waited_days
    factor = f" × {crowd(ticket.reach):g}" if crowd(ticket.reach) != 1 else ""
    total = base * crowd(ticket.reach) + round(aged, 1)
    return f"{base}{factor} + {aged:.1f}".removesuffix(".0") + f" = {total:.1f}".removesuffix(".0")


def _slack(ticket: Waiting, now: datetime) -> str:
    assert ticket.due is not None
    if ticket.due <= micros(now):
        return "late"
    minutes = ticket.slack // MINUTE
    if minutes < 0:
        return f"{describe_open_time(-minutes)} short"
    return f"{describe_open_time(minutes)} slack"


def _due_terms(place: Place, now: datetime) -> list[Term]:
    ticket = place.ticket
    work = Term("Estimate", describe_open_time(ticket.work // MINUTE), "the ticket")
    if ticket.due is None:
        return [Term("Due", "nothing promised", "the ticket"), work]
    open_minutes = (ticket.slack + ticket.work) // MINUTE
    most = max(480, 2 * ticket.work // MINUTE)
    return [
        Term("Due", _moment(ticket.due, now), "the promise"),
        Term("Open time until then", describe_open_time(open_minutes), "the house calendar"),
        work,
        Term("Slack", _slack(ticket, now), "open time less the estimate"),
        Term("Urgent up to", describe_open_time(most), "the greater of 8 h and twice the estimate"),
    ]


def _simulation_terms(place: Place, now: datetime) -> list[Term]:
    broken = place.broken
    if broken is None:
        return []
    value = f"#{broken.number} not done within half a year, due {_moment(broken.due, now)}"
    if broken.done is not None:
        late = house_calendar().minutes_between(instant(broken.due), instant(broken.done))
        value = (
            f"#{broken.number} done {_moment(broken.done, now)}, due {_moment(broken.due, now)}: "
            f"{describe_open_time(late)} late"
        )
    return [Term("If another came first", value, "the forward simulation, at that instant")]


def _rank_terms(place: Place, now: datetime) -> list[Term]:
    ticket = place.ticket
    days = ticket.waited_days
    return [
        Term("Base", str(BASE[ticket.priority]), f"priority {ticket.priority.value}"),
        Term(
            "People affected", f"{ticket.reach}, × {crowd(ticket.reach):g}",
            "1 + 0.5 for each beyond the first, at most 4 of them",
        ),
        Term(
            "Waiting", f"{days:.2f} business days, + {A_DAY * days:.2f}",
            f"since {_moment(micros(place.received_at), now)}; {A_DAY} for each 8 h we are open",
        ),
        Term("Score", f"{place.score:.2f}", "the highest of a client goes first"),
    ]  # fmt: skip


def _share_terms(place: Place, client: str, share: Share | None) -> list[Term]:
    after = f"{place.virtual:.1f} + {place.ticket.work // MINUTE} / {place.slots}"
    terms = [
        Term(
            f"{client}'s account", f"{place.virtual:.1f} min a slot",
            "the client with the least goes first",
        ),
        Term("Once it is taken", f"{place.virtual_after:.1f} min a slot", after),
    ]  # fmt: skip
    if share:
        minutes = f"{describe_open_time(share.minutes)} of {describe_open_time(share.of_minutes)}"
        percent = f", {share.percent} % of its share" if share.percent is not None else ""
        due = describe_open_time(share.due_minutes)
        terms.append(
            Term(
                f"Received in {RECENT_WEEKS} weeks", minutes + percent,
                f"logged time; its share by the slots of each week: {due}",
            )
        )  # fmt: skip
    return terms


def _moment(at: int, now: datetime) -> str:
    return describe_moment(localtime(instant(at)), localtime(now))
